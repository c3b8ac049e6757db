"""What a source looks like, as its YAML file says.

    name: dual_persona                 the file's own name, and the source's folder
    description: one sentence
    files: ["*.jsonl"]                 under the source's folder; `**` crosses folders
    reader: jsonl                      jsonl, json, csv or transcript
    turns:                             shapes in order; the first that a record shows is read
      - shape: list
        at: conversation
        role: speaker
        content: content
    roles: {Therapist: assistant, Client: user}      compared without regard to case
    stage: voice_persona
    license: CC0-1.0

A query is JMESPath.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dataset_platform.ingest.queries import Query, Template
from dataset_platform.ingest.record_paths import Holder, RecordPath
from dataset_platform.schemas import Role, Stage


def _a_query(text: str) -> str:
    Query(text).check()
    return text


def _a_template(text: str) -> str:
    Template(text).parts  # noqa: B018  raises ValueError when it is none
    return text


def _a_record_path(text: str) -> str:
    RecordPath.parse(text)
    return text


QueryText = Annotated[str, AfterValidator(_a_query)]
TemplateText = Annotated[str, AfterValidator(_a_template)]
RecordPathText = Annotated[str, AfterValidator(_a_record_path)]


class Reader(StrEnum):
    """How a file is cut into records."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TRANSCRIPT = "transcript"


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnList(_Described):
    """Turns are a list of objects; `at` finds the list, the others look into each object."""

    shape: Literal["list"]
    at: QueryText
    role: QueryText = "role"
    content: QueryText = "content"


class FieldTurn(_Described):
    content: QueryText
    role: Role


class TurnFields(_Described):
    """Each turn is a field of its own, as in prompt and response."""

    shape: Literal["fields"]
    turns: tuple[FieldTurn, ...] = Field(min_length=1)


class LabelledText(_Described):
    """Turns are one text, each begun by a line with a role's name and a colon."""

    shape: Literal["text"]
    at: QueryText


class TemplateTurn(_Described):
    text: TemplateText
    role: Role


class TurnTemplates(_Described):
    """Turns are sentences around values of the record, as for entries of a knowledge base."""

    shape: Literal["template"]
    values: dict[str, QueryText] = Field(min_length=1)
    turns: tuple[TemplateTurn, ...] = Field(min_length=1)

    @field_validator("turns")
    @classmethod
    def _places_have_values(
        cls, turns: tuple[TemplateTurn, ...], info: ValidationInfo
    ) -> tuple[TemplateTurn, ...]:
        known = info.data.get("values", {})
        missing = {place for turn in turns for place in Template(turn.text).places} - known.keys()
        if known and missing:
            raise ValueError(f"no query under `values` for {', '.join(sorted(missing))}")
        return turns


TurnShape = Annotated[TurnList | TurnFields | LabelledText | TurnTemplates, Field(discriminator="shape")]


class CsvLayout(_Described):
    """How rows make records: each row is one, or rows that agree in `group_by` are.

    A record of grouped rows has the columns that all its rows agree on, and
    `rows`, the list of its rows in the order of `order_by` (as numbers where
    all are whole numbers), each order key once.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    group_by: str | None = None
    order_by: str | None = None

    @field_validator("order_by")
    @classmethod
    def _orders_groups(cls, order_by: str | None, info: ValidationInfo) -> str | None:
        if order_by is not None and info.data.get("group_by") is None:
            raise ValueError("rows are only ordered within `group_by`: name that column too")
        return order_by


class SourceDescription(_Described):
    """One source: where its records and turns are, who speaks, and what it may be used for."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = Field(min_length=1)
    files: tuple[str, ...] = Field(min_length=1, description="Globs under the source's folder.")
    reader: Reader
    records: tuple[RecordPathText, ...] = Field(
        (),
        validate_default=True,
        description="Where a JSON document holds records: every one of these places that it has is read.",
    )
    record_key: str | None = Field(
        None,
        min_length=1,
        validate_default=True,
        description="Field that takes the key of records held in an object (`concepts.*`).",
    )
    csv: CsvLayout = Field(default_factory=CsvLayout)
    turns: tuple[TurnShape, ...] = Field(min_length=1)
    roles: dict[str, Role] = Field(
        default_factory=dict, validate_default=True, description="Speaker's name in the source → role."
    )
    stage: Stage
    license: str = Field(min_length=1)
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="ISO 639 code, when known.")
    is_edge_case: bool = False
    attributes: tuple[str, ...] | None = Field(
        None, description="Fields of the record to keep; all but the turns when not given."
    )

    @field_validator("records")
    @classmethod
    def _records_belong_to_json(cls, records: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        reader = info.data.get("reader")
        if reader is Reader.JSON and not records:
            raise ValueError('a JSON document needs the place of its records, such as ["[]"]')
        if reader not in (Reader.JSON, None) and records:
            raise ValueError(f"only the reader json looks for records in a document, not {reader}")
        if "@" in records and len(records) > 1:
            raise ValueError("`@` makes the whole document one record, so it stands alone")
        return records

    @field_validator("record_key")
    @classmethod
    def _keys_are_kept(cls, record_key: str | None, info: ValidationInfo) -> str | None:
        paths = info.data.get("records", ())
        if record_key is None and any(RecordPath.parse(path).holder is Holder.OBJECT for path in paths):
            raise ValueError("records held in an object have a key: name the field that takes it")
        return record_key

    @field_validator("csv")
    @classmethod
    def _layout_belongs_to_csv(cls, layout: CsvLayout, info: ValidationInfo) -> CsvLayout:
        if info.data.get("reader") not in (Reader.CSV, None):
            raise ValueError("only the reader csv has rows")
        return layout

    @field_validator("roles")
    @classmethod
    def _roles_are_mapped(cls, roles: dict[str, Role], info: ValidationInfo) -> dict[str, Role]:
        needed = [turns for turns in info.data.get("turns", ()) if isinstance(turns, TurnList | LabelledText)]
        if needed and not roles:
            raise ValueError(f"the shape `{needed[0].shape}` needs the source's role names mapped here")
        folded: dict[str, Role] = {}
        for name, role in roles.items():
            if folded.setdefault(folded_name(name), role) is not role:
                raise ValueError(
                    f'"{name}" is mapped to two roles; names are compared without regard to case'
                )
        return roles


def folded_name(name: str) -> str:
    """A speaker's name as it is compared: without surrounding space and without regard to case."""
    return name.strip().casefold()
