"""Two scenes on one vocabulary, so that a model of one can read the histories of the other.

The source's items keep their indices; items that only the target has come after them. A model that
learns from the source's labels never sees those as an answer, so they cannot be pseudo-labels, but
they are ranked like all others, and a test item among them counts as missed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from adarec.data.baselines import training_counts
from adarec.data.items_map import read_items_map
from adarec.data.scene import HELD_OUT, Scene, read_scene, write_scene
from adarec.data.statistics import scene_statistics, summarise
from adarec.errors import SceneError
from adarec.plan import ScenePart, stage_key
from adarec.runs.files import read_json, write_json
from adarec.runs.records import SceneRecord
from adarec.runs.workspace import Workspace

STAGE = "join_vocabulary"
SIDES = ("source", "target")
# Share of held-out events that two unrelated clocks, counted from starts of their own, may have in
# common with the source.
COINCIDENCES = 0.01


@dataclass(frozen=True)
class Joint:
    """Both scenes with one item_index for what is one item, and how much they share.

    Attributes:
        source: The labelled scene; its items 1..V_s are as before, V_s + 1.. do not occur in it.
        target: The other scene, re-indexed.
        overlap: Counts and shares for the result.
    """

    source: Scene
    target: Scene
    overlap: dict[str, Any]


def join_vocabulary(source: Scene, target: Scene, pairs: Mapping[str, str] | None = None) -> Joint:
    """Both scenes on the joint vocabulary.

    Args:
        source: The scene whose labels are used.
        target: The scene whose histories are used.
        pairs: Source id of each target id; None means that equal ids are one item.

    Raises:
        SceneError: No item is shared, the target's histories are too short to learn from, or the
            source learns from events that the target holds out.
    """
    index_of = {item: index for index, item in enumerate(source.item_ids, start=1)}
    wanted = target.item_ids if pairs is None else [pairs.get(item) for item in target.item_ids]
    found = np.array([0 if item is None else index_of.get(item, 0) for item in wanted])
    is_new = found == 0
    if is_new.all():
        raise SceneError(_nothing_shared(source, target, pairs))
    new_index = source.num_items + np.cumsum(is_new)
    indices = np.where(is_new, new_index, found)  # [V_t] joint index of each target item
    size = source.num_items + int(is_new.sum())
    names = {"source": source, "target": target}
    places = {"source": np.arange(1, source.num_items + 1), "target": indices}
    joined = {
        side: _on_vocabulary(
            names[side], places[side], names[other], places[other], size=size, other=other
        )
        for side, other in (SIDES, SIDES[::-1])
    }
    _check_histories(joined["target"])
    _check_held_out(joined["source"], joined["target"])
    overlap = _overlap(joined["source"], joined["target"], shared=int((~is_new).sum()))
    return Joint(joined["source"], joined["target"], overlap)


def join_scenes(
    workspace: Workspace, source: SceneRecord, target: SceneRecord, items_map: Path | None = None
) -> tuple[ScenePart, ScenePart]:
    """What a plan needs to know of both scenes on their joint vocabulary.

    Leaves a scene folder for each side, which every stage can read, and `overlap.json` in the
    target's. Folders that are there are used again.

    Raises:
        SceneError: The scenes share no item, or events that the target holds out.
        LogError: The map cannot be read.
    """
    pairs = None if items_map is None else read_items_map(items_map)
    keys = {side: _key(side, source, target, pairs) for side in SIDES}
    store = workspace.artefacts
    if not all(store.is_complete(key) for key in keys.values()):
        joint = join_vocabulary(
            read_scene(store.path(source.key)), read_scene(store.path(target.key)), pairs
        )
        for side, scene in (("source", joint.source), ("target", joint.target)):
            with store.claim(keys[side]) as folder:
                if folder is not None:
                    write_scene(scene, folder)
                    write_json(folder / "overlap.json", joint.overlap)
                    # Pages draw count baselines beside a run's curves.
                    write_json(folder / "statistics.json", scene_statistics(scene))
    return scene_part(workspace, keys["source"]), scene_part(workspace, keys["target"])


def scene_part(workspace: Workspace, key: str) -> ScenePart:
    """The part of the joined scene `key`, which must be complete."""
    summary = read_json(workspace.artefacts.path(key) / "summary.json")
    return ScenePart(
        key=key,
        num_items=int(summary["items"]),
        training_length_p90=int(summary["training_length_p90"]),
    )


def _key(
    side: str, source: SceneRecord, target: SceneRecord, pairs: Mapping[str, str] | None
) -> str:
    settings: dict[str, Any] = {"side": side}
    if pairs is not None:
        text = json.dumps(pairs, sort_keys=True, ensure_ascii=False)
        settings["pairs_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    parents = {"source": source.key, "target": target.key}
    return stage_key(STAGE, settings=settings, parents=parents, seed=0, threads=1)


def _on_vocabulary(
    scene: Scene, own: np.ndarray, rest: Scene, others: np.ndarray, *, size: int, other: str
) -> Scene:
    """`scene` with joint indices; ids and titles are its own, else those of the other scene.

    An id of the other scene that here means another item is marked.
    """
    ids: list[str] = [""] * size
    titles: list[str | None] = [None] * size
    taken = set(scene.item_ids)
    for place, item, title in zip(others - 1, rest.item_ids, rest.titles, strict=True):
        ids[place], titles[place] = f"{item} ({other})" if item in taken else item, title
    for place, item, title in zip(own - 1, scene.item_ids, scene.titles, strict=True):
        ids[place], titles[place] = item, title if title is not None else titles[place]
    joined = replace(
        scene,
        items=own[scene.items - 1].astype(np.int32),
        item_ids=ids,
        titles=titles,
        summary={},
    )
    joined.summary.update(summarise(joined, time_kind=scene.summary.get("time_kind", "none")))
    return joined


def _check_held_out(source: Scene, target: Scene) -> None:
    """A label of the source must not be an answer of the target. Where times are an order alone,
    nobody can say that two events are one, so nothing is refused.

    Args:
        source: On the joint vocabulary.
        target: On the joint vocabulary.
    """
    kinds = {scene.summary.get("time_kind") for scene in (source, target)}
    if kinds not in ({"date"}, {"relative"}):
        return
    place = {user: number for number, user in enumerate(source.user_ids)}
    known = np.array([place.get(user, -1) for user in target.user_ids], dtype=np.int64)
    held_out = _events(target, ~_in_training(target), known)
    learned = _events(source, _in_training(source), np.arange(source.num_users))
    told = int(np.isin(held_out[held_out["user"] >= 0], learned).sum())
    if told > (COINCIDENCES * len(held_out) if kinds == {"relative"} else 0):
        raise SceneError(
            f"The source learns from {told:,} of {len(held_out):,} events that the target holds "
            "out (same user, item and time): its labels would tell the answers. Logs that share "
            "no event are needed: cut one by time, with ingest --until and --since."
        )


def _check_histories(target: Scene) -> None:
    """Two items of a user are held out, and a history needs an item and one that follows it."""
    longest = int(target.lengths.max())
    if longest < HELD_OUT + 2:
        raise SceneError(
            f"The longest history of the target has {longest} events. {HELD_OUT} are held out, "
            f"and the student learns from users of {HELD_OUT + 2} events or more: bring a target "
            "with longer histories."
        )


def _events(scene: Scene, chosen: np.ndarray, users: np.ndarray) -> np.ndarray:
    """[E] the chosen events as user, item, time; `users` [U] numbers the users."""
    found = np.empty(int(chosen.sum()), [("user", np.int64), ("item", np.int64), ("time", float)])
    found["user"] = np.repeat(users, np.diff(scene.offsets))[chosen]
    found["item"], found["time"] = scene.items[chosen], scene.times[chosen]
    return found


def _in_training(scene: Scene) -> np.ndarray:
    """bool [N], False for the validation and the test item of each user."""
    found = np.ones(len(scene.items), dtype=bool)
    for back in range(1, HELD_OUT + 1):
        found[scene.offsets[1:] - back] = False
    return found


def _overlap(source: Scene, target: Scene, *, shared: int) -> dict[str, Any]:
    is_learned = training_counts(source) > 0  # [V + 1]
    test_items = target.items[target.offsets[1:] - 1]
    return {
        "shared_items": shared,
        "source_items": len(np.unique(source.items)),
        "target_items": len(np.unique(target.items)),
        "shared_item_share": shared / len(np.unique(target.items)),
        "learnable_event_share": float(is_learned[target.items[_in_training(target)]].mean()),
        "unlearnable_test_share": float(1.0 - is_learned[test_items].mean()),
    }


def _nothing_shared(source: Scene, target: Scene, pairs: Mapping[str, str] | None) -> str:
    examples = f"{target.item_ids[0][:40]!r} and {source.item_ids[0][:40]!r}"
    if pairs is None:
        return (
            f"The scenes share no item id: {target.num_items:,} in the target and "
            f"{source.num_items:,} in the source, such as {examples}. Adaptation needs items that "
            "both have: give a file of target id, source id with --items-map."
        )
    return (
        f"None of the {len(pairs):,} pairs of the map joins an item of the target and one of the "
        f"source, whose ids look like {examples}. The first column needs target ids, the second "
        "source ids: check the map."
    )
