"""Who vouches for a release: an Ed25519 signature over its manifest, which holds the SHA-256 of every file.

`manifest_v<version>.json.sig` is a DSSE envelope (https://github.com/secure-systems-lab/dsse) around an
in-toto statement (https://github.com/in-toto/attestation) that names the manifest's SHA-256, so that other
tools than this one can check it.
"""

import hashlib
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dataset_platform.errors import UsageError
from dataset_platform.release.files import ReleaseFiles, version_of_manifest
from dataset_platform.release.lock import canonical
from dataset_platform.release.manifest import file_sha256, find_manifest

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:dataset-platform:release:1"


def sign(folder: Path, key: Ed25519PrivateKey) -> Path:
    """The path of the signature, beside the manifest that it vouches for; equal manifests, equal bytes."""
    manifest = find_manifest(folder)
    payload = canonical(_statement(manifest))
    signature = {"keyid": key_id(key.public_key()), "sig": _text(key.sign(_signed_bytes(payload)))}
    envelope = {"payloadType": PAYLOAD_TYPE, "payload": _text(payload), "signatures": [signature]}
    path = _beside(manifest)
    path.write_bytes(canonical(envelope))
    return path


def signature_problems(folder: Path, key: Ed25519PublicKey) -> Iterator[str]:
    """Why the key does not vouch for the manifest in a folder; nothing when it does."""
    manifest = find_manifest(folder)
    try:
        envelope = orjson.loads(_beside(manifest).read_bytes())
        payload = b64decode(envelope["payload"], validate=True)
        signatures = [b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
        stated = orjson.loads(payload)
    except FileNotFoundError:
        yield "there is no signature"
        return
    except (OSError, ValueError, TypeError, KeyError, NotBase64):
        yield "is no signature that can be read"
        return
    if not any(_is_signed(payload, signature, key) for signature in signatures):
        yield f"is not signed by the key {key_id(key)}"
    elif stated != _statement(manifest):
        yield "signs another manifest"


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of the public key, by which people tell keys apart."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def make_keys(path: Path) -> Path:
    """Writes a new private key to a file that only its owner may read, and gives the path of its public key.

    Raises UsageError when one of the two files exists.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    beside = path.with_name(path.name + ".pub")
    taken = [target for target in (path, beside) if target.exists()]
    if taken:  # before either is written: half a pair would fit no other half
        raise UsageError(f"{taken[0]} exists; a key is never overwritten, name another file")
    for target, content, mode in ((path, private, 0o600), (beside, public, 0o644)):
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    return beside


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file; raises UsageError."""
    return _load(path, Ed25519PrivateKey, lambda pem: serialization.load_pem_private_key(pem, password=None))


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The key in a PEM file; raises UsageError."""
    return _load(path, Ed25519PublicKey, serialization.load_pem_public_key)


def _load(path: Path, kind: type, read: Any) -> Any:
    try:
        key = read(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); name the file of a key") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, kind):
        raise UsageError(
            f"{path}: holds no {kind.__name__} in PEM without a password; "
            "`dataset-platform keygen` makes a pair of keys"
        )
    return key


def _beside(manifest: Path) -> Path:
    return manifest.with_name(ReleaseFiles(version_of_manifest(manifest.name)).signature)


def _statement(manifest: Path) -> dict[str, Any]:
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": manifest.name, "digest": {"sha256": file_sha256(manifest)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {},
    }


def _signed_bytes(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b" ".join([b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(payload), payload])


def _is_signed(payload: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, _signed_bytes(payload))
    except InvalidSignature:
        return False
    return True


def _text(content: bytes) -> str:
    return b64encode(content).decode()
