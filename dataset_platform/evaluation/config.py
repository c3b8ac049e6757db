"""What an evaluation is asked to do."""

from pydantic import BaseModel, ConfigDict, Field


class EvaluationConfig(BaseModel):
    """Bounds that keep an evaluation on two CPU cores within a minute and a half."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=0, description="Chooses the held-out conversations and draws the bootstrap.")
    max_conversations: int = Field(default=60, gt=0, description="Held-out conversations that are scored.")
    max_tokens: int = Field(default=12_000, gt=0, description="Tokens of the scored conversations together.")
    max_length: int = Field(default=768, gt=1, description="Longer conversations lose their oldest turns.")
    tokens_per_forward: int = Field(default=1024, gt=0, description="Upper bound of one packed row.")
    n_replies: int = Field(default=4, ge=0, description="Replies that each model generates.")
    max_new_tokens: int = Field(default=48, gt=1, description="Upper bound of the tokens of a reply.")
    bootstrap_resamples: int = Field(default=2_000, ge=100)
    min_conversations: int = Field(
        default=10,
        ge=2,
        description="With fewer, no interval is given: resampling a handful is too sure of itself.",
    )
