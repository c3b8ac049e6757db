"""Prints `docs/reference.md`: columns, settings, keys of training and commands, from their definitions."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from dataset_platform.cli import app
from dataset_platform.schemas import CONTRACTS, Contract
from dataset_platform.settings import Settings, variable
from dataset_platform.training.configuring import described_fields

NOT_OURS = {"help", "install_completion", "show_completion"}
HEADER = """# Reference

Columns, settings, keys of training and commands, printed by
`python -m dataset_platform.reference > docs/reference.md`.
"""


def reference() -> str:
    return "\n".join([HEADER, *_tables(), *_settings(), *_training(), *_commands()]) + "\n"


def _tables() -> Iterator[str]:
    yield "## Tables\n"
    for contract in CONTRACTS.values():
        yield from _table(contract)


def _table(contract: Contract) -> Iterator[str]:
    yield f"### {contract.name}\n"
    if contract.key:
        yield f"One row for each {' and '.join(f'`{name}`' for name in contract.key)}.\n"
    yield "| column | type | null | meaning | rules |\n|---|---|---|---|---|"
    for column in contract.columns:
        rules = "; ".join(str(rule.error) for rule in column.rules)
        null = "yes" if column.nullable else ""
        yield f"| `{column.name}` | {column.type} | {null} | {column.meaning} | {rules} |"
    yield ""


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "Environment variables, or lines of a file `.env` in the folder that a command is started in.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `{variable(name)}` | {default} | {field.description} |"
    yield ""


def _training() -> Iterator[str]:
    yield "## Training\n"
    yield (
        "Keys of a YAML file for `dataset-platform train --preset mine.yaml`, of `--set KEY=VALUE`, and of "
        "`set` in Dagster's run config. See [training](training.md).\n"
    )
    yield "| key | default | meaning |\n|---|---|---|"
    for key, field in described_fields():
        default = "required" if field.is_required() else f"`{_plain(field.default)}`"
        yield f"| `{key}` | {default} | {field.description} |"
    yield ""


def _plain(value: object) -> object:
    """As YAML writes it."""
    spelled = {"None": "null", "True": "true", "False": "false", "()": "[]"}
    return spelled.get(str(value), value)


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    group = typer.main.get_command(app)
    yield from _command(group, "dataset-platform")


def _command(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if not children or command.params:
        yield f"### {path}\n\n{inspect.cleandoc(command.help or '')}\n"
        options = [_option(parameter) for parameter in command.params if parameter.name not in NOT_OURS]
        if options:
            yield "\n".join(["| option | default | meaning |", "|---|---|---|", *options]) + "\n"
    for name, child in sorted(children.items()):
        yield from _command(child, f"{path} {name}")


def _option(parameter: Any) -> str:
    names = " ".join(
        f"`{name}`" for name in (parameter.opts if parameter.opts[0][0] == "-" else [parameter.name])
    )
    required = "required" if parameter.required else ""
    default = (
        "" if parameter.default in (None, False) or callable(parameter.default) else f"`{parameter.default}`"
    )
    return f"| {names} | {required or default} | {getattr(parameter, 'help', '') or ''} |"


if __name__ == "__main__":
    print(reference(), end="")
