"""A signature vouches for one manifest, and only its own key can check it."""

import base64
import json
import stat

import pytest

from dataset_platform import release
from dataset_platform.errors import UsageError
from dataset_platform.release import Problem
from dataset_platform.release.signing import key_id, load_private_key, load_public_key, make_keys, sign

FILES = release.ReleaseFiles("1.0.0")


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "key.pem"
    public = make_keys(path)
    return load_private_key(path), load_public_key(public)


def problems(folder, key):
    return [(one.file, one.problem, one.detail) for one in release.verify(folder, key).findings]


def test_a_signed_release_has_no_findings_for_its_key_or_for_none(folder, keys):
    private, public = keys
    assert sign(folder, private).name == FILES.signature
    assert release.verify(folder, public).passed
    assert release.verify(folder).passed


def test_signing_twice_gives_the_same_bytes(folder, keys):
    first = sign(folder, keys[0]).read_bytes()
    assert sign(folder, keys[0]).read_bytes() == first


def test_a_release_without_signature_is_a_finding(folder, keys):
    assert problems(folder, keys[1]) == [(FILES.signature, Problem.SIGNATURE, "there is no signature")]


def test_another_key_is_a_finding(folder, keys, tmp_path):
    sign(folder, keys[0])
    other = load_public_key(make_keys(tmp_path / "other.pem"))
    ((_, problem, detail),) = problems(folder, other)
    assert (problem, detail) == (Problem.SIGNATURE, f"is not signed by the key {key_id(other)}")


def test_a_signature_of_another_manifest_is_a_finding(folder, keys):
    signature = sign(folder, keys[0])
    manifest = folder / FILES.manifest
    manifest.write_text(manifest.read_text().replace("run-1", "run-2"))
    assert ("signs another manifest",) in [one[2:] for one in problems(folder, keys[1])]
    envelope = json.loads(signature.read_text())
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["subject"][0]["digest"]["sha256"] = release.manifest_sha256(folder)
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    signature.write_text(json.dumps(envelope))
    assert "is not signed by the key" in problems(folder, keys[1])[0][2]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"payload": "?", "signatures": []}', b'{"payload": 1, "signatures": [1]}'],
)
def test_a_damaged_signature_is_a_finding(folder, keys, content):
    (folder / FILES.signature).write_bytes(content)
    assert problems(folder, keys[1])[0][1] is Problem.SIGNATURE


def test_keys_are_private_and_never_overwritten(tmp_path):
    path = tmp_path / "key.pem"
    make_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="a key is never overwritten"):
        make_keys(path)


@pytest.mark.parametrize("left", ["key.pem", "key.pem.pub"])
def test_no_half_of_a_pair_is_written_beside_one_that_is_there(tmp_path, left):
    (tmp_path / left).write_text("there before")
    with pytest.raises(UsageError, match=f"{left} exists; a key is never overwritten"):
        make_keys(tmp_path / "key.pem")
    assert [path.name for path in tmp_path.iterdir()] == [left]


def test_what_is_no_key_is_refused_in_one_line(tmp_path):
    path = tmp_path / "key.pem"
    public = make_keys(path)
    for wrong in (tmp_path / "absent", tmp_path):
        with pytest.raises(UsageError, match=r"cannot be read \(.*\); name the file of a key"):
            load_private_key(wrong)
    with pytest.raises(UsageError, match="holds no Ed25519PrivateKey"):
        load_private_key(public)
    with pytest.raises(UsageError, match="holds no Ed25519PublicKey"):
        load_public_key(path)
