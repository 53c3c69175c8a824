"""Times and sizes as a person says them."""

import re
import time

from adarec.verdict import speed_in_words


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def elapsed(start: float, end: float | None) -> str:
    """From `start` until `end`, or until now when it has not ended."""
    return duration((end or time.time()) - start)


def size(num_bytes: float) -> str:
    """`820 B`, `14.2 kB`, `3.1 MB`."""
    if num_bytes < 1000:
        return f"{num_bytes:.0f} B"
    unit = "B"
    for bigger in ("kB", "MB", "GB"):
        if num_bytes < 1000:
            break
        num_bytes, unit = num_bytes / 1000, bigger
    return f"{num_bytes:.1f} {unit}"


def speed(times: float) -> str:
    """`6.3× faster`, or `1.3× slower`."""
    return with_times_sign(speed_in_words(times))


def with_times_sign(text: str) -> str:
    """Plain words of a result, such as its verdict, with `6.3×` for the terminal's `6.3x`."""
    return re.sub(r"(?<=\d)x\b", "×", text)
