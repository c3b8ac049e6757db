"""Many JSON texts that lie side by side in a block of bytes, read at once."""

from collections.abc import Iterable, Iterator

from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_values import colons, decode, is_doubtful, parse, unparsable
from dataset_platform.ingest.formats.line_ends import MIXED_ENDS, has_inner_return
from dataset_platform.ingest.rejection import Piece, Rejection
from dataset_platform.schemas import QuarantineReason

Text = tuple[int, bytes]
"""Where a text begins in the file, and its bytes."""


def read_texts(
    block: bytes, texts: Iterable[Text], decoder: TextDecoder, *, ends_file: bool = False
) -> list[Piece]:
    """The texts as pieces; those of white space alone are none.

    `block` holds the texts, and between them no colon. `ends_file` says of a text without a newline
    that nothing follows it.

    Only texts that the parser refuses are examined one by one: what it lets pass without a word is
    looked for in the whole block at once, which costs a quarter.
    """
    texts = list(texts)
    parsed = None if is_doubtful(block) else _parsed(block, texts, decoder, ends_file)
    return list(_examined(texts, decoder, ends_file)) if parsed is None else parsed


def _parsed(block: bytes, texts: Iterable[Text], decoder: TextDecoder, ends_file: bool) -> list[Piece] | None:
    """None when one of the texts has a key twice."""
    pieces: list[Piece] = []
    spelled, refused = [], []
    for offset, raw in texts:
        try:
            value, canonical = parse(raw)
        except unparsable:
            refused.append(raw)
            pieces += _examined([(offset, raw)], decoder, ends_file)
        else:
            spelled.append(canonical)
            pieces.append(Piece(offset, raw, value, canonical))
    same = colons(block) == colons(b"".join(spelled)) + colons(b"".join(refused))
    return pieces if same else None


def _examined(texts: Iterable[Text], decoder: TextDecoder, ends_file: bool) -> Iterator[Piece]:
    for offset, raw in texts:
        if raw.isspace():
            continue
        try:
            value, canonical = decode(raw, decoder, ends_file=ends_file and not raw.endswith(b"\n"))
        except Rejection as rejection:
            yield Piece(offset, raw, _told_of_returns(raw, rejection))
        else:
            yield Piece(offset, raw, value, canonical)


def _told_of_returns(raw: bytes, rejection: Rejection) -> Rejection:
    if rejection.reason is QuarantineReason.BAD_SYNTAX and has_inner_return(raw):
        return Rejection(rejection.reason, f"{rejection.detail}; it {MIXED_ENDS}")
    return rejection
