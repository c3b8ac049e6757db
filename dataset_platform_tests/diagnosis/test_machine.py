"""What a machine lacks is told with its remedy."""

import shutil
from collections import namedtuple

import pytest
import torch

from dataset_platform.diagnosis import Health, free_disk, free_memory, graphics_card
from dataset_platform.diagnosis.machine import GIB

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "health"), [(0.2, Health.FAILED), (3, Health.WARNING), (30, Health.OK)], ids=str
)
def test_free_disk_is_judged_where_the_folder_will_lie(free, health, tmp_path, monkeypatch):
    asked = []

    def usage(path):
        asked.append(path)
        return Usage(100 * GIB, 0, int(free * GIB))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    finding = free_disk("storage", tmp_path / "not" / "made yet")
    assert (finding.health, asked) == (health, [tmp_path])
    assert bool(finding.remedy) == (health is not Health.OK)


@pytest.mark.parametrize(
    ("left", "health"), [(0.5, Health.FAILED), (2, Health.WARNING)], ids=["half a GiB", "two GiB"]
)
def test_the_limit_of_a_container_counts_not_the_memory_of_its_host(left, health, tmp_path):
    (tmp_path / "memory.max").write_text(str(8 * GIB))
    (tmp_path / "memory.current").write_text(str(int((8 - left + 1) * GIB)))
    (tmp_path / "memory.stat").write_text(f"anon 4096\ninactive_file {GIB}\n")
    finding = free_memory(tmp_path)
    assert finding.health is health
    assert "container" in finding.detail


def test_a_container_without_a_limit_has_the_memory_of_its_host(tmp_path):
    (tmp_path / "memory.max").write_text("max")
    (tmp_path / "memory.current").write_text("1")
    (tmp_path / "memory.stat").write_text("inactive_file 0\n")
    assert "container" not in free_memory(tmp_path).detail


def test_a_card_that_torch_cannot_use_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert graphics_card(tmp_path / "none").health is Health.OK
    (tmp_path / "nvidiactl").touch()
    assert graphics_card(tmp_path / "nvidiactl").health is Health.WARNING


def test_a_card_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A card")
    assert graphics_card().detail == "A card"
