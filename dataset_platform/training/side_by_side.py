"""A row on the processors of a CPU: parts of it side by side, each computed by threads of its own.

Operators of a small model are too small to be shared: for one conversation of 755 tokens two processors took
4.0 s and one 4.25. So processors take different conversations, as many at a time as one forward may have.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


class SideBySide:
    """Threads that share the processors which torch has now."""

    def __init__(self) -> None:
        self._processors = torch.get_num_threads()
        self._threads = ThreadPoolExecutor(self._processors)

    def parts(self, row: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
        """The items of a row, by their numbers, in parts of like lengths, one a processor at most."""
        parts: list[list[int]] = [[] for _ in range(min(self._processors, len(row)))]
        sizes = [0] * len(parts)
        for item in sorted(row, key=lambda item: -lengths[item]):
            shortest = sizes.index(min(sizes))
            parts[shortest].append(item)
            sizes[shortest] += lengths[item]
        return parts

    def each(self, work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
        """What the work makes of each part, in their order; an error is raised when all have ended."""
        threads_each = max(1, self._processors // len(parts))

        def worked(part: Part) -> Result:
            torch.set_num_threads(threads_each)
            return work(part)

        try:
            begun = [self._threads.submit(worked, part) for part in parts]
            wait(begun)
        finally:
            torch.set_num_threads(self._processors)
        return [one.result() for one in begun]
