"""Become another command, at low priority and tied to the life of the process that started it.

Run as a file: `python leash.py PARENT_PID COMMAND…`. The signal that the kernel sends when the
parent dies survives the change of program, so no process and no thread has to watch for it.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_NICENESS = 10
# Linux shares the processor between sessions first and looks at niceness only within one, so the
# session that this process leads has to be nice, too.
_SESSION_NICENESS = Path("/proc/self/autogroup")


def main() -> None:
    """Tie this process to its parent, then turn into the command."""
    parent = int(sys.argv[1])
    command = sys.argv[2:]
    os.nice(_NICENESS)
    if _SESSION_NICENESS.exists():
        # A system may forbid it; then the process is as nice as it can be.
        with contextlib.suppress(OSError):
            _SESSION_NICENESS.write_text(str(_NICENESS), encoding="ascii")
    if sys.platform == "linux":
        # SIGKILL: asked politely, the run would record that a person stopped it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the line above.
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
