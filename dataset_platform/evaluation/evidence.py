"""What the models did, and what was found of each of their replies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dataset_platform.evaluation import opinions, privacy, rubric, rubric_accuracy, safety, therapy, toxicity
from dataset_platform.evaluation.canaries import Canaries
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.language import HeldOut
from dataset_platform.evaluation.measuring import Measured
from dataset_platform.evaluation.safety import Rated
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.suite import Criterion, Probe
from dataset_platform.evaluation.vocabulary import Model
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.statistics import Floats
from dataset_platform.quality.traits import Heads
from dataset_platform.training.rows import Conversation

Scores = Mapping[Model, Mapping[str, Floats]]


@dataclass(frozen=True)
class Evidence:
    """Everything that the models did, and what their replies are judged with and compared to."""

    config: EvaluationConfig
    held_out: Sequence[HeldOut]
    conversations: Mapping[str, Conversation]
    probes: tuple[Probe, ...]
    measured: Mapping[Model, Measured]
    canaries: Canaries | None
    training: Callable[[], Iterable[Conversation]]
    embedder: Embedder
    heads: Heads

    @cached_property
    def judges(self) -> Judges:
        return Judges(self.embedder, self.heads, opinions.packaged())

    def said(self, suite_name: str) -> dict[Model, Said]:
        return {model: said.of(suite_name) for model, said in self.everything.items()}

    @cached_property
    def everything(self) -> dict[Model, Said]:
        return {model: one.said for model, one in self.measured.items()}

    @cached_property
    def references(self) -> list[str]:
        """What was really replied in the held-out places."""
        return therapy.references(self.conversations, self.said(therapy.SUITE)[Model.TUNED])

    @cached_property
    def given_away(self) -> privacy.GivenAway:
        return privacy.given_away(
            self.everything, therapy.SUITE, self.references, self.training(), self.config.ngram_words
        )

    @cached_property
    def toxic(self) -> dict[Model, Floats]:
        return {model: toxicity.toxic(said) for model, said in self.everything.items()}

    @cached_property
    def scores(self) -> Scores:
        """Of every reply of every model: validators, what it gives away, toxicity, and for probes and swaps
        the rubric's criteria."""
        return {model: self._scores(model, said) for model, said in self.everything.items()}

    def findings(self, suite_name: str) -> dict[Model, Mapping[str, Floats]]:
        """The validators' scores of the replies of one suite."""
        return {
            model: {name: values[said.are_of(suite_name)] for name, values in self.scores[model].items()}
            for model, said in self.everything.items()
        }

    @cached_property
    def accuracies(self) -> Mapping[Criterion, str]:
        """How well the rubric's checkers agree with labels."""
        return rubric_accuracy.accuracies(self.judges)

    @cached_property
    def rated(self) -> dict[Model, Rated]:
        return {
            model: safety.rate(self.probes, said, self.judges)
            for model, said in self.said(safety.SUITE).items()
        }

    def _scores(self, model: Model, said: Said) -> Mapping[str, Floats]:
        places = said.every
        if not places:
            return {}
        contexts, texts = said.contexts(places), said.texts(places)
        met = rubric.met(contexts, texts, self.judges)
        heard = ~said.are_of(therapy.SUITE)
        by_rubric = {
            f"rubric {c}": np.where(heard, values.astype(float), np.nan) for c, values in met.items()
        }
        return {
            **self.judges.findings(contexts, texts),
            **self.given_away.scores(model),
            "toxic": self.toxic[model],
            **by_rubric,
        }
