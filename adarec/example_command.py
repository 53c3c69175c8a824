"""The `example` command: compute the example run anew and write it as data."""

import tempfile
from pathlib import Path

from adarec.config import RunSettings, preset_settings
from adarec.data.example import EXAMPLE_SCENE, write_example
from adarec.data.samples import register_samples
from adarec.execute import execute_run
from adarec.runs.workspace import Workspace
from adarec.submission import create_run
from adarec.terminal import Terminal


def example_settings() -> RunSettings:
    """The quick preset with smaller models: the whole example stays under 1.5 MB."""
    return preset_settings(
        "quick",
        overrides={
            "speedup": 3,
            "controls": 2,
            "threads": 1,
            "length_cap": 32,
            "teacher.width": 48,
            "student.width": 32,
            "student.epochs": 10,
            "teacher.epochs": 12,
            "search.epochs": 8,
        },
    )


def compute_example(folder: Path, terminal: Terminal) -> list[Path]:
    """Searches the sample scene in a workspace of its own and writes the example to `folder`;
    returns the files.

    Raises:
        ArtefactError: `folder` holds something that is no earlier example.
    """
    with tempfile.TemporaryDirectory() as home, terminal:
        workspace = Workspace.open(home)
        register_samples(workspace)
        run = create_run(workspace, EXAMPLE_SCENE, example_settings(), state="running")
        execute_run(workspace, run.run, on_progress=terminal.report)
        files = write_example(workspace, run.run, folder)
        workspace.close()
    return files
