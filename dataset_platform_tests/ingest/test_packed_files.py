import io
import struct
import tarfile

import pytest

from dataset_platform.ingest.describing.description import Limits
from dataset_platform.ingest.formats import unpacking
from dataset_platform_tests.ingest.hand_made import describe, read_files, read_one
from dataset_platform_tests.ingest.packing import PACKERS, gzipped, zipped, zstd
from dataset_platform_tests.ingest.test_damaged_files import WHOLE_FILES

TURNS = [{"shape": "list", "at": "t"}]
SOURCE = describe(TURNS)


def line(said: str) -> bytes:
    return b'{"t": [{"role": "client", "content": "%b"}]}\n' % said.encode()


def tarred(content: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        member = tarfile.TarInfo("talks.jsonl")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def said(read):
    return [turns[0][1] for turns in read.turns]


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_packed_file_is_read_like_the_plain_one(name, packer):
    description, content = WHOLE_FILES[name]
    plain, packed = read_one(description, content), read_one(description, PACKERS[packer](content))
    assert packed.turns == plain.turns
    assert packed.reasons == plain.reasons
    assert packed.files[0].compression == packer
    assert packed.files[0].bytes == len(PACKERS[packer](content))


def test_the_first_bytes_tell_how_a_file_is_packed_and_not_its_name():
    read = read_files(SOURCE, {"a.gz": line("plain"), "b.jsonl": gzipped(line("packed"))})
    assert said(read) == ["plain", "packed"]
    assert [account.compression for account in read.files] == ["none", "gzip"]


def test_streams_that_follow_each_other_are_one_file():
    for pack in (gzipped, zstd):
        assert said(read_one(SOURCE, pack(line("one")) + pack(line("two")))) == ["one", "two"]


def test_members_of_a_zip_are_read_in_the_order_of_their_names_and_numbered_through():
    packed = zipped(
        {
            "b/2.jsonl": line("two") + b"no json\n",
            "a.jsonl": line("one"),
            "../../c": line("three"),
            "d/": b"",
            "e": b"",
        }
    )
    read = read_one(SOURCE, packed)
    assert said(read) == ["three", "one", "two"]
    assert [row["origin_position"] for row in read.records] == [0, 1, 2]
    assert read.reasons == [(3, "bad_syntax"), (4, "empty_file")]
    assert "member b/2.jsonl, record 3, byte" in read.quarantine[0]["detail"]


def test_a_packed_file_that_breaks_off_keeps_what_came_before():
    content = b"".join(line(f"{number:06}") for number in range(40_000))
    for pack in (gzipped, zstd):
        packed = pack(content)
        read = read_one(SOURCE, packed[: len(packed) // 2])
        assert 1000 < len(read.records) < 40_000
        assert read.quarantine[-1]["reason"] == "truncated"
        assert len(read.quarantine) <= 2


def test_a_packed_file_with_a_wrong_checksum_is_told():
    packed = bytearray(gzipped(line("one")))
    packed[-6] ^= 1
    read = read_one(SOURCE, bytes(packed))
    assert said(read) == ["one"]
    assert read.reasons == [(1, "bad_compression")]


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("inner", [*PACKERS.values(), tarred], ids=[*PACKERS, "tar"])
def test_what_is_packed_twice_is_one_row_of_quarantine(packer, inner):
    read = read_one(SOURCE, PACKERS[packer](inner(line("packed twice"))))
    assert read.reasons == [(0, "bad_compression")]
    assert "deliver what is in it" in read.quarantine[0]["detail"]


def test_an_encrypted_or_broken_zip_is_told():
    packed = bytearray(zipped({"a": line("one")}))
    directory = packed.index(b"PK\x01\x02")
    packed[6] |= 1
    packed[directory + 8] |= 1
    assert read_one(SOURCE, bytes(packed)).reasons == [(0, "bad_compression")]
    assert read_one(SOURCE, zipped({"a": line("one")})[:-8]).reasons == [(0, "bad_compression")]
    assert read_one(SOURCE, zipped({})).reasons == [(0, "empty_file")]


def test_a_zip_with_an_endless_list_of_members_is_refused_before_it_is_read():
    packed = bytearray(zipped({"a": line("one")}))
    end = packed.index(b"PK\x05\x06")
    struct.pack_into("<L", packed, end + 12, 2**30)
    assert read_one(SOURCE, bytes(packed)).reasons == [(0, "too_large")]


@pytest.mark.parametrize("packer", PACKERS)
def test_what_unpacks_too_far_is_too_large(packer, monkeypatch):
    monkeypatch.setattr(unpacking, "_FREE_BYTES", 2**20)
    bomb = PACKERS[packer](b" " * (4 * 2**20))
    assert len(bomb) < 2**14
    read = read_one(SOURCE, bomb)
    assert read.reasons == [(0, "too_large")]
    assert "`max_expansion`" in read.quarantine[0]["detail"]


def test_the_limits_of_unpacking_are_the_descriptions(monkeypatch):
    monkeypatch.setattr(unpacking, "_FREE_BYTES", 2**10)
    packed = gzipped(line("one") * 1000)
    small = SOURCE.model_copy(update={"limits": Limits(max_expanded_bytes=1000)})
    assert read_one(small, packed).reasons == [(0, "too_large")]
    generous = SOURCE.model_copy(update={"limits": Limits(max_expansion=1000)})
    assert read_one(generous, packed).reasons == []
    mean = SOURCE.model_copy(update={"limits": Limits(max_expansion=2)})
    assert read_one(mean, packed).reasons == [(0, "too_large")]
