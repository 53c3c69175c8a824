"""One process of computation: threads, determinism, memory."""

import contextlib
import ctypes
import resource
import sys

import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEEP_BYTES = 1 << 30


def prepare_process(threads: int) -> None:
    """Sets threads, makes torch deterministic, and keeps freed buffers for reuse.

    glibc gives large buffers back to the system at once and faults every page in again at the next
    step; keeping
    them makes training about a tenth faster.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library: only slower
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, _KEEP_BYTES)


def peak_rss_mb() -> float:
    """Largest memory this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
