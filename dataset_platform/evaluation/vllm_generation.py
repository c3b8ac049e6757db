"""Generation by vLLM, where it is installed and there is a GPU.

Tested with a stand-in of its signatures, and with vLLM 0.32 itself in its build for CPUs.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from dataset_platform.errors import InputError
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.generation import Generator, Messages, Reply, prompt_ids


@dataclass(frozen=True)
class VllmGenerator:
    """`engine` is a `vllm.LLM`; vLLM batches and sorts by itself."""

    engine: Any
    tokenizer: Any
    config: EvaluationConfig

    def replies(self, conversations: Sequence[Messages]) -> list[Reply]:
        from vllm import SamplingParams

        sampling = SamplingParams(
            temperature=self.config.temperature, max_tokens=self.config.max_new_tokens, seed=self.config.seed
        )
        prompts = [{"prompt_token_ids": prompt_ids(self.tokenizer, messages)} for messages in conversations]
        outputs = [output.outputs[0] for output in self.engine.generate(prompts, sampling, use_tqdm=False)]
        return [
            Reply(output.text.strip(), len(output.token_ids), output.finish_reason == "stop")
            for output in outputs
        ]


def vllm_generator(model: Any, tokenizer: Any, config: EvaluationConfig) -> Generator | None:
    """A generator with this model's weights, or None where vLLM or the GPU is missing.

    Raises InputError where vLLM is there and does not start.
    """
    if not torch.cuda.is_available() or find_spec("vllm") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
        try:
            engine = _engine(folder, model, config)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"vLLM does not start on this GPU ({type(error).__name__}); mend its installation, or "
                "uninstall it: without it transformers generates"
            ) from None
    return VllmGenerator(engine, tokenizer, config)


def _engine(folder: str, model: Any, config: EvaluationConfig) -> Any:
    from vllm import LLM

    return LLM(
        model=folder,
        dtype=str(model.dtype).removeprefix("torch."),  # left to itself, vLLM halves float32
        seed=config.seed,
        gpu_memory_utilization=0.5,
        enable_prefix_caching=True,
    )
