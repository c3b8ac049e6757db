"""Files whose lines end in a carriage return alone, and those whose lines end in both."""

import json

import pytest

from dataset_platform.ingest.sniffing import sniff
from dataset_platform_tests.ingest.hand_made import describe, landed_files, read_one

PAIR = [
    {
        "shape": "fields",
        "turns": [{"content": "prompt", "role": "user"}, {"content": "response", "role": "assistant"}],
    }
]
TURNS = [[("user", "one\ntwo"), ("assistant", "yes")], [("user", "é"), ("assistant", "no")]]
LINES = [{"prompt": "one\ntwo", "response": "yes"}, {"prompt": "é", "response": "no"}]
TABLE = 'prompt,response\n"one\ntwo",yes\né,no\n'
FILES = {
    "jsonl": (describe(PAIR), "".join(f"{json.dumps(line)}\n" for line in LINES)),
    "csv": (describe(PAIR, reader="csv"), TABLE),
    "tsv": (describe(PAIR, reader="csv", csv={"delimiter": "\t"}), TABLE.replace(",", "\t")),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", FILES)
def test_carriage_returns_end_lines_where_no_line_feed_does(name, encoding):
    description, text = FILES[name]
    read = read_one(description, text.replace("\n", "\r").encode(encoding))
    assert read.turns == TURNS
    assert read.quarantine == []


def test_a_transcript_of_an_old_mac_is_read():
    description = describe([{"shape": "text", "at": "text"}], reader="transcript")
    read = read_one(description, b"client: One.\rNote.\rTherapist: Two.\r")
    assert read.turns == [[("user", "One.\nNote."), ("assistant", "Two.")]]


def test_a_bad_line_of_an_old_mac_is_quarantined_at_its_byte():
    read = read_one(
        FILES["jsonl"][0],
        b'{"prompt": "x", "response": "y"}\r{"prompt": \r{"prompt": "x", "response": "y"}\r',
    )
    assert read.reasons == [(1, "bad_syntax")]
    assert "byte 33:" in read.quarantine[0]["detail"]


MIXED = {
    "jsonl": b'{"prompt": "x"}\r{"prompt": "x"}\n{"prompt": "x", "response": "y"}\r\n',
    "csv": b"prompt,response\rx,y\nx,y\r\n",
}


@pytest.mark.parametrize("name", MIXED)
def test_a_line_with_both_ends_is_quarantined_and_told(name):
    read = read_one(FILES[name][0], MIXED[name])
    assert [row["reason"] for row in read.quarantine] == ["bad_syntax"]
    assert "has a carriage return inside, where other lines end in line feeds" in read.quarantine[0]["detail"]


@pytest.mark.parametrize("name", FILES)
def test_files_of_old_macs_are_drafted(name, tmp_path):
    description, text = FILES[name]
    content = text.replace("\n", "\r").encode()
    draft = sniff("made", landed_files("made", {f"pairs.{name}": content}, tmp_path)).description
    assert (draft.reader, draft.csv, draft.turns) == (description.reader, description.csv, description.turns)
