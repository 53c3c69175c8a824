"""One process of computation: threads, determinism, memory."""

import contextlib
import ctypes
import resource
import sys

import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEEP_BYTES = 1 << 30
FLOAT32_ERROR = 1e-3  # of a product of 64 numbers about 1; bfloat16 is off by 0.05


def prepare_process(threads: int) -> None:
    """Sets threads, makes torch deterministic, and keeps freed buffers for reuse.

    glibc gives large buffers back to the system at once and faults every page in again at the next
    step; keeping
    them makes training about a tenth faster.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    choose_matrix_products()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library: only slower
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, _KEEP_BYTES)


def choose_matrix_products() -> None:
    """Lets oneDNN make float32 matrix products where it makes them in float32.

    torch uses MKL for them, which on processors that are not Intel's is half as fast as oneDNN.
    The switch to oneDNN also allows bfloat16 on processors with matrix units; a probe finds that
    out and switches back, because results should not depend on the processor so much.
    """
    torch.set_float32_matmul_precision("medium")
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(64, 64, generator=generator) for _ in range(2))
    error = (left @ right).double() - left.double() @ right.double()
    if error.abs().max() > FLOAT32_ERROR:
        torch.set_float32_matmul_precision("highest")


def peak_rss_mb() -> float:
    """Largest memory this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
