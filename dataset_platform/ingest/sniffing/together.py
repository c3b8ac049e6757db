"""Fields by which conversations belong together, such as the client or the persona that several have."""

from collections import Counter
from collections.abc import Collection, Sequence

from dataset_platform.ingest.sniffing.fields import MOSTLY, Record
from dataset_platform.ingest.sniffing.words import (
    PERSON_FIELDS,
    PLOT_FIELDS,
    PROFILE_FIELDS,
    query,
    speaks_of,
)

_LONGEST = 100  # characters of a value that names somebody or something: what is longer is said
_SHARED = 0.9  # distinct values to a record at most: what is nearly unique brings nothing together


def fields_in_common(records: Sequence[Record], of_turns: Collection[str]) -> list[str]:
    """The queries of a draft's `split_together`: a person, or else a plot and a profile; may be empty.

    The fields `of_turns` differ within a conversation, and are none of it.
    """
    objects = [record for record in records if isinstance(record, dict)]
    times = Counter(name for record in objects for name in record)
    in_most = [name for name in times if times[name] >= MOSTLY * len(objects) and query(name) not in of_turns]
    shared = [name for name in in_most if _is_shared([record.get(name) for record in objects])]

    def first(topic: frozenset[str]) -> list[str]:
        return [query(name) for name in shared if speaks_of(name, topic)][:1]

    return first(PERSON_FIELDS) or [*first(PLOT_FIELDS), *first(PROFILE_FIELDS)]


def _is_shared(values: Sequence[object]) -> bool:
    named = [value for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    if len(named) < MOSTLY * len(values) or any(len(str(value)) > _LONGEST for value in named):
        return False
    return 1 < len(set(named)) <= _SHARED * len(named)
