"""Descriptions in the docs are read as they stand."""

import re
import textwrap
from pathlib import Path

import pytest

from dataset_platform import ingest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-source.md"
EXAMPLES = re.findall(r"^   ```yaml\n(.*?)^   ```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
FILES = {
    "counsel": ("a.csv", "questionText,answerText\nHow do I rest?,What have you tried?\n"),
    "interviews": (
        "a.csv",
        "transcript_id,utterance_id,interlocutor,utterance_text\n0,0,therapist,Welcome.\n0,1,client,Hello.\n",
    ),
    "transcripts": ("a.txt", "Therapist: Welcome.\n\nClient: Hello.\n"),
}


def test_every_kind_of_example_is_there():
    assert len(EXAMPLES) == len(FILES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_reads_its_kind_of_file(example, tmp_path):
    text = textwrap.dedent(example)
    name = re.search(r"^name: (\w+)$", text, re.MULTILINE)[1]
    description = tmp_path / f"{name}.yaml"
    description.write_text(text)
    file, content = FILES[name]
    (tmp_path / file).write_text(content)
    landed = ingest.LandedFile.at(f"{name}/{file}", tmp_path / file)
    out = tmp_path / "out"
    out.mkdir()
    (account,) = ingest.read_source(ingest.load_description(description), [landed], out).files
    assert (account.kept, account.quarantined) == (1, 0)
