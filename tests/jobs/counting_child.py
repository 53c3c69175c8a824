"""Stands in for the execution of a run: counts to `settings["count"]`, a checkpoint each time.

Its one step is claimed, checkpointed and completed as a stage is. `settings["fail"]` makes it end
with an error, `settings["deaf"]` makes it ignore SIGTERM.
"""

import os
import signal
import sys
import time
from typing import Any

from adarec.errors import RunIsHeldError, StopRequested
from adarec.runs.files import read_json, write_json
from adarec.runs.workspace import Workspace

KEY = "count-{run}"


def main() -> None:
    """Count, or stop with exit code 3."""
    run, home = sys.argv[1], sys.argv[2]
    asked: list[int] = []
    workspace = Workspace.open(home)
    settings = workspace.store.run(run).settings
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1) if "deaf" not in settings else None)
    try:
        with workspace.executing(run):
            count(workspace, run, settings, asked)
            workspace.store.update_run(run, state="succeeded", finished_at=time.time())
    except StopRequested:
        workspace.store.update_run(run, state="cancelled")
        sys.exit(3)
    except RunIsHeldError:
        sys.exit(4)


def count(workspace: Workspace, run: str, settings: dict[str, Any], asked: list[int]) -> None:
    """One step: count from the checkpoint to `settings["count"]`."""
    key = KEY.format(run=run)
    if "fail" in settings:
        sys.exit("the reason is on this line")
    with workspace.artefacts.claim(key, owner=run) as folder:
        if folder is None:
            return
        checkpoint = folder / "checkpoint.json"
        done = read_json(checkpoint) if checkpoint.exists() else {"count": 0, "pids": []}
        done["pids"].append(os.getpid())
        while done["count"] < settings["count"]:
            if asked:
                raise StopRequested
            done["count"] += 1
            write_json(checkpoint, done)
            time.sleep(settings.get("pause_s", 0.02))


if __name__ == "__main__":
    main()
