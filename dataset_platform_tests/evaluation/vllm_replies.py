"""Prints what vLLM replies to prompts, by the Python of an environment that has it; a GPU is only pretended.

vLLM itself knows what it runs on. Its engine is a process that imports this file, hence the last lines.
"""

import json
import sys
from dataclasses import asdict

import torch

from dataset_platform.evaluation import EvaluationConfig
from dataset_platform.evaluation.vllm_generation import vllm_generator
from dataset_platform.training import load_model, load_tokenizer


def replies(base_model: str, config: str, prompts: str) -> list[dict[str, object]]:
    torch.cuda.is_available = lambda: True
    wanted = EvaluationConfig(**json.loads(config))
    generator = vllm_generator(load_model(base_model).eval(), load_tokenizer(base_model), wanted)
    return [asdict(reply) for reply in generator.replies(json.loads(prompts))]


if __name__ == "__main__":
    print(json.dumps(replies(*sys.argv[1:])))
