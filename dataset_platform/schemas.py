"""Every column of every table, once; the closed lists their values come from.

A contract gives the Arrow schema that a step writes, the pandera schema that
a check enforces, and the table of columns that Dagster and the docs show.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

# pandas and pandera cost most of a second and 100 MB: processes that only read and write columns go without.
if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pap


class Stage(StrEnum):
    """What a conversation teaches; the order is that of a training curriculum."""

    FOUNDATION = "foundation"
    EXPERTISE = "expertise"
    EDGE_CASE = "edge_case"
    VOICE_PERSONA = "voice_persona"


class Role(StrEnum):
    """Who speaks: the client is `user`, the therapist or supporter `assistant`."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class QuarantineReason(StrEnum):
    """Why a record could not be read."""

    EMPTY_FILE = "empty_file"
    BAD_ENCODING = "bad_encoding"
    BAD_SYNTAX = "bad_syntax"
    TRUNCATED = "truncated"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    UNKNOWN_ROLE = "unknown_role"
    TOO_LARGE = "too_large"
    DUPLICATE_KEY = "duplicate_key"
    BAD_COMPRESSION = "bad_compression"


class Compression(StrEnum):
    """How a source file is packed, as its first bytes say."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    ZIP = "zip"


class DropReason(StrEnum):
    """Why a record that could be read is not fit for any release."""

    NO_TEXT = "no_text"
    NO_USER_TURN = "no_user_turn"
    NO_ASSISTANT_TURN = "no_assistant_turn"
    BLOCKED_CONTENT = "blocked_content"
    DROPPED_IN_REVIEW = "dropped_in_review"
    LANGUAGE_NOT_ALLOWED = "language_not_allowed"
    TOO_FEW_TURNS = "too_few_turns"
    TOO_MANY_TURNS = "too_many_turns"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_MANY_TOKENS = "too_many_tokens"
    REPETITIVE = "repetitive"
    LOW_QUALITY = "low_quality"
    CONTAMINATED = "contaminated"


class FilterReason(StrEnum):
    """Why a record that is fit is filtered from one release, as the release's spec asks."""

    OTHER_LANGUAGE = "other_language"
    OTHER_LICENSE = "other_license"
    LOWER_QUALITY = "lower_quality"


class Match(StrEnum):
    """How a row of a duplicate cluster relates to the member that is kept."""

    KEPT = "kept"
    EXACT = "exact"
    NEAR = "near"


class Fate(StrEnum):
    """Where an input record ended, seen from one release. Exactly one applies."""

    EXPORTED = "exported"
    NOT_SAMPLED = "not_sampled"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


class WithdrawnBy(StrEnum):
    """What somebody named to have rows withdrawn."""

    CONVERSATION = "conversation"
    FILE = "file"
    SOURCE = "source"
    TEXT = "text"


class Likeness(StrEnum):
    """How a row that is withdrawn relates to what was named."""

    ITSELF = "itself"
    DUPLICATE = "duplicate"
    PUBLISHED = "published"


MESSAGE = pa.struct(
    [pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)]
)
REDACTION = pa.struct(
    [pa.field("kind", pa.string(), nullable=False), pa.field("count", pa.int32(), nullable=False)]
)
EDIT = pa.struct(
    [pa.field("rule", pa.string(), nullable=False), pa.field("count", pa.int32(), nullable=False)]
)
NAMES = pa.list_(pa.field("element", pa.string(), nullable=False))
HEX_SHA256 = r"^[0-9a-f]{64}$"


@dataclass(frozen=True)
class Rule:
    """What a value must be, in words, and pandera's check that holds it, by name."""

    error: str
    check: str
    arguments: tuple[object, ...]


@dataclass(frozen=True)
class Column:
    """One column: its name, type, whether it may be null, its rules and its meaning in a sentence.

    `category` marks columns of few values, none of them text of a conversation,
    which statistics may name.
    """

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False
    rules: tuple[Rule, ...] = ()
    category: bool = False

    def field(self) -> pa.Field:
        return pa.field(self.name, self.type, nullable=self.nullable)


def one_of(values: type[StrEnum]) -> Rule:
    return Rule(f"one of {', '.join(values)}", "isin", (tuple(values),))


def matches(pattern: str, name: str) -> Rule:
    return Rule(name, "str_matches", (pattern,))


def at_least(minimum: int) -> Rule:
    return Rule(f"at least {minimum}", "ge", (minimum,))


def in_range(least: float, most: float) -> Rule:
    return Rule(f"between {least:g} and {most:g}", "in_range", (least, most))


IDENTITY = (
    Column(
        "conversation_id",
        pa.string(),
        "Hex of SHA-256 over source and record content; stable across runs.",
        rules=(matches(HEX_SHA256, "64 hex digits"),),
    ),
    Column(
        "source", pa.string(), "Name of the source, which is its folder and its partition.", category=True
    ),
)
PLACE_FILE = Column("origin_file", pa.string(), "Path of the source file under the landing area.")
PLACE_POSITION = Column(
    "origin_position", pa.int64(), "Record number in the source file, from 0.", rules=(at_least(0),)
)
ORIGIN = (
    PLACE_FILE,
    Column(
        "origin_sha256",
        pa.string(),
        "Hex of SHA-256 of the source file.",
        rules=(matches(HEX_SHA256, "64 hex digits"),),
    ),
    PLACE_POSITION,
)
CONVERSATION = (
    *IDENTITY,
    Column("stage", pa.string(), "What the conversation teaches.", rules=(one_of(Stage),), category=True),
    Column("messages", pa.list_(pa.field("element", MESSAGE, nullable=False)), "Turns in order."),
    Column(
        "is_edge_case",
        pa.bool_(),
        "Deliberately hard material: flagged, never filtered for being hard.",
        category=True,
    ),
    Column("license", pa.string(), "Licence as the source's description states it.", category=True),
    Column("attributes", pa.string(), "The source's own fields as canonical JSON."),
    *ORIGIN,
)
MEASURED_TEXT = (
    Column(
        "text_sha256",
        pa.string(),
        "Hex of SHA-256 over roles and cleaned text; equal for exact duplicates.",
        rules=(matches(HEX_SHA256, "64 hex digits"),),
    ),
    Column(
        "language", pa.string(), "ISO 639 code of the text's language, `und` where unknown.", category=True
    ),
    Column("n_turns", pa.int32(), "Turns after cleaning.", rules=(at_least(0),)),
    Column("n_chars", pa.int64(), "Characters of all turns after cleaning.", rules=(at_least(0),)),
    Column(
        "redactions",
        pa.list_(pa.field("element", REDACTION, nullable=False)),
        "Kinds of private data that were masked, with counts.",
    ),
    Column(
        "flags",
        NAMES,
        "Safety flags, sorted; only `sexual_minors` removes a row by itself.",
    ),
    Column(
        "crisis_severity",
        pa.int32(),
        "Gravest crisis in a turn of the client: 0 none, 1 low, 2 moderate, 3 high.",
        rules=(in_range(0, 3),),
    ),
    Column(
        "toxicity",
        pa.float64(),
        "Probability that the worst turn attacks a group of people.",
        rules=(in_range(0.0, 1.0),),
    ),
    Column(
        "repetition",
        pa.float64(),
        "Share of word 5-grams that stand earlier in the conversation already.",
        rules=(in_range(0.0, 1.0),),
    ),
    Column(
        "quality",
        pa.float64(),
        "How ordinary the text is, 1 at best: symbols, words, capitals, endings.",
        rules=(in_range(0.0, 1.0),),
    ),
    Column(
        "n_tokens", pa.int64(), "Estimated tokens of all turns, within 5 % on average.", rules=(at_least(0),)
    ),
)


EXAMPLES = 5


@dataclass(frozen=True)
class Violation:
    """A rule that rows break: how many, and ids or positions of the first of them."""

    column: str
    rule: str
    count: int
    examples: tuple[str, ...]


Failure = tuple[str, str, str]
"""Column, rule, and the id or position of a row that breaks it."""


class _Tally:
    """How often each rule was broken, and by which rows first."""

    def __init__(self) -> None:
        self._broken: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def add(self, failures: Iterable[Failure]) -> None:
        for column, rule, example in failures:
            count, examples = self._broken.setdefault((column, rule), (0, []))
            if len(examples) < EXAMPLES:
                examples.append(example)
            self._broken[column, rule] = (count + 1, examples)

    def violations(self) -> list[Violation]:
        return [
            Violation(column, rule, count, tuple(examples))
            for (column, rule), (count, examples) in sorted(self._broken.items())
        ]


@dataclass(frozen=True)
class Contract:
    """What every row of a table promises.

    `key` names the columns that together occur once in the table; `turns` is
    the contract of its messages, one row a turn.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    turns: "Contract | None" = None
    arrow: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrow", pa.schema([column.field() for column in self.columns]))

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def pandera(self) -> "pap.DataFrameSchema":
        """Rules on values. Types are held by Arrow, so pandas' own are not compared."""
        import pandera.pandas as pap

        def checks(column: Column) -> list[pap.Check]:
            return [
                getattr(pap.Check, rule.check)(*rule.arguments, error=rule.error) for rule in column.rules
            ]

        return pap.DataFrameSchema(
            {
                column.name: pap.Column(nullable=column.nullable, checks=checks(column))
                for column in self.columns
            },
            strict=True,
            name=self.name,
        )

    def violations(self, batches: Iterable[pa.RecordBatch]) -> list[Violation]:
        """Every rule that a row or a turn breaks, over all batches; empty when the contract holds.

        A batch whose columns or types differ from the contract is one violation of
        `(schema)`, and its values are not looked at.
        """
        own, of_turns = _Tally(), _Tally()
        holds = self._holder()
        holds_turns = self.turns._holder() if self.turns else None
        for batch in batches:
            differing = self._schema_differences(batch.schema)
            own.add(("(schema)", difference, "-") for difference in differing)
            if differing:
                continue
            own.add(holds(batch))
            if holds_turns:
                of_turns.add(holds_turns(turns_of(batch)))
        return own.violations() + of_turns.violations()

    def _holder(self) -> Callable[[pa.RecordBatch], Iterator["Failure"]]:
        """Holds batches of the contract's schema against its rules."""
        from pandera.errors import SchemaErrors

        schema = self.pandera()

        def failures(batch: pa.RecordBatch) -> Iterator[Failure]:
            frame = _without_lists(batch).to_pandas()
            try:
                schema.validate(frame, lazy=True)
            except SchemaErrors as errors:
                cases = errors.failure_cases
                for column, rule, index in zip(cases["column"], cases["check"], cases["index"], strict=True):
                    yield str(column), str(rule), _row_name(frame, index)

        return failures

    def _schema_differences(self, schema: pa.Schema) -> list[str]:
        expected = {column.name: column.type for column in self.columns}
        found = {name: schema.field(name).type for name in schema.names}
        return [
            f"{name}: expected {expected.get(name, 'no such column')}, found {found.get(name, 'none')}"
            for name in sorted(expected.keys() | found.keys())
            if not _same_type(expected.get(name), found.get(name))
        ]


def turns_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    """One row a turn (conversation_id, role, content) of every conversation that has any."""
    turns = pc.list_flatten(batch["messages"])
    ids = batch["conversation_id"].take(pc.list_parent_indices(batch["messages"]))
    said = {name: pc.struct_field(turns, name) for name in ("role", "content")}
    return pa.RecordBatch.from_pydict({"conversation_id": ids, **said})


def _without_lists(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with true for lists: no rule looks into one, and pandas would make objects of all items."""
    for place, column in enumerate(batch.schema):
        if pa.types.is_nested(column.type):
            present = pc.if_else(pc.is_valid(batch.column(place)), True, pa.scalar(None, pa.bool_()))
            batch = batch.set_column(place, column.name, present)
    return batch


def _same_type(expected: pa.DataType | None, found: pa.DataType | None) -> bool:
    """Equal but for what engines change freely: large offsets, field names in lists, inner nullability."""
    if expected is None or found is None:
        return False
    if _is_list(expected) and _is_list(found):
        return _same_type(expected.value_type, found.value_type)
    if pa.types.is_struct(expected) and pa.types.is_struct(found):
        return [f.name for f in expected] == [f.name for f in found] and all(
            _same_type(e.type, f.type) for e, f in zip(expected, found, strict=True)
        )
    if pa.types.is_large_string(found):
        return bool(pa.types.is_string(expected))
    if pa.types.is_large_binary(found):
        return bool(pa.types.is_binary(expected))
    return bool(expected == found)


def _is_list(type_: pa.DataType) -> bool:
    return pa.types.is_list(type_) or pa.types.is_large_list(type_)


def _row_name(frame: "pd.DataFrame", index: object) -> str:
    """The id of the row, or its place in the source file: never its content."""
    if index is None or index != index:
        return "-"
    row = frame.iloc[int(str(index))]
    if "origin_file" in frame and "origin_position" in frame:
        return f"{row['origin_file']}#{row['origin_position']}"
    return str(row["conversation_id"])


_WHERE = Column("conversation_id", pa.string(), "Where it is said; the id keeps the rules of its own table.")
_ROLE = Column("role", pa.string(), "Who speaks.", rules=(one_of(Role),), category=True)

RAW_TURNS = Contract(
    "raw_turns", (_WHERE, _ROLE, Column("content", pa.string(), "What is said, as the source has it."))
)
TURNS = Contract(
    "turns",
    (
        _WHERE,
        _ROLE,
        Column(
            "content",
            pa.string(),
            "What is said; never blank.",
            rules=(matches(r"(?s)^\s*\S", "not blank"),),
        ),
    ),
)

RAW = Contract("raw_conversations", CONVERSATION, key=("origin_file", "origin_position"), turns=RAW_TURNS)

QUARANTINE = Contract(
    "quarantine",
    (
        Column("source", pa.string(), "Name of the source.", category=True),
        *ORIGIN,
        Column(
            "reason",
            pa.string(),
            "Code from a closed list.",
            rules=(one_of(QuarantineReason),),
            category=True,
        ),
        Column("detail", pa.string(), "The reason in plain words, with the byte offset; no content."),
        Column("payload", pa.string(), "The raw bytes, capped, base64."),
    ),
    key=("origin_file", "origin_position"),
)

FILES = Contract(
    "source_files",
    (
        Column("source", pa.string(), "Name of the source.", category=True),
        *ORIGIN[:2],
        Column("bytes", pa.int64(), "Size of the source file as it was delivered.", rules=(at_least(0),)),
        Column(
            "encoding",
            pa.string(),
            "What its text was decoded with; several are separated by `, `.",
            category=True,
        ),
        Column(
            "compression",
            pa.string(),
            "none, or what the file was packed with.",
            rules=(one_of(Compression),),
            category=True,
        ),
        Column("records", pa.int64(), "Records in the file: kept + quarantined.", rules=(at_least(0),)),
        Column("kept", pa.int64(), "Records that could be read.", rules=(at_least(0),)),
        Column("quarantined", pa.int64(), "Records that could not be read.", rules=(at_least(0),)),
    ),
    key=("origin_file",),
)

# What decisions on a row need beside its other measures; a release does not repeat them.
COUNTED_TURNS = (
    Column("n_user_turns", pa.int32(), "Turns of the client after cleaning.", rules=(at_least(0),)),
    Column("n_assistant_turns", pa.int32(), "Turns of the therapist after cleaning.", rules=(at_least(0),)),
    Column(
        "crisis_response",
        NAMES,
        "What the replies right after the client's crisis turns do: acknowledges, assesses, points_to_help.",
    ),
)

EDITS = Column(
    "edits",
    pa.list_(pa.field("element", EDIT, nullable=False)),
    "Rules of cleaning that changed the conversation, with the number of turns that each changed.",
)

CLEAN = Contract(
    "clean_conversations",
    (*CONVERSATION, *MEASURED_TEXT, *COUNTED_TURNS, EDITS),
    key=("origin_file", "origin_position"),
    turns=TURNS,
)

UNRESOLVED = Column(
    "unresolved",
    NAMES,
    "Flags, sorted, that neither a rule nor a reviewer has resolved; empty for edge cases.",
)

SPLIT_GROUP = Column(
    "split_group",
    pa.string(),
    "Digest of what the source's description keeps together in one split; empty where it names nothing.",
    rules=(matches(r"^([0-9a-f]{64})?$", "64 hex digits or empty"),),
)

DECISIONS = Contract(
    "filter_decisions",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        Column(
            "drop_reason",
            pa.string(),
            "Why the row is fit for no release; null for rows that are fit.",
            nullable=True,
            rules=(one_of(DropReason),),
            category=True,
        ),
        UNRESOLVED,
        SPLIT_GROUP,
        Column(
            "reviewed_by",
            pa.string(),
            "Who decided in a review file that the row stays or goes; null where nobody did, or where "
            "reviewers disagree.",
            nullable=True,
        ),
    ),
    key=("origin_file", "origin_position"),
)

SIGNATURES = Contract(
    "text_signatures",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        *(column for column in CLEAN.columns if column.name in ("stage", "quality", "text_sha256")),
        Column("n_shingles", pa.int32(), "Distinct word 5-grams of the text.", rules=(at_least(0),)),
        Column("sketch", pa.binary(), "The 16 smallest hashes of them, ascending, 8 bytes each."),
        Column("answers", pa.binary(), "A hash, 8 bytes, of each assistant turn of 20 words or more."),
        Column("answer_ngrams", pa.binary(), "Four hashes, 8 bytes each, of word 5-grams of each of them."),
    ),
    key=("origin_file", "origin_position"),
)

HELDOUT_OVERLAP = Contract(
    "heldout_overlap",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        Column(
            "shared_ngrams",
            pa.int32(),
            "Word 13-grams of the conversation that held-out files have too.",
            rules=(at_least(1),),
        ),
        Column(
            "share",
            pa.float64(),
            "Their share of all 13-grams of the conversation.",
            rules=(in_range(0.0, 1.0),),
        ),
        Column("heldout_file", pa.string(), "The held-out file that has most of them.", category=True),
    ),
    key=("origin_file", "origin_position"),
)

PASTED = Contract(
    "pasted_answers",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        Column(
            "answer",
            pa.string(),
            "Hex of a 64-bit hash over the words of an assistant turn: of several wordings the commonest.",
            rules=(matches(r"^[0-9a-f]{16}$", "16 hex digits"),),
        ),
        Column(
            "similarity",
            pa.float64(),
            "Jaccard similarity of word 5-grams of what the conversation has to that wording; 1 verbatim.",
            rules=(in_range(0.0, 1.0),),
        ),
        Column(
            "conversations",
            pa.int64(),
            "Conversations fit for a release that have it, in whatever wording.",
            rules=(at_least(1),),
        ),
    ),
    key=("origin_file", "origin_position", "answer"),
)

CLUSTERS = Contract(
    "duplicate_clusters",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        Column(
            "cluster_id",
            pa.string(),
            "Smallest conversation_id of the cluster.",
            rules=(matches(HEX_SHA256, "64 hex digits"),),
        ),
        Column(
            "match",
            pa.string(),
            "How the row relates to the kept member.",
            rules=(one_of(Match),),
            category=True,
        ),
        Column(
            "duplicate_of",
            pa.string(),
            "conversation_id of the kept member; null for the kept member itself.",
            nullable=True,
        ),
        Column(
            "similarity",
            pa.float64(),
            "True Jaccard similarity of word 5-grams to the kept member; 1 for exact duplicates.",
            rules=(in_range(0.0, 1.0),),
        ),
        Column(
            "matched_id",
            pa.string(),
            "conversation_id of the member that the row matched: the kept one, or the next in a chain to it.",
            nullable=True,
        ),
        Column(
            "matched_similarity",
            pa.float64(),
            "True Jaccard similarity to that member, at least the threshold.",
            rules=(in_range(0.0, 1.0),),
        ),
    ),
    key=("origin_file", "origin_position"),
)

RELEASE = Contract(
    "dataset_export",
    (
        IDENTITY[0],
        Column(
            "split",
            pa.string(),
            "Part of the release the row belongs to.",
            rules=(one_of(Split),),
            category=True,
        ),
        *CONVERSATION[1:],
        *MEASURED_TEXT,
        Column(
            "cluster_id",
            pa.string(),
            "The duplicate cluster, or the row itself where it has no duplicate; never in two splits.",
            rules=(matches(HEX_SHA256, "64 hex digits"),),
        ),
        SPLIT_GROUP,
        UNRESOLVED,
    ),
    key=("conversation_id",),
    turns=TURNS,
)

LEDGER = Contract(
    "ledger",
    (
        Column("source", pa.string(), "Name of the source.", category=True),
        PLACE_FILE,
        PLACE_POSITION,
        Column("conversation_id", pa.string(), "Null where the record could not be read.", nullable=True),
        Column(
            "fate",
            pa.string(),
            "Where the record ended in this release.",
            rules=(one_of(Fate),),
            category=True,
        ),
        Column(
            "reason",
            pa.string(),
            "Quarantine, drop, filter or match code behind the fate, or what the withdrawal named.",
            nullable=True,
            category=True,
        ),
        Column("duplicate_of", pa.string(), "conversation_id of the member kept instead.", nullable=True),
    ),
    key=("origin_file", "origin_position"),
)

WITHDRAWN = Contract(
    "withdrawn_conversations",
    (
        *IDENTITY,
        PLACE_FILE,
        PLACE_POSITION,
        Column("withdrawal", pa.string(), "Id of the first withdrawal that holds for the row."),
        Column(
            "withdrawn_by",
            pa.string(),
            "What that withdrawal named.",
            rules=(one_of(WithdrawnBy),),
            category=True,
        ),
    ),
    key=("origin_file", "origin_position"),
)

FINGERPRINTS = Contract(
    "fingerprints",
    (
        IDENTITY[0],
        Column(
            "text_sha256",
            pa.string(),
            "Digest of roles and cleaned text, where the row was cleaned.",
            nullable=True,
            rules=(matches(HEX_SHA256, "64 hex digits"),),
        ),
        Column(
            "content_sha256",
            pa.string(),
            "Digest of the letters and digits of the text as it was delivered; null where it is not known.",
            nullable=True,
            rules=(matches(HEX_SHA256, "64 hex digits"),),
        ),
        Column(
            "likeness",
            pa.string(),
            "How the row relates to what was named.",
            rules=(one_of(Likeness),),
            category=True,
        ),
    ),
)

SCORE = pa.struct(
    [pa.field("name", pa.string(), nullable=False), pa.field("value", pa.float64(), nullable=False)]
)
EVAL_REPLIES = Contract(
    "eval_replies",
    (
        Column("model", pa.string(), "`base`, `tuned` or `previous`.", category=True),
        Column("suite", pa.string(), "`heldout`, `safety` or `fairness`.", category=True),
        Column("item", pa.string(), "The conversation and its turn, the probe, or the pair and its side."),
        Column("label", pa.string(), "Stage, category of the probe, or axis of the swap.", category=True),
        Column("turn", pa.int32(), "The user's turn that is answered, from 0.", rules=(at_least(0),)),
        Column("prompt", pa.string(), "The conversation up to the reply, as JSON messages."),
        Column("reply", pa.string(), "What the model said."),
        Column("tokens", pa.int32(), "Tokens of the reply.", rules=(at_least(0),)),
        Column("whole", pa.bool_(), "Whether the model ended it, rather than the bound on its tokens."),
        Column(
            "scores",
            pa.list_(SCORE),
            "What validators and rubrics found, and whether it is toxic or gives something away, by name.",
        ),
    ),
    key=("model", "suite", "item", "turn"),
)

CONTRACTS = {
    contract.name: contract
    for contract in (
        RAW, QUARANTINE, FILES, CLEAN, DECISIONS, SIGNATURES, HELDOUT_OVERLAP, WITHDRAWN, PASTED, CLUSTERS,
        RELEASE, LEDGER, FINGERPRINTS, RAW_TURNS, TURNS, EVAL_REPLIES,
    )
}  # fmt: skip
