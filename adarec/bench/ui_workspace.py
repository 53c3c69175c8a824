"""A workspace with hundreds of runs for measuring the app: one real small run, cloned.

Everything stands in the store's own tables and in real stage folders, so the pages do with it what
they do with real runs. Names, notes and tags say that it is synthetic.
"""

import csv
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from adarec import jobs
from adarec.config import RunSettings, preset_settings
from adarec.data.ingest import ingest_log
from adarec.errors import RunError
from adarec.execute import execute_run
from adarec.genotype import Genotype
from adarec.runs.records import MetricRow, RunRecord, SceneRecord
from adarec.runs.schema import METRICS
from adarec.runs.workspace import Workspace
from adarec.submission import create_run

USERS, ITEMS, MOST_EVENTS = 1000, 6000, 30
SCENE, TAG = "synthetic", "synthetic"
_SEARCH_STARTS_S = 300.0
FAILED_EVERY = 25  # a real store has failures in it
_SIZES: dict[str, Any] = {
    "cost": "flops",
    "length_cap": 20,
    "controls": 1,
    "threads": 1,
    "teacher.width": 32,
    "teacher.epochs": 6,
    "student.width": 16,
    "student.epochs": 8,
    "search.epochs": 12,
    "search.candidates": 24,
}


def fill_workspace(home: Path, *, num_runs: int, num_scenes: int) -> str:
    """A workspace at `home` with `num_scenes` scenes and `num_runs` runs; gives the id of the
    newest finished run, whose scene is named `SCENE` and a number."""
    workspace = Workspace.open(home)
    log, items = _write_log(home)
    scene = ingest_log(workspace, log, name=f"{SCENE} 1", items_path=items)
    source = create_run(workspace, scene.name, settings())
    execute_run(workspace, source.run)
    clones = [scene] + [_clone_scene(workspace, scene, n + 1) for n in range(1, num_scenes)]
    run = workspace.store.run(source.run)
    rows = workspace.store.metrics([step["key"] for step in run.steps])
    newest = run.run
    for number in range(1, num_runs):
        made = _clone_run(workspace, run, rows, clones[number % len(clones)], number)
        if number % FAILED_EVERY:
            newest = made
    workspace.close()
    return newest


def start_long_search(workspace: Workspace) -> str:
    """Queues a search that goes on for longer than any measurement, starts a worker, and gives
    the run's id once it searches; its teacher is the cloned run's."""
    run = create_run(workspace, f"{SCENE} 1", settings(search__epochs=1000, seed=0)).run
    jobs.submit(workspace, run)
    jobs.ensure_worker(workspace)
    deadline = time.monotonic() + _SEARCH_STARTS_S
    while not workspace.store.metrics([step_key(workspace, run)]):
        if time.monotonic() > deadline:
            raise RunError(f"{run} did not begin to search. See {workspace.worker_folder}.")
        time.sleep(0.5)
    return run


def step_key(workspace: Workspace, run: str, role: str = "search") -> str:
    """The key of a run's step."""
    return next(s["key"] for s in workspace.store.run(run).steps if s["role"] == role)


def settings(**changed: Any) -> RunSettings:
    """Settings of the run that is cloned: the structure of `quick`, sizes that take seconds.

    Changes are named by dotted key with two underscores (`search__epochs`).
    """
    overrides = {key.replace("__", "."): value for key, value in changed.items()}
    return preset_settings("quick", overrides=_SIZES | overrides)


def _write_log(folder: Path) -> tuple[Path, Path]:
    """A log and a table of titles; popular items are drawn far more often than others."""
    dice = np.random.default_rng(0)
    log, items = folder / "synthetic.csv", folder / "synthetic-items.csv"
    with log.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "item_id", "timestamp"])
        for user in range(USERS):
            at = 1_704_067_200 + int(dice.integers(90 * 86_400))
            for item in (dice.random(int(dice.integers(5, MOST_EVENTS))) ** 3 * ITEMS).astype(int):
                at += int(dice.integers(60, 86_400))
                writer.writerow([f"u{user}", f"i{item}", at])
    with items.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "title"])
        writer.writerows([f"i{item}", f"Synthetic item number {item}"] for item in range(ITEMS))
    return log, items


def _clone_scene(workspace: Workspace, scene: SceneRecord, number: int) -> SceneRecord:
    key = f"{scene.key}-{number}"
    _clone_folder(workspace, scene.key, key)
    record = SceneRecord(name=f"{SCENE} {number}", key=key, summary=scene.summary)
    return workspace.store.add_scene(record)


def _clone_folder(workspace: Workspace, key: str, new_key: str) -> None:
    """The same files under another key; links, because no stage changes a complete folder."""
    source, target = workspace.artefacts.path(key), workspace.artefacts.path(new_key)
    shutil.copytree(source, target, copy_function=os.link)


def _clone_run(
    workspace: Workspace, run: RunRecord, rows: list[MetricRow], scene: SceneRecord, number: int
) -> str:
    keys = {step["key"]: f"{step['key']}-{number}" for step in run.steps}
    for key, new_key in keys.items():
        _clone_folder(workspace, key, new_key)
    keys[run.scene_key] = scene.key
    steps = [
        step
        | {"key": keys[step["key"]]}
        | {"parents": {role: keys[key] for role, key in step["parents"].items()}}
        for step in run.steps
    ]
    store = workspace.store
    clone = store.create_run(
        scene=scene.name,
        scene_key=scene.key,
        settings=run.settings | {"seed": number},
        steps=steps,
        seed=number,
        notes=f"Synthetic: a clone of {run.run} with numbers drawn at random",
        tags=[TAG],
    )
    with store.engine.begin() as connection:
        values = [vars(row) | {"stage_key": keys[row.stage_key]} for row in rows]
        connection.execute(sa.insert(METRICS), values)
    is_failed = number % FAILED_EVERY == 0
    store.update_run(
        clone.run,
        state="failed" if is_failed else "succeeded",
        stage="measure",
        started_at=time.time() - 300,
        finished_at=time.time(),
        error="Synthetic: a failure to be listed." if is_failed else None,
        result=None if is_failed else _vary(run.result or {}, clone.run, scene.name, number),
        seconds=run.seconds,
        peak_rss_mb=run.peak_rss_mb,
    )
    return clone.run


def _vary(result: dict[str, Any], run: str, scene: str, number: int) -> dict[str, Any]:
    """The result with other times, accuracies and another cell, so that charts have spread."""
    dice = np.random.default_rng(number)
    ops = Genotype.from_json(result["student"]["genotype"]).ops
    cell = Genotype(3, tuple(ops[int(place)] for place in dice.permutation(len(ops))))
    models = {
        role: _vary_model(result[role], *dice.uniform(0.8, 1.2, 2))
        for role in ("teacher", "student")
    }
    models["student"] |= {"genotype": cell.to_json(), "collapsed": cell.is_collapsed}
    controls = [_vary_model(each, *dice.uniform(0.7, 1.1, 2)) for each in result["controls"]]
    words = {
        "run": run,
        "scene": result["scene"] | {"name": scene},
        "seed": number,
        "verdict": "Synthetic: these numbers were drawn at random.",
    }
    return result | models | words | {"controls": controls}


def _vary_model(model: dict[str, Any], accuracy: float, cost: float) -> dict[str, Any]:
    factors = {
        name: cost if name.startswith("latency") else accuracy
        for name in model
        if name.startswith(("latency", "metrics"))
    }
    return model | {
        name: {key: value * factor for key, value in model[name].items()}
        for name, factor in factors.items()
    }
