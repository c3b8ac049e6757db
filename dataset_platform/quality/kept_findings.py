"""Findings kept from one report to the next, so that a new version's new conversations alone are judged."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.kept_bytes import KeptBytes
from dataset_platform.quality.validator import Findings, Validator


@dataclass(frozen=True)
class KeptFindings:
    """What validators found, by the digest of the conversation and by validator and version; no text.

    `state` is what findings depend on beside these: heads, coefficients and the sentence model.
    """

    path: Path
    state: str

    def judge(self, validator: Validator, chunk: Chunk) -> Findings:
        """What the validator finds, or has found before; it must judge each conversation by itself."""
        card = validator.card
        itself = hashlib.sha256("\x1f".join((self.state, card.name, card.version)).encode()).digest()
        digests = [hashlib.sha256(itself + digest).digest() for digest in chunk.digests]
        known = KeptBytes(self.path).recall([itself, *digests])
        names: list[str] = json.loads(known[itself]) if itself in known else []
        new = [place for place, digest in enumerate(digests) if not names or digest not in known]
        if new:
            fresh = validator.judge(chunk if len(new) == len(chunk) else chunk.part(new))
            names = list(fresh)
            rows = np.column_stack([fresh[name] for name in names]).astype(np.float64)
            known |= {digests[place]: row.tobytes() for place, row in zip(new, rows, strict=True)}
            found = {digests[place]: known[digests[place]] for place in new}
            KeptBytes(self.path).keep({itself: json.dumps(names).encode(), **found})
        values = np.array([np.frombuffer(known[digest]) for digest in digests])
        return dict(zip(names, values.T, strict=True))
