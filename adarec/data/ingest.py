"""A log becomes a scene: read, clean, split, describe, write. No torch, so a page can call it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from adarec.data.cleaning import check_enough, clean, exact_repeats
from adarec.data.events import Events, Reading, read_events
from adarec.data.formats import LogSource, open_log
from adarec.data.items_file import read_titles
from adarec.data.preview import LogPreview, preview_log
from adarec.data.scene import Scene, write_scene
from adarec.data.sequences import offsets_of
from adarec.data.settings import MIN_EVENTS, IngestSettings, validate_scene_name
from adarec.data.statistics import scene_statistics, summarise
from adarec.data.timestamps import time_kind
from adarec.data.unpacking import LogBytes, read_log_bytes
from adarec.errors import SceneError
from adarec.plan import stage_key
from adarec.runs.records import SceneRecord
from adarec.runs.workspace import Workspace

__all__ = ["LogPreview", "build_scene", "ingest_log", "preview_log", "scene_name"]

SLICE_SHARE = 0.2
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|dat|data|inter|jsonl|json|parquet|gz|zip))+$", re.I)
Progress = Callable[[float, str], None]


def scene_name(log: Path) -> str:
    """What a scene is called when its user does not say: the log's name without its endings."""
    return _ENDINGS.sub("", log.name)


def ingest_log(
    workspace: Workspace,
    path: Path | str,
    *,
    name: str,
    settings: IngestSettings | None = None,
    items_path: Path | str | None = None,
    is_sample: bool = False,
    on_progress: Progress | None = None,
) -> SceneRecord:
    """The scene `name`, made from the log at `path` and registered in the workspace.

    The folder's key comes from the content and the settings, so the same log twice is one folder.
    Everything that can be wrong with a log is found before the folder is started.

    Args:
        workspace: Where the scene goes.
        path: The log; plain, .gz or .zip.
        name: The scene's name.
        settings: How to read and clean; None means the defaults.
        items_path: A file with ids and titles.
        is_sample: Marks the scenes that come with the project.
        on_progress: Told the fraction done (0 to 1) and what happens now.

    Raises:
        LogError: The log cannot be read, or holds too little.
        SceneError: The name is unusable, or taken by another log.
    """
    settings = settings or IngestSettings()
    tell = on_progress or _silent
    validate_scene_name(name)
    tell(0.0, "Unpacking the log")
    log = read_log_bytes(Path(path))
    items_log = None if items_path is None else read_log_bytes(Path(items_path))
    key = _scene_key(log, items_log, settings)
    _check_name_is_free(workspace, name, key)
    folder = workspace.artefacts.path(key)
    if not workspace.artefacts.is_complete(key):
        scene, report = build_scene(log, settings, items_log=items_log, on_progress=tell)
        tell(0.8, "Counting what the scene page shows")
        statistics = scene_statistics(scene)
        tell(0.95, "Writing the scene")
        with workspace.artefacts.claim(key) as partial:
            if partial is not None:
                write_scene(scene, partial)
                _write_json(partial / "report.json", report)
                _write_json(partial / "statistics.json", statistics)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    record = workspace.store.add_scene(
        SceneRecord(name=name, key=key, is_sample=is_sample, summary=summary)
    )
    tell(1.0, "Done")
    return record


def build_scene(
    log: LogBytes,
    settings: IngestSettings,
    *,
    items_log: LogBytes | None = None,
    on_progress: Progress | None = None,
) -> tuple[Scene, dict[str, Any]]:
    """The scene of a log, and the report of what was read and dropped. Writes nothing.

    Raises:
        LogError: The log cannot be read, or holds too little.
    """
    tell = on_progress or _silent
    tell(0.1, "Finding the columns")
    source = open_log(log, format=settings.format, delimiter=settings.delimiter)
    tell(0.2, "Reading the events")
    events, reading = read_events(source, settings)
    tell(0.5, "Cleaning and sorting")
    kept, dropped = clean(events, settings)
    check_enough(kept, events, dropped, source.name)
    titles = None if items_log is None else read_titles(items_log)
    tell(0.7, "Splitting")
    scene = _scene(kept, reading, settings, titles or {})
    return scene, _report(log, source, reading, events, dropped, scene, titles)


def _scene(
    events: Events, reading: Reading, settings: IngestSettings, titles: dict[str, str]
) -> Scene:
    """Dense indices, split and slice. `events` are sorted by user and time."""
    used_users, lengths = np.unique(events.users, return_counts=True)
    used_items, dense_items = np.unique(events.items, return_inverse=True)
    item_ids = [events.item_ids[i] for i in used_items]
    user_ids = [events.user_ids[u] for u in used_users]
    scene = Scene(
        items=(dense_items + 1).astype(np.int32),
        offsets=offsets_of(lengths),
        times=events.times,
        architecture_slice=architecture_slice(
            user_ids, seed=settings.seed, can_teach=lengths > MIN_EVENTS
        ),
        item_ids=item_ids,
        titles=[titles.get(item_id) for item_id in item_ids],
        user_ids=user_ids,
        summary={},
    )
    kind = (
        "none"
        if reading.time_unit is None
        else time_kind(events.users, events.times, reading.time_unit)
    )
    scene.summary.update(summarise(scene, time_kind=kind))
    return scene


def architecture_slice(
    user_ids: list[str], *, seed: int, can_teach: np.ndarray | None = None
) -> np.ndarray:
    """bool [U], about 20 % of the users, by a hash of each raw id: stable when users come or go.

    At least one user is inside, and one who has a pair to learn from (`can_teach` [U]; everybody
    where it is not given) is outside, so that a tiny scene can be searched at all.
    """
    teachers = np.ones(len(user_ids), dtype=bool) if can_teach is None else can_teach
    salt = seed.to_bytes(8, "little")
    hashes = (
        np.array(
            [
                int.from_bytes(
                    hashlib.blake2b(user.encode("utf-8"), digest_size=6, key=salt).digest(),
                    "little",
                )
                for user in user_ids
            ],
            dtype=np.float64,
        )
        / 2.0**48
    )
    chosen = hashes < SLICE_SHARE
    if not (teachers & ~chosen).any():
        chosen[np.where(teachers, hashes, -1.0).argmax()] = False
    if not chosen.any():
        spare = teachers & (hashes == hashes[teachers].max())  # the teacher who stays outside
        chosen[np.where(spare, 2.0, hashes).argmin()] = True
    return chosen


def _check_name_is_free(workspace: Workspace, name: str, key: str) -> None:
    """Raises a SceneError now instead of after the work, when the name belongs to another log."""
    for record in workspace.store.scenes():
        if record.name == name and record.key != key:
            instead = (
                "" if record.is_sample else ", or rename or delete that scene on the Scenes page"
            )
            raise SceneError(
                f"The name {name!r} is taken by another log, or by this one read with other "
                f"settings. Choose another name{instead}."
            )


def _scene_key(log: LogBytes, items_log: LogBytes | None, settings: IngestSettings) -> str:
    content = {"log_sha256": hashlib.sha256(log.data).hexdigest()}
    if items_log is not None:
        content["items_sha256"] = hashlib.sha256(items_log.data).hexdigest()
    # Once a setting: logs with rows that cannot be read were refused. The scenes that came of all
    # others are today's, and keep their keys.
    content["invalid_rows"] = "refuse"
    return stage_key(
        "ingest",
        settings=settings.model_dump(mode="json") | content,
        parents={},
        seed=settings.seed,
        threads=1,
    )


def _report(
    log: LogBytes,
    source: LogSource,
    reading: Reading,
    events: Events,
    dropped: list[dict[str, Any]],
    scene: Scene,
    titles: dict[str, str] | None,
) -> dict[str, Any]:
    roles = reading.roles
    columns = {r: getattr(roles, r) for r in ("user", "item", "time", "rating")}
    return {
        "file": log.name,
        "packing": log.packing,
        "format": source.format,
        "delimiter": source.delimiter,
        "has_header": source.has_header,
        "columns": columns,
        "reasons": roles.reasons,
        "warnings": [
            *source.warnings,
            *roles.warnings,
            *reading.warnings,
            *_time_warnings(scene),
        ],
        "time_unit": reading.time_unit,
        "rows_read": reading.rows,
        "users_read": reading.users_before,
        "dropped": [*reading.dropped, *dropped],
        "rows_kept": len(scene.items),
        "users_kept": scene.num_users,
        "exact_repeats": int(exact_repeats(events).sum()) if roles.time else None,
        "last_two_tie_share": scene.summary["last_two_tie_share"],
        "titles_found": None if titles is None else sum(t is not None for t in scene.titles),
    }


def _time_warnings(scene: Scene) -> list[str]:
    kind, tied = scene.summary["time_kind"], scene.summary["last_two_tie_share"]
    if kind == "order":
        return ["The time column only numbers the events; it gives their order, not their time."]
    warnings = []
    if kind == "relative":
        warnings.append(
            "The times are no dates: they are taken as seconds since some start. Days are to be "
            "written as 2024-05-31."
        )
    if tied is not None and tied >= 0.05:
        warnings.append(
            f"For {tied:.0%} of users the last two events have one time; the order of the file "
            "decides which is held out."
        )
    return warnings


def _write_json(path: Path, content: Any) -> None:
    path.write_text(
        json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8"
    )


def _silent(fraction: float, message: str) -> None:
    pass
