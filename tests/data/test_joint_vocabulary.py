"""Two scenes on one vocabulary: who gets which index and which name, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adarec.data.joint_vocabulary import join_scenes, join_vocabulary, scene_part
from adarec.data.scene import Scene, read_scene, write_scene
from adarec.data.sequences import offsets_of
from adarec.errors import SceneError
from adarec.runs.files import read_json
from adarec.runs.records import SceneRecord
from adarec.runs.workspace import Workspace


def scene_of(histories: list[list[str]], **titles: str) -> Scene:
    """A scene of these raw items."""
    ids = sorted({item for history in histories for item in history})
    index = {item: place for place, item in enumerate(ids, start=1)}
    items = np.array([index[item] for history in histories for item in history], dtype=np.int32)
    return Scene(
        items=items,
        offsets=offsets_of(np.array([len(history) for history in histories])),
        times=np.arange(len(items), dtype=float),
        architecture_slice=np.arange(len(histories)) == 0,
        item_ids=ids,
        titles=[titles.get(item) for item in ids],
        user_ids=[f"u{u}" for u in range(len(histories))],
        summary={"time_kind": "none"},
    )


def raw(scene: Scene) -> list[list[str]]:
    """The histories in raw ids."""
    return [
        [scene.item_ids[i - 1] for i in scene.history(user)] for user in range(scene.num_users)
    ]


SOURCE = [["b", "c", "b", "d"], ["c", "d", "b", "c"]]
TARGET = [["a", "b", "a", "e"], ["d", "b", "a", "d", "a"]]


def test_source_items_keep_their_indices_and_new_ones_follow() -> None:
    joint = join_vocabulary(scene_of(SOURCE), scene_of(TARGET))
    assert joint.source.item_ids == joint.target.item_ids == ["b", "c", "d", "a", "e"]
    assert joint.source.items.tolist() == scene_of(SOURCE).items.tolist()
    assert raw(joint.source) == SOURCE
    assert raw(joint.target) == TARGET
    assert joint.target.items.dtype == np.int32
    assert joint.source.summary["items"] == joint.target.summary["items"] == 5
    # training prefix of 2 and 3 events; the 90th percentile is 2.9
    assert joint.target.summary["training_length_p90"] == 3


def test_the_overlap_is_counted() -> None:
    overlap = join_vocabulary(scene_of(SOURCE), scene_of(TARGET)).overlap
    # The source's prefixes are (b, c) and (c, d): b, c and d can be learned.
    assert overlap == {
        "shared_items": 2,
        "source_items": 3,
        "target_items": 4,
        "shared_item_share": 0.5,
        "learnable_event_share": pytest.approx(3 / 5),  # of a b, d b a
        "unlearnable_test_share": 1.0,  # e and a
    }


def test_a_map_decides_alone_what_is_shared() -> None:
    joint = join_vocabulary(
        scene_of(SOURCE, b="Blue"), scene_of(TARGET, a="Ash"), {"a": "b", "e": "c", "x": "d"}
    )
    # Target b and d are others than the source's: they are new, behind the source's three.
    assert joint.overlap["shared_items"] == 2
    assert joint.source.item_ids == ["b", "c", "d", "b (target)", "d (target)"]
    assert joint.target.item_ids == ["a", "e", "d (source)", "b", "d"]
    assert raw(joint.source) == SOURCE
    assert raw(joint.target) == TARGET
    assert joint.source.titles[0] == "Blue"
    assert joint.target.titles[0] == "Ash"
    without = join_vocabulary(scene_of(SOURCE, b="Blue"), scene_of(TARGET), {"a": "b"})
    assert without.target.titles[0] == "Blue", "a title of the other scene is better than none"


@pytest.mark.parametrize(
    ("pairs", "words"),
    [(None, r"share no item id: 2 .* --items-map"), ({"b": "q"}, r"None of the 1 pairs.*check")],
)
def test_scenes_without_a_shared_item_are_refused(
    pairs: dict[str, str] | None, words: str
) -> None:
    other = scene_of([["x", "y", "x", "y"], ["x", "x", "y", "y"]])
    with pytest.raises(SceneError, match=words):
        join_vocabulary(scene_of(SOURCE), other, pairs)


@pytest.mark.parametrize("time_kind", ["date", "relative"])
@pytest.mark.parametrize(("shift", "told"), [(0, 2), (1000, 0)])
def test_a_source_that_learns_what_the_target_holds_out_is_refused(
    shift: int, told: int, time_kind: str
) -> None:
    whole = scene_of([["a", "b", "c", "d", "e", "f"], ["f", "e", "d", "c", "b", "a"]])
    # The first user's first four events: c and d are held out, and the source learns both.
    early = scene_of([["a", "b", "c", "d"]])
    undated = join_vocabulary(whole, early)
    assert undated.overlap["shared_items"] == 4, "equal places in a file are no equal events"
    whole, early = (replace(scene, summary={"time_kind": time_kind}) for scene in (whole, early))
    early = replace(early, times=early.times + shift)
    if told == 0:
        assert join_vocabulary(whole, early).overlap["shared_items"] == 4
        return
    with pytest.raises(SceneError, match=r"learns from 2 of 2 events .* --until and --since"):
        join_vocabulary(whole, early)


def test_a_coincidence_of_two_relative_clocks_is_no_copy() -> None:
    """Of 400 events that are held out one has its user, item and time in the source, too."""
    items = [f"i{n}" for n in range(6)]
    other = [[items[(u + k + 1) % 6] for k in range(4)] for u in range(200)]
    own = [[items[(u + k) % 6] for k in range(6)] for u in range(200)]
    own[0] = [items[0], items[1], other[0][2], *items[3:]]
    source, target = (
        replace(scene_of(rows), summary={"time_kind": "relative"}) for rows in (own, other)
    )
    assert join_vocabulary(source, target).overlap["shared_items"] == 6
    dated = [replace(scene, summary={"time_kind": "date"}) for scene in (source, target)]
    with pytest.raises(SceneError, match="learns from 1 of 400 events"):
        join_vocabulary(*dated)


def test_a_target_of_histories_too_short_to_learn_from_is_refused() -> None:
    with pytest.raises(SceneError, match="has 3 events.* 4 events or more"):
        join_vocabulary(scene_of(SOURCE), scene_of([["b", "c", "d"], ["d", "c", "b"]]))


@pytest.fixture
def pair(workspace: Workspace) -> tuple[SceneRecord, SceneRecord]:
    """Both scenes in a workspace."""
    records = []
    for name, histories in (("first", SOURCE), ("second", TARGET)):
        with workspace.artefacts.claim(f"ingest-{name}") as folder:
            assert folder is not None
            write_scene(scene_of(histories), folder)
        record = SceneRecord(name=name, key=f"ingest-{name}", summary={})
        records.append(workspace.store.add_scene(record))
    return records[0], records[1]


def test_both_sides_are_scenes_that_a_stage_can_read(
    workspace: Workspace, pair: tuple[SceneRecord, SceneRecord]
) -> None:
    source, target = join_scenes(workspace, *pair)
    assert (source.num_items, target.num_items) == (5, 5)
    assert (source.training_length_p90, target.training_length_p90) == (2, 3)
    folder = workspace.artefacts.path(target.key)
    assert raw(read_scene(folder)) == TARGET
    assert read_json(folder / "overlap.json")["shared_items"] == 2
    assert read_json(folder / "statistics.json")["baselines_validation"]
    assert scene_part(workspace, source.key) == source


def test_equal_pairs_and_maps_are_one_folder(
    workspace: Workspace, pair: tuple[SceneRecord, SceneRecord], tmp_path: Path
) -> None:
    first = join_scenes(workspace, *pair)
    assert join_scenes(workspace, *pair) == first
    for name, text in (("map", "a,b\ne,c\n"), ("same", "target,source\ne,c\na,b\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    mapped = join_scenes(workspace, *pair, tmp_path / "map.csv")
    assert join_scenes(workspace, *pair, tmp_path / "same.csv") == mapped
    turned = join_scenes(workspace, *pair[::-1])
    assert len({part.key for parts in (first, mapped, turned) for part in parts}) == 6
