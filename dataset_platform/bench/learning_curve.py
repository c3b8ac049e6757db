"""`bench learning-curve`: how the held-out loss falls with the number of conversations to learn from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform import training
from dataset_platform.bench.machine import Machine, this_machine
from dataset_platform.bench.report import Report
from dataset_platform.errors import InputError, UsageError
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.language import foresee
from dataset_platform.evaluation.report import Interval
from dataset_platform.evaluation.statistics import interval_of
from dataset_platform.progress import Progress
from dataset_platform.quality.statistics import Floats
from dataset_platform.schemas import Split
from dataset_platform.settings import load_settings
from dataset_platform.storage.files import digest_of, sha256_of
from dataset_platform.training.base_model import describe_base
from dataset_platform.training.checkpoint import CheckpointManifest
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.encode import Example, Intake, encode_all
from dataset_platform.training.hardware import best_device, package_versions
from dataset_platform.training.plots import GRID, INK, LINE
from dataset_platform.training.rows import COLUMNS, parquet_files, read_split

LEAST_GAIN, MOST_S = 0.10, 900.0
DRAWS, SEED = 10_000, 20
WIDTH, HEIGHT = 420, 240
KEY_DIGITS = 16


@dataclass(frozen=True)
class Point:
    """What a model lost, in nats an assistant's token, after learning from so many conversations.

    `change` is that over the base model's loss, less one. The seconds of `trained` are those of the whole
    training, its validations and the writing of the checkpoint included.
    """

    conversations: int
    trained: CheckpointManifest
    loss: float
    change: float
    interval: Interval


def sizes_of(written: str) -> list[int]:
    """Numbers of conversations, ascending, as a command is given them: `250,500`."""
    try:
        sizes = sorted({int(size) for size in written.split(",")})
    except ValueError:
        sizes = [0]
    if sizes[0] < 1:
        raise UsageError(f"--sizes {written}: write numbers of conversations, such as 250,500")
    return sizes


def learning_curve_report(
    folder: Path,
    rows: Path,
    sizes: Sequence[int],
    config: TrainingConfig,
    picture: Path | None,
    progress: Progress,
) -> Report:
    """Trains the base model on ever more conversations of a release, each time from the start.

    Conversations come in the order of their ids, which are digests, so that the smaller sets are parts of the
    larger ones. All models are scored on the whole test split. What was trained stays in the folder and is
    not trained again, and what was not trained to its end goes on from its last state.
    """
    machine = this_machine()
    folder.mkdir(parents=True, exist_ok=True)
    base_model = training.find_base_model(config.base_model, load_settings().cache)
    table = pa.concat_tables(pq.read_table(path, columns=COLUMNS) for path in parquet_files(rows))
    _refuse_more_than_there_are(rows, table, sizes[-1])
    held_out = _held_out(rows, config, base_model)
    tokens = np.array([example.encoded.n_trained for example in held_out], np.float64)
    before = _nats(training.load_model(base_model), held_out)
    points = []
    for size in sizes:
        with progress.task(f"learn from {size:,} conversations"):
            learnt = _learnt(folder, _part(table, size), config, base_model, machine)
            trained = training.verify_checkpoint(learnt).manifest
            after = _nats(training.load_checkpoint(learnt, base_model)[0], held_out)
        points.append(_point(size, trained, before, after, tokens))
        progress.note(f"{size:,} conversations: {_row(points[-1])['change']}")
    base_loss = float(before.sum() / tokens.sum())
    if picture:
        picture.write_bytes(drawn(base_loss, points))
    about = [
        f"{trained.base_model.name}, {config.method.value}, learning rate {config.learning_rate:g}, steps of "
        f"at most {config.tokens_per_step:,} tokens, seed {config.seed}",
        f"scored on the {len(held_out):,} conversations of the test split, {int(tokens.sum()):,} tokens of "
        f"assistants; the base model loses {base_loss:.3f} nats a token, perplexity {np.exp(base_loss):.1f}",
        f"intervals of 95 % from {DRAWS:,} draws of conversations, the same for both models",
    ]
    return Report(
        "learning curve", machine, 1, [], about, _findings(points), {"held-out loss": list(map(_row, points))}
    )


def drawn(base_loss: float, points: Sequence[Point]) -> bytes:
    """The curve as a PNG: loss by conversations, with intervals, and the base model's as a dashed line."""
    import altair as alt
    import vl_convert

    values = [
        {
            "conversations": point.conversations,
            "loss": point.loss,
            "low": base_loss * (1 + point.interval.low),
            "high": base_loss * (1 + point.interval.high),
        }
        for point in points
    ]
    sizes = alt.Axis(values=[point.conversations for point in points])
    y = alt.Y("loss:Q", title="held-out loss, nats a token", scale=alt.Scale(zero=False))
    curve = alt.Chart(alt.Data(values=values)).encode(
        alt.X("conversations:Q", scale=alt.Scale(type="log", nice=False, padding=40), axis=sizes), y
    )
    base = alt.Chart(alt.Data(values=[{"loss": base_loss}])).encode(y)
    layers = alt.layer(
        curve.mark_line(color=LINE, point=alt.OverlayMarkDef(color=LINE, size=60)),
        curve.mark_rule(color=LINE, strokeWidth=2).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_rule(color=INK, strokeDash=[5, 4]),
        base.mark_text(text="base model", align="left", dy=10, color=INK).encode(x=alt.value(6)),
    )
    chart = (
        layers.properties(width=WIDTH, height=HEIGHT, background="white")
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, titleColor=INK, gridColor=GRID)
    )
    return bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2, allowed_base_urls=[]))


def _refuse_more_than_there_are(rows: Path, table: pa.Table, largest: int) -> None:
    there = pc.sum(pc.equal(table["split"], Split.TRAIN.value)).as_py() or 0
    if largest > there:
        raise InputError(f"{rows}: {there:,} conversations in the train split; --sizes asks for {largest:,}")


def _part(table: pa.Table, size: int) -> pa.Table:
    """The first conversations of the train split by id, and all of validation."""
    ordered = table.sort_by("conversation_id")
    learnt = ordered.filter(pc.equal(ordered["split"], Split.TRAIN.value)).slice(0, size)
    checked = ordered.filter(pc.equal(ordered["split"], Split.VALIDATION.value))
    return pa.concat_tables([learnt, checked])


def _learnt(folder: Path, part: pa.Table, config: TrainingConfig, base_model: Path, machine: Machine) -> Path:
    """The checkpoint of a model that learnt from these rows, in the folder by what it was made from."""
    with TemporaryDirectory(dir=folder) as scratch:
        rows, made = Path(scratch) / "rows.parquet", Path(scratch) / "checkpoint"
        pq.write_table(part, rows)
        origins = {
            "rows": sha256_of(rows),
            "config": config.model_dump_json(),
            "base model": describe_base(base_model).sha256,
            "training": training.VERSION,
            # Another machine would report these seconds as its own, and other packages these losses.
            "machine": f"{best_device()} {machine.processor}",
            "packages": json.dumps(package_versions()),
        }
        kept = folder / "learnt" / digest_of(origins)[:KEY_DIGITS]
        if not kept.exists():
            places = training.Places(states=kept.with_suffix(".states"))
            training.train(
                rows, "0" * 64, "0.0.0", config, base_model, made, log=lambda _: None, places=places
            )
            kept.parent.mkdir(exist_ok=True)
            made.rename(kept)
    return kept


def _held_out(rows: Path, config: TrainingConfig, base_model: Path) -> list[Example]:
    tokenizer = training.load_tokenizer(base_model)
    examples = list(encode_all(read_split(rows, Split.TEST), tokenizer, config.max_length, Intake()))
    if not examples:
        raise InputError(f"{rows}: no conversation in the test split to score")
    return examples


def _nats(model: Any, held_out: Sequence[Example]) -> Floats:
    return foresee(model.to(best_device()).eval(), held_out, EvaluationConfig().tokens_per_forward).nll


def _point(size: int, trained: CheckpointManifest, before: Floats, after: Floats, tokens: Floats) -> Point:
    draws = np.random.default_rng(SEED).multinomial(len(tokens), np.full(len(tokens), 1 / len(tokens)), DRAWS)
    interval = interval_of(draws @ after / (draws @ before) - 1)
    if interval is None:
        raise InputError("the base model loses nothing on the test split: there is nothing to compare with")
    return Point(
        size, trained, float(after.sum() / tokens.sum()), float(after.sum() / before.sum() - 1), interval
    )


def _row(point: Point) -> dict[str, str]:
    trained, interval = point.trained, point.interval
    return {
        "conversations": f"{point.conversations:,}",
        "tokens": f"{trained.tokens_seen:,}",
        "steps": f"{trained.steps:,}",
        "seconds": "interrupted" if trained.course.resumed_at else f"{trained.duration_s:,.0f}",
        "tokens/s": f"{trained.tokens_per_s:,.0f}",
        "peak GB": f"{trained.peak_rss_bytes / 1e9:.2f}",
        "loss": f"{point.loss:.3f}",
        "perplexity": f"{np.exp(point.loss):.1f}",
        "change": f"{point.change:+.1%} [{interval.low:+.1%}, {interval.high:+.1%}]",
    }


def _findings(points: Sequence[Point]) -> list[str]:
    """The best of those who took no more than a quarter of an hour in one go, against the target."""
    in_one_go = [point for point in points if not point.trained.course.resumed_at]
    fast = [point for point in in_one_go if point.trained.duration_s <= MOST_S]
    if not fast:
        return [f"none was trained within {MOST_S / 60:.0f} minutes"]
    best = min(fast, key=lambda point: point.loss)
    met = "met" if best.interval.high <= -LEAST_GAIN else "missed"
    return [
        f"within {MOST_S / 60:.0f} minutes: {_row(best)['change']} of held-out loss with "
        f"{best.conversations:,} conversations in {best.trained.duration_s / 60:.1f} minutes, "
        f"target {-100 * LEAST_GAIN:.0f} % with the whole interval: {met}"
    ]
