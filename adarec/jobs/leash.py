"""Become another command, at low priority and tied to the life of the process that started it.

Run as a file: `python leash.py PARENT_PID COMMAND…`. The signal that the kernel sends when the
parent dies survives the change of program, so no process and no thread has to watch for it.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_NICENESS = 10
_ATTEMPTS, _PAUSE_S = 5, 0.15
# Linux shares the processor between sessions first and looks at niceness only within one, so the
# session that this process leads has to be nice, too.
_SESSION_NICENESS = Path("/proc/self/autogroup")


def main() -> None:
    """Tie this process to its parent, then turn into the command."""
    parent = int(sys.argv[1])
    command = sys.argv[2:]
    os.nice(_NICENESS)
    _be_nice_as_a_session()
    if sys.platform == "linux":
        # SIGKILL: asked politely, the run would record that a person stopped it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the line above.
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)


def _be_nice_as_a_session() -> None:
    # The session of somebody else is none of our business.
    if not _SESSION_NICENESS.exists() or os.getsid(0) != os.getpid():
        return
    for _ in range(_ATTEMPTS):
        try:
            _SESSION_NICENESS.write_text(str(_NICENESS), encoding="ascii")
        except BlockingIOError:  # the kernel takes one such wish in a tenth of a second
            time.sleep(_PAUSE_S)
        except OSError:  # a system may forbid it: the process is as nice as it can be
            return
        else:
            return


if __name__ == "__main__":
    main()
