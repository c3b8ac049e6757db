"""Which weights train: adapters (LoRA, DoRA, QLoRA) or all of them."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

from dataset_platform.errors import InputError, TrainingFailed
from dataset_platform.training.base_model import load_model, quiet_loading
from dataset_platform.training.config import LoraSettings, Method, Precision, TrainingConfig


def require_method(method: Method) -> None:
    """Raises InputError where this machine cannot train so, before anything is loaded."""
    if method is Method.QLORA and not (find_spec("bitsandbytes") and torch.cuda.is_available()):
        raise InputError(
            "method qlora needs a CUDA GPU and pip install bitsandbytes; "
            "without them use --set method=lora, with precision bf16 for less memory"
        )


def trainable_model(base_model: Path, config: TrainingConfig) -> Any:
    """The base model ready to train, in training mode. Fresh adapters draw from torch's generator.

    Weights that train are in 32 bits; frozen ones in 16 where the model computes in bf16.
    """
    require_method(config.method)
    model = load_model(base_model, **_loading(config))
    if config.method is Method.QLORA:
        model = prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=config.gradient_checkpointing
        )
    if config.method is not Method.FULL:
        model = with_adapters(model, config.lora, dora=config.method is Method.DORA)
    if config.gradient_checkpointing:
        # Releases of transformers that vLLM asks for know it by its older name only.
        newer = hasattr(model, "activation_checkpointing_enable")
        enable = model.activation_checkpointing_enable if newer else model.gradient_checkpointing_enable
        enable({"use_reentrant": False})
    return model.train()


def weightless_model(base_model: Path, config: TrainingConfig) -> Any:
    """The model as it would train, without any weights."""
    with torch.device("meta"), quiet_loading():
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base_model))
        if config.method is Method.FULL:
            return model
        return with_adapters(model, config.lora, dora=config.method is Method.DORA)


def compiled(model: Any, config: TrainingConfig) -> Any:
    """The model, its layers compiled where the configuration asks for it; rows differ in length."""
    if config.compile:
        names = set(model._no_split_modules or ())
        for module in model.modules():
            if type(module).__name__ in names:
                module.compile(dynamic=True)
    return model


def draws_at_random(model: Any) -> bool:
    """Whether a forward of the training model draws from torch's generator."""
    drops = (module.p for module in model.modules() if isinstance(module, torch.nn.Dropout))
    return any(drops) or bool(getattr(model.config, "attention_dropout", 0.0))


def _loading(config: TrainingConfig) -> dict[str, Any]:
    if config.method is Method.QLORA:
        return {
            "quantization_config": BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=torch.bfloat16,
            )
        }
    halved = config.precision is Precision.BF16 and config.method is not Method.FULL
    return {"dtype": torch.bfloat16 if halved else torch.float32}


def with_adapters(model: Any, settings: LoraSettings, *, dora: bool) -> Any:
    """The model with fresh adapters; raises TrainingFailed where the targets are not there."""
    targets = settings.targets
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        use_dora=dora,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers renames in v6
            return get_peft_model(model, lora)
    except ValueError as error:
        raise TrainingFailed(f"lora.targets {targets}: {str(error).splitlines()[0]}") from None
