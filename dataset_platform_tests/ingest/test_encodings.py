import json

import pytest

from dataset_platform_tests.ingest.hand_made import describe, read_files, read_one

TURNS = [
    {"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}
]
JSONL, JSON = describe(TURNS), describe(TURNS, reader="json", records=["[]"])
CSV, YAML = describe(TURNS, reader="csv"), describe(TURNS, reader="yaml", records=["[]"])
TEXT = describe([{"shape": "text", "at": "text"}], reader="transcript")
SAID = [("user", "Où? “Là”"), ("assistant", "déjà")]
RECORD = {"q": "Où? “Là”", "a": "déjà"}
FILES = {
    "jsonl": (JSONL, json.dumps(RECORD, ensure_ascii=False) + "\n"),
    "json": (JSON, json.dumps([RECORD], ensure_ascii=False)),
    "csv": (CSV, "q,a\nOù? “Là”,déjà\n"),
    "yaml": (YAML, "- {q: Où? “Là”, a: déjà}\n"),
    "transcript": (TEXT, "client: Où? “Là”\ntherapist: déjà"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_tells_the_encoding(name, encoding):
    description, text = FILES[name]
    mark = "" if encoding in ("utf-8-sig", "utf-16", "utf-32") else "\ufeff"
    read = read_one(description, (mark + text).encode(encoding))
    assert read.turns == [SAID]
    expected = "utf-8" if encoding == "utf-8-sig" else encoding[:6]
    assert read.files[0].encoding == expected


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["cp1252", "gb18030"])
def test_the_named_encoding_is_for_what_is_no_utf8(name, encoding):
    description, text = FILES[name]
    named = description.model_copy(update={"encoding": encoding})
    read = read_files(named, {"a": text.encode(encoding), "b": text.encode()})
    assert read.turns == [SAID, SAID]
    assert [account.encoding for account in read.files] == [encoding, "utf-8"]


@pytest.mark.parametrize("name", FILES)
def test_without_a_name_nothing_is_guessed_but_hinted_once(name):
    description, text = FILES[name]
    read = read_one(description, text.encode("cp1252"))
    assert read.records == []
    assert read.reasons == [(0, "bad_encoding")]
    assert "`encoding`" in read.quarantine[0]["detail"]
    assert read.files[0].encoding == "utf-8"


def test_lines_of_a_file_are_decoded_one_by_one():
    line = FILES["jsonl"][1]
    named = JSONL.model_copy(update={"encoding": "cp1252"})
    undefined = b'{"q": "\x81", "a": "x"}\n'
    read = read_one(named, line.encode() + line.encode("cp1252") + undefined)
    assert read.turns == [SAID, SAID]
    assert read.reasons == [(2, "bad_encoding")]
    assert read.payload(0) == undefined


@pytest.mark.parametrize("damage", [b"\x00", b"\x00\xd8", b"\xdc"])
def test_damaged_utf16_spoils_only_its_own_line(damage):
    content = ("\ufeff" + FILES["jsonl"][1]).encode("utf-16-le")
    read = read_one(JSONL, content + damage)
    assert read.turns == [SAID]
    assert len(read.quarantine) == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_ascii_in_a_wide_encoding_without_a_mark_is_read_as_the_description_says(encoding):
    named = JSONL.model_copy(update={"encoding": encoding})
    plain = b'{"q": "x", "a": "y"}\n'
    damaged = b'{"q": "x\0", "a": "y"}\n'
    read = read_files(named, {"a": plain.decode().encode(encoding), "b": plain, "c": plain + damaged})
    assert read.turns == [[("user", "x"), ("assistant", "y")]] * 3
    assert [account.encoding for account in read.files] == [encoding, "utf-8", "utf-8"]


def test_an_encoding_that_needs_a_mark_is_no_use_without_one():
    read = read_one(JSONL.model_copy(update={"encoding": "utf-16"}), FILES["jsonl"][1].encode("utf-16-le"))
    assert read.reasons == [(0, "bad_encoding")]
    assert "has no byte order mark: name utf-16-le or utf-16-be" in read.quarantine[0]["detail"]


def test_half_a_surrogate_pair_gives_no_hint_and_takes_none_from_other_records():
    read = read_one(JSONL, b'{"q": "\\ud800", "a": "x"}\n' + FILES["jsonl"][1].encode("cp1252"))
    assert ["`encoding`" in row["detail"] for row in read.quarantine] == [False, True]
