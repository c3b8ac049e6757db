"""Files that are made to hurt: each a clear reason, in bounded memory."""

import gzip
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import dataset_platform
from dataset_platform_tests.ingest.hand_made import describe, read_files, read_one

TURNS = [
    {"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}
]
JSONL, JSON = describe(TURNS), describe(TURNS, reader="json", records=["[]"])
CSV, YAML = describe(TURNS, reader="csv"), describe(TURNS, reader="yaml", records=["[]"])
GOOD = b'{"q": "x", "a": "y"}'

REPEATED_KEYS = [
    b'{"q": "x", "a": "y", "q": "z"}',
    b'{"q": "x", "a": "y", "k": {"l": [1, {"m": 1, "m": 1}]}}',
    b'{"q": "x", "a": "\\u003a", "a": "y"}',
    b'{"q" : "x", "a": "y:", "a" : "y"}',
    b'{"q": "x", "a": "y", "\\u0071": "z"}',
]


@pytest.mark.parametrize("record", REPEATED_KEYS)
def test_a_field_that_an_object_has_twice_is_not_silently_halved(record):
    assert read_one(JSONL, b"%b\n%b\n" % (record, GOOD)).reasons == [(0, "duplicate_key")]
    assert read_one(JSON, b"[%b, %b]" % (record, GOOD)).reasons == [(0, "duplicate_key")]
    assert read_one(YAML, b"- %b\n- %b\n" % (record, GOOD)).reasons == [(0, "duplicate_key")]


def test_colons_and_escapes_in_text_are_no_repeated_fields():
    record = {"q": 'a: "b": \\u003a c', "a": "http://x \u003a :", "n:": {":": ":"}}
    for ensure_ascii in (True, False):
        content = json.dumps(record, ensure_ascii=ensure_ascii).replace("http:", "http\\u003a").encode()
        read = read_one(JSONL, content)
        assert read.turns == [[("user", record["q"]), ("assistant", record["a"])]]


def test_the_same_record_twice_is_two_rows_with_one_id():
    read = read_one(JSONL, GOOD + b"\n" + GOOD)
    assert len({row["conversation_id"] for row in read.records}) == 1
    assert [row["origin_position"] for row in read.records] == [0, 1]


def laughs(depth: int) -> bytes:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(
        [*lines, f"records:\n- {{q: x, a: y, k: *a{depth - 1}}}\n- {{q: x, a: y, k: *a0}}\n"]
    ).encode()


def test_a_billion_laughs_are_refused_before_they_are_written_out():
    read = read_one(YAML.model_copy(update={"records": ("records[]",)}), laughs(40))
    assert read.reasons == [(0, "too_large")]
    assert len(read.records) == 1


BAD_YAML = [
    (b"- &x [*x]\n", "bad_syntax"),
    (b"- {q: *nothing, a: y}\n", "bad_syntax"),
    (b"- !!python/object/apply:os.system ['true']\n", "wrong_type"),
    (b"- {q: !!binary aGVsbG8=, a: y}\n", "wrong_type"),
    (b"- {q: x, a: y, ? [1] : z}\n", "wrong_type"),
    (b"- {q: x, a: y, n: .nan}\n", "wrong_type"),
    (b"- {q: x, a: y, n: 123456789012345678901234567890}\n", "wrong_type"),
    (b'- {q: "\\ud800", a: y}\n', "bad_syntax"),
    (b"- {q: x, a: y, n: " + b"[" * 300 + b"]" * 300 + b"}\n", "too_large"),
    (b"- " + b"[" * 2_000_000, "too_large"),
    (b"- {q: x\x00, a: y}\n", "bad_syntax"),
    (b"- {q: x, a: y\n", "bad_syntax"),
    (b"- {q: \xff, a: y}\n", "bad_encoding"),
    (b"# nothing\n", "missing_field"),
    (b"  \n", "empty_file"),
    (b"{}: {}\n", "missing_field"),
    (b"- {q: x, a: y}}\n", "bad_syntax"),
]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" * 21, b"1" * 47, b"1" * 5_000])
def test_yaml_refuses_the_numbers_that_json_refuses(number):
    record = b'{"q": "x", "a": "y", "n": %b}' % number
    details = [read_one(reader, b"[%b]" % record).quarantine[0]["detail"] for reader in (JSON, YAML)]
    assert all(detail.endswith("needs more than 64 bits; write it as a string") for detail in details)


@pytest.mark.parametrize(("content", "reason"), BAD_YAML, ids=range(len(BAD_YAML)))
def test_yaml_that_cannot_be_read_has_a_reason(content, reason):
    read = read_one(YAML, content)
    assert len(read.records) == content.count(b"}}")  # what comes before a break is whole
    assert {row["reason"] for row in read.quarantine} == {reason}


def test_yaml_keeps_whole_records_before_a_break():
    read = read_one(YAML, b"- {q: x, a: y}\n- {q: x, a: y}\n- {q: [}\n- {q: x, a: y}\n")
    assert len(read.records) == 2
    assert read.reasons == [(2, "bad_syntax")]


BAD_ROWS = [
    (b'q,a\nx,"y" z\nx,y\n', "bad_syntax", 1),
    (b"q,a\nx\nx,y\n", "bad_syntax", 1),
    (b"q,a\nx,y,z\nx,y\n", "bad_syntax", 1),
    (b'q,a\nx,"y\nx,y\n', "truncated", 0),
    (b"q,a\nx,y\nx," + b"z" * 200_000 + b"\n", "too_large", 1),
    (b"q,a\nx,\xff\nx,y\n", "bad_encoding", 1),
]


@pytest.mark.parametrize(("content", "reason", "kept"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_rows_that_cannot_be_read_have_a_reason(content, reason, kept):
    read = read_one(CSV, content)
    assert [row["reason"] for row in read.quarantine] == [reason]
    assert len(read.records) == kept


def test_line_breaks_in_quotes_and_a_byte_order_mark_are_read():
    read = read_one(CSV, b'\xef\xbb\xbfq,a\r\n"x\r\n\r\ny","z"\r\n\r\n')
    assert read.turns == [[("user", "x\r\n\r\ny"), ("assistant", "z")]]


def test_a_nul_in_text_is_kept_to_the_letter():
    assert read_one(CSV, b"q,a\nx\0,y\n").turns[0][0] == ("user", "x\0")


ODD_NAMES = [
    "spaces and ünïcode 😀.jsonl",
    "-rf",
    "'quote\".jsonl",
    "a" * 200,
    "$(touch x).jsonl",
    "%00.jsonl",
]


def test_odd_names_are_only_names():
    read = read_files(JSONL, dict.fromkeys(ODD_NAMES, GOOD + b"\nbroken"))
    assert {row["origin_file"] for row in read.records} == {f"made/{name}" for name in ODD_NAMES}
    assert len(read.quarantine) == len(ODD_NAMES)


def memory_of(program: str, *arguments: str) -> int:
    """Peak resident bytes of a process that runs the program.

    The kernel's VmHWM, since `ru_maxrss` of a child begins with what its parent had.
    """
    root = Path(dataset_platform.__file__).parents[1]
    code = (
        textwrap.dedent(program) + "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True, check=True
    )
    return int(result.stdout.split()[-1]) * 1024


READ_ONE_FILE = """
    import sys
    from pathlib import Path
    from dataset_platform.ingest import LandedFile, part_readers, read_source
    from dataset_platform.ingest.describing.description import Limits
    from dataset_platform_tests.ingest.test_hostile_files import JSON, JSONL
    part_readers._WORTH_PROCESSES_BYTES = 2**60
    source = {"jsonl": JSONL, "json": JSON}[sys.argv[1]]
    source = source.model_copy(update={"limits": Limits(max_record_bytes=4 * 2**20)})
    ingested = read_source(source, [LandedFile.at("made/file", Path(sys.argv[2]))], Path(sys.argv[3]))
    assert [account.quarantined for account in ingested.files] == [1], ingested.files
"""


@pytest.fixture(scope="module")
def needed(tmp_path_factory):
    """What reading a small file takes; no reader takes more than another."""
    folder = tmp_path_factory.mktemp("needed")
    (folder / "small").write_bytes(b'[{"q": "')
    return memory_of(READ_ONE_FILE, "jsonl", str(folder / "small"), str(folder / "out"))


@pytest.mark.parametrize("reader", ["jsonl", "json"])
def test_a_line_or_value_far_over_the_limit_is_never_held(tmp_path, reader, needed):
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.write(b'[{"q": "')
        stream.truncate(200 * 2**20)
    held = memory_of(READ_ONE_FILE, reader, str(large), str(tmp_path / "out"))
    assert held < needed + 40 * 2**20


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["jsonl", "json"])
def test_a_line_of_a_gigabyte_takes_bounded_memory(tmp_path, reader):
    path = tmp_path / "file"
    with path.open("wb") as stream:
        stream.write(b'[{"q": "')
        for _ in range(1000):
            stream.write(b"x" * 2**20)
    assert memory_of(READ_ONE_FILE, reader, str(path), str(tmp_path / "out")) < 600 * 2**20


def test_a_bomb_takes_no_memory_or_disk_beyond_its_limit(tmp_path, needed):
    path = tmp_path / "file"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(100):
            stream.write(bytes(2**20))
    held = memory_of(READ_ONE_FILE, "jsonl", str(path), str(tmp_path / "out"))
    assert held < needed + 50 * 2**20
