"""Where the real scenes are."""

import os
from pathlib import Path

from adarec.errors import LogError

VARIABLE = "ADAREC_BENCH_DATA"
ENDING = ".csv.gz"


def bench_log(scene: str) -> Path:
    """The log of a real scene: in the folder that ADAREC_BENCH_DATA names, else in ../shared/data.

    Raises:
        LogError: It is not there.
    """
    folder = Path(os.environ.get(VARIABLE) or Path.cwd().parent / "shared" / "data")
    path = folder / f"{scene}{ENDING}"
    if not path.is_file():
        raise LogError(
            f"{path} is not there, and a benchmark needs a real scene. "
            f"Set {VARIABLE} to a folder that holds {scene}{ENDING}, or name a log."
        )
    return path
