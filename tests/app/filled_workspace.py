"""A workspace with runs whose numbers are generated, so that pages can be tested before anything
is trained.

Everything goes through the real store and the real artefact folders. The numbers are plausible and
mean nothing; no user ever sees them.
"""

import time

import numpy as np
from safetensors.numpy import save_file

from adarec import catalog
from adarec.config import AdaptationSettings
from adarec.data.scene import Scene, write_scene
from adarec.runs.files import write_epoch_arrays, write_json
from adarec.runs.records import SceneRecord
from adarec.runs.workspace import Workspace
from tests.app.fake_numbers import (
    NUM_ITEMS,
    fake_adaptation,
    fake_arrays,
    fake_candidates,
    fake_front,
    fake_genotype,
    fake_metrics,
    fake_result,
    run_settings,
    write_model,
)

ROLES = (
    ("teacher", "train_teacher"),
    ("costs", "measure_costs"),
    ("search", "search_student"),
    ("student", "distill_student"),
    ("measure", "measure"),
)


def fill(workspace: Workspace, *, num_scenes: int = 2, num_runs: int = 2) -> list[str]:
    """Adds `num_scenes` scenes with `num_runs` finished runs each; gives the run ids, newest
    last."""
    made = []
    for number in range(num_scenes):
        key = add_scene(workspace, f"shop {number + 1}", seed=number)
        for seed in range(num_runs):
            made.append(add_run(workspace, f"shop {number + 1}", key, seed=10 * number + seed))
    return made


def add_scene(workspace: Workspace, name: str, *, seed: int) -> str:
    """A small scene with titles; gives its key."""
    rng = np.random.default_rng(seed)
    num_users, num_items = 60, NUM_ITEMS
    lengths = rng.integers(3, 30, num_users)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = rng.integers(1, num_items + 1, offsets[-1]).astype(np.int32)
    summary = {
        "users": num_users,
        "items": num_items,
        "interactions": int(offsets[-1]),
        "training_length_p90": 24,
        "has_times": True,
        "repeat_share": 0.2,
        "cold_test_share": 0.05,
        "mean_length": float(lengths.mean()),
        "median_length": float(np.median(lengths)),
    }
    scene = Scene(
        items=items,
        offsets=offsets,
        times=np.arange(offsets[-1], dtype=float),
        architecture_slice=np.arange(num_users) % 5 == 0,
        item_ids=[f"i{i}" for i in range(num_items)],
        titles=[f"Item *{i}*" if i % 3 else None for i in range(num_items)],
        user_ids=[f"u{u}" for u in range(num_users)],
        summary=summary,
    )
    key = f"ingest-test-{seed}"
    with workspace.artefacts.claim(key) as folder:
        if folder is not None:
            write_scene(scene, folder)
    workspace.store.add_scene(SceneRecord(name=name, key=key, summary=summary))
    return key


def add_run(
    workspace: Workspace,
    scene: str,
    scene_key: str,
    *,
    seed: int = 0,
    state: str = "succeeded",
    until: str = "measure",
    epochs: int = 5,
    adapted_from: str | None = None,
    paradigm: str = "both",
    mapping: str = "emd",
) -> str:
    """A run whose steps up to `until` (a role, or `""` for none) have recorded something; gives
    its id."""
    roles = ROLES
    if mapping == "dfa":
        roles = (*ROLES[:3], ("aggregation", "search_aggregation"), *ROLES[3:])
    keys = {role: f"{stage.replace('_', '-')}-{scene_key}-{seed}" for role, stage in roles}
    steps = [
        {
            "stage": stage,
            "key": keys[role],
            "role": role,
            "parents": {},
            "settings": {},
            "seed": seed,
        }
        for role, stage in roles
    ]
    settings = run_settings(seed, mapping=mapping)
    if adapted_from is not None:
        names = {"source": adapted_from, "target": scene, "paradigm": paradigm}
        settings["adaptation"] = AdaptationSettings.model_validate(names).model_dump()
    record = workspace.store.create_run(
        scene=scene,
        scene_key=scene_key,
        settings=settings,
        steps=steps,
        seed=seed,
    )
    reached = [role for role, _ in roles]
    reached = reached[: reached.index(until) + 1] if until else []
    for role in reached:
        is_last = role == until and state != "succeeded"
        _record_step(workspace, role, keys[role], seed, epochs, is_complete=not is_last)
    result = fake_result(record.run, scene, seed) if state == "succeeded" else None
    if result and adapted_from is not None:
        result |= fake_adaptation(result, settings)
    now = time.time()
    workspace.store.update_run(
        record.run,
        state=state,
        stage=dict(roles)[until] if until else None,
        started_at=now - 200 if until else None,
        finished_at=None if state in ("queued", "running") else now,
        error="The teacher gave a non-finite score in epoch 3. Lower the learning rate."
        if state == "failed"
        else None,
        result=result,
    )
    return record.run


def _record_step(
    workspace: Workspace, role: str, key: str, seed: int, epochs: int, *, is_complete: bool
) -> None:
    rng = np.random.default_rng(seed)
    partial = workspace.artefacts.partial_path(key)
    if workspace.artefacts.is_complete(key):
        return
    partial.mkdir(parents=True, exist_ok=True)
    for epoch in range(1, epochs + 1):
        workspace.store.record_metrics(key, epoch, fake_metrics(role, epoch))
        arrays = fake_arrays(role, epoch, epochs, rng)
        if arrays:
            write_epoch_arrays(partial, epoch, arrays)
    workspace.store.record_progress(
        key,
        epoch=epochs,
        epochs=epochs + 3,
        fraction=0.6,
        message=f"epoch {epochs} of {epochs + 3}",
    )
    if role == "costs":
        ops = {op: 0.001 + 0.01 * index for index, op in enumerate(reversed(catalog.OP_NAMES))}
        costs = {
            "unit": "ms",
            "ops": ops,
            "fixed": 0.05,
            "scoring": 0.02,
            "teacher": 1.4,
            "method": {"repeats": 200},
        }
        write_json(partial / "costs.json", costs)
    if role == "search" and is_complete:
        write_json(partial / "genotype.json", fake_genotype(seed).to_json())
        write_json(partial / "candidates.json", fake_candidates(seed))
        write_json(partial / "front.json", fake_front(seed))
    if role == "student":
        save_file({"table": np.zeros((2, 2), dtype=np.float32)}, partial / "student.safetensors")
    if role == "measure":
        write_model(partial / "teacher.onnx", seed=1)
        write_model(partial / "student.onnx", seed=2)
    if is_complete:
        partial.rename(workspace.artefacts.path(key))
