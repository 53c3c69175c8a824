"""The process that computes one run, as the worker sees it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adarec.jobs import leash
from adarec.jobs.run_log import last_lines

TERM_GRACE_S = 3.0
EXIT_STOPPED, EXIT_HELD = 3, 4

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
_LAST_WORDS_IN = 10  # lines, for blank ones may follow the last words


@dataclass(frozen=True)
class Outcome:
    """How a child ended: its exit code, or minus the signal that ended it; and whether it had
    been asked to stop."""

    code: int
    peak_rss_mb: float
    was_asked: bool = False

    @property
    def was_killed(self) -> bool:
        """Whether a signal ended it, which says nothing about the run itself."""
        return self.code < 0

    def describe(self) -> str:
        """In words, for the run's error."""
        if not self.was_killed:
            return f"the process ended with exit code {self.code}"
        if self.was_asked:
            return f"the process was ended, as it had not stopped within {TERM_GRACE_S:g} s"
        name = signal.Signals(-self.code).name
        hint = ", often because memory ran out" if -self.code == signal.SIGKILL else ""
        return f"the process ended with signal {-self.code} ({name}){hint}"


class Child:
    """A started process. Only the thread that started it may use it."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._killed_at: float | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def poll(self) -> Outcome | None:
        """How it ended, or None while it runs. After `terminate` this also kills it in time."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            if self._killed_at is not None and time.monotonic() >= self._killed_at:
                self.kill()
            return None
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Outcome(
            self._process.returncode,
            usage.ru_maxrss * _RSS_UNIT / 1e6,
            was_asked=self._killed_at is not None,
        )

    def terminate(self) -> None:
        """Ask it to stop; asking again changes nothing."""
        if self._killed_at is None:
            self._killed_at = time.monotonic() + TERM_GRACE_S
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and everything it started."""
        os.killpg(self.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line of its log, empty when it said nothing."""
        lines = [line for line in last_lines(self.log, lines=_LAST_WORDS_IN) if line.strip()]
        return lines[-1].strip() if lines else ""
