"""The bundled sample sources, whose files have the traps of the real ones, are drafted too."""

import pytest

from dataset_platform import samples
from dataset_platform.ingest import LandedFile
from dataset_platform.ingest.sniffing import sniff
from dataset_platform_tests.ingest.hand_made import SEED_SOURCES, read_landed


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    samples.lay_down(folder / "raw", folder / "sources")
    return folder / "raw"


@pytest.mark.parametrize("name", SEED_SOURCES)
def test_a_draft_reads_what_the_description_reads(name, landing, tmp_path):
    files = [
        LandedFile.at(path.relative_to(landing).as_posix(), path)
        for path in sorted((landing / name).rglob("*"))
        if path.is_file()
    ]
    draft = sniff(name, files)
    drafted = read_landed(draft.description, files, tmp_path / "drafted")
    described = read_landed(SEED_SOURCES[name], files, tmp_path / "described")
    assert len(drafted.records) == len(described.records) > 0
    if name == "edge_cases":  # no file tells that its prompts are the therapist's
        assert any("`prompt` is read as the user's" in doubt for doubt in draft.doubts)
    else:
        assert drafted.turns == described.turns
