"""Results in memory: a page of many runs asks for all of them at every rerun."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

Result = Mapping[str, Any]

MOST_RESULTS = 1000


class Shelf:
    """Results that were read once, for every session of the app; the newest `MOST_RESULTS`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float | None, Result]] = {}

    def take(
        self,
        finished: Mapping[str, float | None],
        read: Callable[[list[str]], Mapping[str, Result]],
    ) -> dict[str, Result]:
        """The results of those runs; what is new, or finished again since, is read."""
        with self._lock:
            kept = dict(self._kept)
        stale = [run for run, at in finished.items() if run not in kept or kept[run][0] != at]
        for run in stale:
            kept.pop(run, None)
        kept |= {run: (finished[run], result) for run, result in read(stale).items()}
        with self._lock:
            self._kept |= {run: kept[run] for run in finished if run in kept}
            for run in list(self._kept)[:-MOST_RESULTS]:
                del self._kept[run]
        return {run: kept[run][1] for run in finished if run in kept}
