"""A worker whose runs are executed by `counting_child.py`; arguments as `adarec.worker`."""

import argparse
import sys
from pathlib import Path

import adarec.worker
from adarec.runs.workspace import Workspace

CHILD = Path(__file__).with_name("counting_child.py")


def command(run: str, home: Path) -> list[str]:
    """Count instead of searching."""
    return [sys.executable, str(CHILD), run, str(home)]


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--lock-descriptor", type=int)
    asked = parser.parse_args()
    adarec.worker.run_worker(
        Workspace.open(asked.home), asked.processes, command=command, lock=asked.lock_descriptor
    )


if __name__ == "__main__":
    main()
