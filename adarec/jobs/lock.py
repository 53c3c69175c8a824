"""The lock that a worker holds while it lives: one worker per machine and workspace.

It is the kernel's (flock) and belongs to an open file, so it can be taken by the process that
starts a worker and handed down: there is no moment in which a second starter finds it free, and
it ends with the worker however the worker ends.
"""

import fcntl
import os
import socket
import time
from pathlib import Path

from adarec.runs.file_lock import is_locked

_ATTEMPTS = 5
_PAUSE_S = 0.05


def worker_lock_path(folder: Path) -> Path:
    """The lock file of this machine's worker, inside the worker folder."""
    return folder / f"worker-{socket.gethostname()}.lock"


def take_lock(path: Path) -> int | None:
    """The descriptor that now holds the lock, or None when a worker holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Perhaps it is somebody who only asks, and who has it for a moment.
            time.sleep(_PAUSE_S)
        else:
            return descriptor
    os.close(descriptor)
    return None


def write_holder(descriptor: int, pid: int) -> None:
    """Note in the lock file which process holds it."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(pid).encode(), 0)


def read_holder(path: Path) -> int | None:
    """The process that holds the lock, None when nobody does."""
    if not is_locked(path):
        return None
    text = path.read_text()
    return int(text) if text.isdigit() else None
