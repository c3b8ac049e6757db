"""How much memory a run can have, by the control groups that it is in."""

from pathlib import Path

import pytest

from dataset_platform import memory

GIB = 2**30


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where control groups lie; this process is in `inner` of `outer`, by both versions."""
    (tmp_path / "own").write_text("4:memory,hugetlb:/outer/inner\n2:cpu:/elsewhere\n0::/outer/inner\n")
    monkeypatch.setattr(memory, "OWN_GROUPS", tmp_path / "own")
    return tmp_path / "cgroup"


def write(folder: Path, names: tuple[str, str, str], limit: object, taken: int, idle: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{taken}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {idle}\n")


@pytest.mark.parametrize(("root", "names"), [("", memory._V2), ("memory", memory._V1)], ids=["v2", "v1"])
def test_the_tightest_group_around_a_process_counts(groups, root, names) -> None:
    none = "max" if root == "" else 2**63 - 4096
    write(groups / root, names, none, GIB, 0)
    assert memory.allowance(groups) is None
    write(groups / root / "outer", names, 4 * GIB, 3 * GIB, GIB // 2)
    write(groups / root / "outer/inner", names, none, GIB, 0)
    assert memory.allowance(groups) == 4 * GIB - 3 * GIB + GIB // 2
    write(groups / root / "outer/inner", names, 2 * GIB, GIB, 0)
    assert memory.allowance(groups) == GIB
    assert memory.available(groups) == min(GIB, memory.free())


def test_groups_of_others_and_of_other_kinds_do_not_count(groups) -> None:
    for folder in ("elsewhere", "memory/elsewhere", "cpu/outer"):
        write(groups / folder, memory._V2, GIB, GIB, 0)
        write(groups / folder, memory._V1, GIB, GIB, 0)
    assert memory.allowance(groups) is None


def test_a_machine_without_groups_has_no_limit(groups, monkeypatch) -> None:
    monkeypatch.setattr(memory, "OWN_GROUPS", groups / "nowhere")
    assert memory.allowance(groups) is None
    assert memory.available(groups) == memory.free()
