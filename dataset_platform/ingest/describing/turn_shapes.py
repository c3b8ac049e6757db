"""The shapes that turns come in, as a description states them under `turns`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dataset_platform.ingest.describing.queries import Query, Template
from dataset_platform.schemas import Role


def _a_query(text: str) -> str:
    Query(text).check()
    return text


def _a_template(text: str) -> str:
    Template(text).parts  # noqa: B018  raises ValueError when it is none
    return text


QueryText = Annotated[str, AfterValidator(_a_query)]
TemplateText = Annotated[str, AfterValidator(_a_template)]


class Described(BaseModel):
    """Base of what a description is made of: unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnList(Described):
    """Turns are a list; `at` finds it, the other queries look into each entry.

    Who speaks is the value of `role`, as `roles` maps it. With `speakers` the
    values have no fixed meaning: the first to appear in a conversation is the
    first of `speakers`, and so on. Entries that are plain strings need `speakers`
    too, who then take turns.
    """

    shape: Literal["list"]
    at: QueryText
    role: QueryText = "role"
    content: QueryText = "content"
    speakers: tuple[Role, ...] = Field(
        (), description="Roles in the order in which speakers first appear, instead of `roles`."
    )
    keep: tuple[QueryText, ...] = Field(
        (), description="Queries into each entry whose answers become attributes, one list each."
    )

    @field_validator("speakers")
    @classmethod
    def _speakers_take_turns(cls, speakers: tuple[Role, ...]) -> tuple[Role, ...]:
        if len(speakers) == 1:
            raise ValueError("one speaker is no conversation: name at least two, such as [user, assistant]")
        return speakers


class FieldTurn(Described):
    content: QueryText
    role: Role


class TurnFields(Described):
    """Each turn is a field of its own, as in prompt and response."""

    shape: Literal["fields"]
    turns: tuple[FieldTurn, ...] = Field(min_length=1)


class LabelledText(Described):
    """Turns are one text, each begun by a line with a role's name and a colon, be a time before it."""

    shape: Literal["text"]
    at: QueryText
    heading: str | None = Field(
        None,
        min_length=1,
        description="Attribute that takes what stands before the first turn; where not given, a text that "
        "begins otherwise is quarantined.",
    )


class TemplateTurn(Described):
    text: TemplateText
    role: Role


class TurnTemplates(Described):
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


def uses_role_names(shape: object) -> bool:
    """Whether the shape names its speakers, so that `roles` must map them."""
    return isinstance(shape, LabelledText) or (isinstance(shape, TurnList) and not shape.speakers)
