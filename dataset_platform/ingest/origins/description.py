"""Where a source's files come from, as the block `origin` of its description says; one of three.

    origin:
      hub: owner/dataset               a dataset on the Hugging Face Hub
      revision: 0123…                  commit, 40 hex digits
      files: ["data/*.jsonl"]          all when not given

    origin:
      urls:
        - url: https://example.org/conversations.jsonl.gz
          sha256: 89ab…
          name: conversations.jsonl.gz the last part of the URL when not given

    origin:
      prefix: s3://bucket/folder       or gs://
      sha256: cdef…                    over the names and contents of all files
      files: ["*.parquet"]

`dataset-platform sources fetch <name> --pin` finds the revision or the digests to write.
"""

import re
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag

from dataset_platform.ingest.describing.turn_shapes import Described

_COMMIT = re.compile(r"[0-9a-f]{40}")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Globs = Annotated[tuple[str, ...], Field(min_length=1)]
EVERY_FILE = ("**",)


def _a_web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError when it is no number
    except ValueError:
        raise ValueError("this is no web address") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("a web address begins with https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials do not belong into a description; take them out of the address")
    return url


class HubOrigin(Described):
    """Files of a dataset on the Hugging Face Hub; access tokens come from its own client's chain."""

    hub: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$")
    revision: str | None = None
    files: Globs = EVERY_FILE

    @property
    def is_pinned(self) -> bool:
        """A branch or a tag may mean another commit tomorrow."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None


class WebFile(Described):
    """One file at a web address."""

    url: Annotated[str, AfterValidator(_a_web_address)]
    sha256: Sha256 | None = None
    name: str | None = Field(None, min_length=1)

    @property
    def landing_name(self) -> str:
        """Its name below the source's folder."""
        return self.name or unquote(urlsplit(self.url).path.rpartition("/")[2])


class WebOrigin(Described):
    """Files at web addresses."""

    urls: tuple[WebFile, ...] = Field(min_length=1)

    @property
    def is_pinned(self) -> bool:
        return all(file.sha256 for file in self.urls)


class BucketOrigin(Described):
    """Objects below a prefix of an S3 or GCS bucket; credentials come from the clouds' own chains."""

    prefix: str = Field(pattern=r"^(s3|gs)://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^/\s]+)*/?$")
    sha256: Sha256 | None = None
    files: Globs = EVERY_FILE

    @property
    def is_pinned(self) -> bool:
        return self.sha256 is not None

    @property
    def place(self) -> tuple[str, str, str]:
        """Scheme, bucket and key prefix, which may be empty."""
        scheme, _, path = self.prefix.partition("://")
        bucket, _, key = path.partition("/")
        return scheme, bucket, key.rstrip("/")


def _kind(block: Any) -> str | None:
    """Tells by its keys which kind an origin is, of YAML or of a model."""
    keys = block if isinstance(block, dict) else getattr(block, "__dict__", {})
    return next((f"with {key}" for key in ("hub", "urls", "prefix") if key in keys), None)


Origin = Annotated[
    Annotated[HubOrigin, Tag("with hub")]
    | Annotated[WebOrigin, Tag("with urls")]
    | Annotated[BucketOrigin, Tag("with prefix")],
    Discriminator(
        _kind,
        custom_error_type="origin",
        custom_error_message="an origin names `hub`, `urls` or `prefix`",
    ),
]
