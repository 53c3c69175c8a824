"""The example run: a finished run on a sample scene that comes with the studio as plain data.

`python -m adarec example` computes it and writes `sample_data/example/`; a workspace that has no
run yet takes it in, so that every page shows something before anything is trained. Its folders
have keys of their own (`example-…`): no search of a person's ever reads them.
"""

import hashlib
import math
import shutil
from pathlib import Path
from typing import Any

from adarec import catalog
from adarec.data.samples import SAMPLE_FOLDER
from adarec.errors import ArtefactError, RunError
from adarec.plan import stage_key
from adarec.runs.files import read_json, write_json
from adarec.runs.records import EXAMPLE_RUN, RunRecord
from adarec.runs.workspace import Workspace

EXAMPLE_FOLDER = SAMPLE_FOLDER / "example"
EXAMPLE_SCENE = "rhythm"  # on "cycle", the first sample, counting is perfect
FORMAT = 1
NOTES = "Example: comes with the studio, computed on another machine."
PREFIX = "example-"
_MANIFEST = "example.json"
_MARKER = "example.json"
_ENDINGS = (".json", ".npz", ".parquet", ".onnx", ".safetensors")
# What only a resumed or repeated computation reads. The student's weights are part of an export.
_LEFT_OUT = ("claim.json", "checkpoint")
_WEIGHTS_OF = ("student",)
_RECORD = ("seed", "created_at", "started_at", "finished_at", "peak_rss_mb", "stage")
_DATA = ("settings", "seconds", "result")


def write_example(workspace: Workspace, run: str, folder: Path = EXAMPLE_FOLDER) -> list[Path]:
    """Writes a finished run of a sample scene as the example; returns the files.

    Raises:
        RunError: The run has not finished.
        ArtefactError: `folder` holds something that is no earlier example.
    """
    record = workspace.store.run(run)
    if record.result is None:
        raise RunError(f"{run} is {record.state}; only a finished run can be the example.")
    if folder.exists() and any(folder.iterdir()) and not (folder / _MANIFEST).is_file():
        raise ArtefactError(f"{folder} is not an earlier example. Name a new or empty folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    steps = [
        step
        | {
            "version": catalog.stage_version(step["stage"]),
            "files": _copy_step(workspace, step, folder / step["role"]),
            "metrics": _metrics_of(workspace, step["key"]),
        }
        for step in record.steps
    ]
    fields = {name: getattr(record, name) for name in (*_RECORD, *_DATA)}
    fields["result"] = record.result | {"run": EXAMPLE_RUN}
    manifest = {
        "format": FORMAT,
        "scene": {"name": record.scene, "items": record.result["scene"]["items"]},
        "run": fields,
        "steps": steps,
    }
    write_json(folder / _MANIFEST, manifest)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def register_example(workspace: Workspace, *, folder: Path = EXAMPLE_FOLDER) -> bool:
    """Takes the example into a workspace that has no run and has never seen it; says whether it
    did. One that a person deleted stays deleted. Cheap when there is nothing to do.

    Raises:
        ArtefactError: The example's files are damaged.
    """
    marker = workspace.home / _MARKER
    if marker.exists() or not (folder / _MANIFEST).is_file():
        return False
    is_new = not workspace.store.run_summaries() and _is_at_hand(workspace, folder)
    if is_new:
        import_example(workspace, folder)
    write_json(marker, {"example": EXAMPLE_RUN if is_new else None})
    return is_new


def import_example(workspace: Workspace, folder: Path = EXAMPLE_FOLDER) -> RunRecord:
    """Takes the example's folders, numbers and record into the workspace, and gives the record.

    Raises:
        ArtefactError: A key does not belong to what it names, or a file is missing, changed or of
            a kind that is not data.
        SceneError: The workspace does not have its scene.
    """
    manifest = read_json(folder / _MANIFEST)
    steps = [_checked(step, folder) for step in _steps_of(manifest, folder)]
    scene = workspace.store.scene(manifest["scene"]["name"])
    for step in steps:
        key, metrics = PREFIX + step["key"], step.pop("metrics")
        with workspace.artefacts.claim(key) as partial:
            for name in step.pop("files") if partial is not None else ():
                shutil.copyfile(folder / step["role"] / name, partial / name)
        for epoch, values in metrics:
            numbers = {name: math.nan if v is None else v for name, v in values.items()}
            workspace.store.record_metrics(key, epoch, numbers)
        step["key"] = key
    return workspace.store.import_run(
        EXAMPLE_RUN,
        scene=scene.name,
        scene_key=scene.key,
        steps=steps,
        state="succeeded",
        notes=NOTES,
        **manifest["run"],
    )


def outdated_steps(run: RunRecord) -> list[str]:
    """Titles of the example's steps that today's code would compute differently."""
    known = {stage.name: stage for stage in catalog.STAGES}
    found = [
        known[step["stage"]].title
        for step in run.steps
        if "version" in step and step["version"] != known[step["stage"]].version
    ]
    return list(dict.fromkeys(found))


def _is_at_hand(workspace: Workspace, folder: Path) -> bool:
    """Whether the sample scene that the example belongs to is there, and is the sample."""
    wanted = read_json(folder / _MANIFEST)["scene"]
    return any(
        scene.is_sample
        and scene.name == wanted["name"]
        and scene.summary["items"] == wanted["items"]
        for scene in workspace.store.scenes()
    )


def _copy_step(workspace: Workspace, step: dict[str, Any], target: Path) -> dict[str, str]:
    """Copies what pages read of the step; gives the SHA-256 of each file."""
    found = {}
    target.mkdir()
    for path in sorted(workspace.artefacts.path(step["key"]).iterdir()):
        is_kept = path.suffix != ".safetensors" or step["role"] in _WEIGHTS_OF
        if is_kept and path.suffix in _ENDINGS and not path.name.startswith(_LEFT_OUT):
            shutil.copyfile(path, target / path.name)
            found[path.name] = _sha256(path)
    return found


def _metrics_of(workspace: Workspace, key: str) -> list[tuple[int, dict[str, float]]]:
    """What the step recorded, epoch by epoch."""
    found: dict[int, dict[str, float]] = {}
    for row in workspace.store.metrics([key]):
        found.setdefault(row.epoch, {})[row.name] = row.value
    return sorted(found.items())


def _steps_of(manifest: Any, folder: Path) -> list[dict[str, Any]]:
    if manifest.get("format") != FORMAT:
        raise ArtefactError(
            f"{folder} holds an example of format {manifest.get('format')}; {FORMAT} is needed. "
            "Write it again: `python -m adarec example`."
        )
    steps: list[dict[str, Any]] = manifest["steps"]
    return steps


def _checked(step: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The step, if its key is the hash of what it names and its files are what they were."""
    parts = ("settings", "parents", "seed", "threads", "version")
    expected = stage_key(step["stage"], **{name: step[name] for name in parts})
    if step["key"] != expected or step["stage"] not in {stage.name for stage in catalog.STAGES}:
        raise _damaged(folder, f"step {step['role']!r} has key {step['key']!r}, not {expected!r}")
    for name, digest in step["files"].items():
        path = folder / step["role"] / name
        if (
            path.resolve().parent.parent != folder.resolve()
            or path.suffix not in _ENDINGS
            or not path.is_file()
        ):
            raise _damaged(folder, f"{step['role']}/{name} is missing or no data file")
        if _sha256(path) != digest:
            raise _damaged(folder, f"{step['role']}/{name} has changed")
    return step


def _damaged(folder: Path, what: str) -> ArtefactError:
    return ArtefactError(
        f"The example in {folder} is damaged: {what}. "
        "Check the folder out again, or write it again: `python -m adarec example`."
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
