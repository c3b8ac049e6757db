"""A model is measured on the GPU where there is one."""

from types import SimpleNamespace

import pytest
import torch

from dataset_platform.evaluation.measuring import measure
from dataset_platform_tests.evaluation.conftest import NOTHING_ASKED


class Moved(Exception):
    """Where a model was to go."""


def move(device):
    raise Moved(device)


@pytest.mark.parametrize(("found", "device"), [(True, "cuda"), (False, "cpu")])
def test_a_model_is_measured_on_the_gpu_where_there_is_one(monkeypatch, found, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    with pytest.raises(Moved, match=device):
        measure(lambda: (SimpleNamespace(to=move), None), (), (), (), NOTHING_ASKED)
