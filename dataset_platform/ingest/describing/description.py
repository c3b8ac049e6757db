"""What a source looks like, as its YAML file says.

    name: dual_persona                 the file's own name, and the source's folder
    description: one sentence
    files: ["*.jsonl"]                 under the source's folder; `**` crosses folders
    reader: jsonl                      jsonl, json, csv, parquet, yaml or transcript
    turns:                             shapes in order: the first that fits the record is read
      - shape: list
        at: conversation
        role: speaker
        content: content
    roles: {Therapist: assistant, Client: user}      compared without regard to case
    stage: voice_persona               foundation, expertise, edge_case or voice_persona
    license: CC0-1.0

These are all that must be there (`roles` only where the shape names its speakers). What else may be:

    language: en                       ISO 639, when known
    is_edge_case: true                 deliberately hard material
    attributes: [topic, id]            fields of a record to keep; without it, all but the turns
    encoding: cp1252                   what text that is no UTF-8 is in
    limits: {max_record_bytes: 67108864, max_expansion: 200, max_expanded_bytes: 68719476736}
    records: ["conversations[]"]       json, yaml: where records are: `[]`, `a.b[]`, `concepts.*`, `@`
    record_key: concept_id             field that takes the key of records held in an object
    csv:
      delimiter: "\t"                  `,` when not given
      quotes: false                    `"` is a character like any other, as in many TSV files
      columns: [question, answer]      names of the columns, in files without a header
    group_by: conversation_id          csv, jsonl, json, parquet: rows that agree here are one record
    order_by: turn                     with its `rows`, in this order

    filters: {languages: [en], min_chars: 200}    what is fit for a release: filters.py, docs/curation.md
    split_together: [client_id]        conversations whose attributes agree in all of these queries stay in
                                       one split of every release

    origin: {hub: owner/dataset, revision: …}    what `sources fetch` fetches: origins/description.py

A query is JMESPath and looks into one record; `@` is the record itself. The shapes:

    {shape: list, at: messages, role: role, content: content}
        An entry is an object; its content is text, or OpenAI's parts `[{type: text, text: …}]`, which
        are joined. ShareGPT is `role: from`, `content: value`. `at: "[prompt, chosen][]"` joins lists.
        `speakers: [user, assistant]`, instead of `roles`, means the order in which the values of `role`
        first appear; entries that are plain strings take turns in it.
        `keep: [annotation.strategy]` stores what each turn has there, null where it has nothing, as
        `{"per_turn": {"annotation.strategy": […]}}` in the attributes.
    {shape: fields, turns: [{content: prompt, role: user}, {content: response, role: assistant}]}
    {shape: text, at: text}
        Lines that begin with a name that `roles` maps and a colon begin a turn.
    {shape: template, values: {q: instruction, input: "input || ''"},
     turns: [{text: "{q}\n\n{input}", role: user}, …]}
        Where a value is empty, the white space that it leaves at the ends of the sentence goes too.

A shape fits when what it looks for is there with the right type, so that a preference pair whose
`chosen` is either text or a list is read by a `fields` and a `list`, in any order.

Files may be packed with gzip, zstd or zip: their first bytes tell. A zip is one file, whose members
are read in the order of their names. `max_expansion` bounds how many times larger a packed file
unpacks (beyond its first 64 MiB), `max_expanded_bytes` how large.

Text is decoded by its byte order mark (UTF-8, UTF-16, UTF-32), else as UTF-8. What is neither is
decoded with `encoding` where that is given and is quarantined otherwise: line by line or record by
record where `encoding` has one byte a character, as a whole file where it has more. A byte that
`encoding` does not know is no text either. ASCII in UTF-16 without a mark is UTF-8 with NULs too:
it is read with `encoding: utf-16-le` where that leaves no NUL in it.
"""

import codecs
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dataset_platform.ingest.describing.filters import Filters
from dataset_platform.ingest.describing.queries import Query
from dataset_platform.ingest.describing.record_paths import Holder, RecordPath
from dataset_platform.ingest.describing.turn_shapes import (
    Described,
    QueryText,
    TurnShape,
    uses_role_names,
)
from dataset_platform.ingest.origins.description import Origin
from dataset_platform.schemas import Role, Stage
from dataset_platform.storage.landing import SOURCE_NAMES, is_source_name


def _a_record_path(text: str) -> str:
    RecordPath.parse(text)
    return text


def _an_encoding(name: str) -> str:
    """The codec's own name. Raises ValueError for what is no codec of text."""
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ValueError(
            f"{name!r} is no text encoding that Python knows; write cp1252, for example"
        ) from None


RecordPathText = Annotated[str, AfterValidator(_a_record_path)]
EncodingName = Annotated[str, AfterValidator(_an_encoding)]


PER_TURN = "per_turn"  # the attribute that takes what turns `keep`
_NOT_READ = {"description", "language", "fresh_for_days", "origin", "filters", "split_together"}


class Reader(StrEnum):
    """How a file is cut into records."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    YAML = "yaml"
    TRANSCRIPT = "transcript"


READERS_OF_LINES = (Reader.CSV, Reader.JSONL, Reader.TRANSCRIPT)
READERS_OF_ROWS = (Reader.CSV, Reader.JSONL, Reader.JSON, Reader.PARQUET)


class CsvLayout(Described):
    """How a line of text is cut into fields."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quotes: bool = True
    columns: tuple[str, ...] = Field(
        (), description="Names of the columns, where files have no header that says them."
    )


class Limits(Described):
    """How much one file may make this machine work."""

    max_record_bytes: int = Field(64 * 2**20, ge=1, le=2**30, description="Larger records are quarantined.")
    max_expansion: float = Field(200, gt=1, description="Unpacked bytes for one packed, beyond 64 MiB.")
    max_expanded_bytes: int = Field(64 * 2**30, ge=1, description="Size of a packed file when unpacked.")


class SourceDescription(Described):
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
        description="Field that takes the key of records held in an object (`concepts.*`); those that are "
        "lists become objects that have them as `turns`.",
    )
    csv: CsvLayout = Field(default_factory=CsvLayout)
    group_by: str | None = Field(
        None,
        min_length=1,
        description="Field that the rows of one conversation agree in: they become one record, which has the "
        "fields that all of them agree on, and `rows`, the list of them.",
    )
    order_by: str | None = Field(
        None,
        min_length=1,
        description="Field that orders the rows of a conversation, each value once: as numbers where all "
        "are whole numbers; the order of the file when not given.",
    )
    encoding: EncodingName | None = Field(None, description="What text that is not UTF-8 is in.")
    limits: Limits = Field(default_factory=Limits)
    turns: tuple[TurnShape, ...] = Field(min_length=1)
    roles: dict[str, Role] = Field(
        default_factory=dict, validate_default=True, description="Speaker's name in the source → role."
    )
    stage: Stage
    license: str = Field(min_length=1)
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="ISO 639 code, when known.")
    is_edge_case: bool = False
    fresh_for_days: float | None = Field(
        None, gt=0, description="Days within which a new file is expected; no matter how old when not given."
    )
    origin: Origin | None = Field(None, description="Where the files come from, when they are fetched.")
    attributes: tuple[str, ...] | None = Field(
        None, description="Fields of the record to keep; all but the turns when not given."
    )
    filters: Filters = Field(default_factory=Filters, description="What is fit for a release.")
    split_together: tuple[QueryText, ...] = Field(
        (), description="Conversations whose attributes agree in all of these stay in one split."
    )

    @property
    def reading_sha256(self) -> str:
        """Digest of what decides the rows that files are read into; another wording or filter leaves it."""
        return sha256(self.model_dump_json(exclude=_NOT_READ).encode()).hexdigest()

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if not is_source_name(name):
            raise ValueError(SOURCE_NAMES)
        return name

    @field_validator("split_together")
    @classmethod
    def _groups_are_kept(cls, queries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kept = info.data.get("attributes")
        if kept is not None:
            read = {path[0] for query in queries for path in Query(query).field_paths()}
            for name in sorted(read.difference(kept, [PER_TURN])):
                raise ValueError(f"`{name}` is not among the `attributes` that are kept: name it there, too")
        return queries

    @field_validator("records")
    @classmethod
    def _records_belong_to_json(cls, records: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        reader = info.data.get("reader")
        has_places = reader in (Reader.JSON, Reader.YAML)
        if has_places and not records:
            raise ValueError(f'a {reader} document needs the place of its records, such as ["[]"]')
        if records and not has_places and reader is not None:
            raise ValueError(f"only the readers json and yaml look for records in a document, not {reader}")
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
            raise ValueError("only the reader csv has delimiters and quotes")
        return layout

    @field_validator("group_by")
    @classmethod
    def _rows_are_grouped(cls, group_by: str | None, info: ValidationInfo) -> str | None:
        reader = info.data.get("reader")
        if group_by is not None and reader is not None and reader not in READERS_OF_ROWS:
            raise ValueError(f"only the readers {', '.join(READERS_OF_ROWS)} have rows, not {reader}")
        return group_by

    @field_validator("order_by")
    @classmethod
    def _groups_are_ordered(cls, order_by: str | None, info: ValidationInfo) -> str | None:
        if order_by is not None and info.data.get("group_by") is None:
            raise ValueError("rows are only ordered within `group_by`: name that field too")
        return order_by

    @field_validator("roles")
    @classmethod
    def _roles_are_mapped(cls, roles: dict[str, Role], info: ValidationInfo) -> dict[str, Role]:
        needed = [turns for turns in info.data.get("turns", ()) if uses_role_names(turns)]
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
