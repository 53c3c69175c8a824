"""Held-out items never enter a loss; alphas learn from the architecture slice, weights from the
others; the test item is read by `measure` alone.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from torch import Tensor

from adarec.data.scene import Scene
from adarec.data.sequences import evaluation_histories
from adarec.nets import batches
from adarec.nets.aggregation import AggregationSearch
from adarec.nets.losses.fixed_mappings import RandomMapping
from adarec.nets.masked import with_last_target
from adarec.nets.search import Search
from adarec.runs.files import read_json
from tests.finished_run import no_graphs
from tests.stages.stage_runs import BEFORE_MEASURE, StageRun, own_items_scene, run_stages

WEIGHTS = {
    "teacher": "teacher.safetensors",
    "search": "supernet.safetensors",
    "student": "student.safetensors",
}


def items_of(scene: Scene, users: np.ndarray) -> set[int]:
    """Items of these users' training prefixes."""
    return {int(item) for user in users for item in scene.training_prefix(user)}


def held_out_items(scene: Scene) -> set[int]:
    return {int(item) for user in range(scene.num_users) for item in scene.history(user)[-2:]}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> StageRun:
    """The stages before `measure`, undisturbed."""
    return run_stages(own_items_scene(), tmp_path_factory.mktemp("plain"))


def test_held_out_items_are_nowhere_else(plain: StageRun) -> None:
    """The scene is such that the tests below can fail."""
    scene = own_items_scene()
    assert not held_out_items(scene) & items_of(scene, np.arange(scene.num_users))
    assert len(held_out_items(scene)) == 2 * scene.num_users


def test_no_held_out_item_enters_a_training_batch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = own_items_scene(), defaultdict(set)

    def spy(sequences: batches.Sequences, rows: np.ndarray) -> batches.Batch:
        batch = batches.pack_batch(sequences, rows)
        seen["items"] |= set(batch.items.flatten().tolist()) - {0}
        seen["targets"] |= set(batch.targets.tolist())
        return batch

    for room in ("training", "search"):
        monkeypatch.setattr(f"adarec.nets.{room}.pack_batch", spy)
    run_stages(scene, tmp_path)
    trained_on = items_of(scene, np.arange(scene.num_users))
    assert seen["targets"] == trained_on
    assert seen["items"] == trained_on


def test_no_held_out_item_is_hidden_or_seen_in_masked_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = own_items_scene(), set()

    def spy(batch: batches.Batch) -> Tensor:
        items = with_last_target(batch)
        seen.update(items.flatten().tolist())
        return items

    monkeypatch.setattr("adarec.nets.masked.with_last_target", spy)
    changed = {"teacher__name": "bert4rec", "teacher__masked_share": 0.5}
    run_stages(scene, tmp_path, roles=("teacher",), **changed)
    assert seen - {0} == items_of(scene, np.arange(scene.num_users))


def test_alphas_learn_from_the_slice_and_weights_from_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = own_items_scene(), defaultdict(set)

    def spy_on(name: str) -> None:
        step = getattr(Search, name)

        def watched(self: Search, batch: batches.Batch, *rest: float) -> object:
            seen[name] |= set(batch.items.flatten().tolist()) - {0}
            seen[name] |= set(batch.targets.tolist())
            return step(self, batch, *rest)

        monkeypatch.setattr(Search, name, watched)

    spy_on("_weight_step")
    spy_on("_alpha_step")
    run_stages(scene, tmp_path, roles=("costs", "teacher", "search"))
    inside = np.flatnonzero(scene.architecture_slice)
    outside = np.flatnonzero(~scene.architecture_slice)
    assert seen["_alpha_step"] == items_of(scene, inside)
    assert seen["_weight_step"] == items_of(scene, outside)


def test_each_stage_asks_for_its_own_split(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, str, int]] = []

    def spy_in(module: str) -> None:
        def spy(scene: Scene, *, length: int, split: str, users=None):
            found = evaluation_histories(scene, length=length, split=split, users=users)
            asked.append((module, split, len(found)))
            return found

        monkeypatch.setattr(f"adarec.stages.{module}.evaluation_histories", spy)

    for module in ("context", "measure"):
        spy_in(module)
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    run_stages(own_items_scene(), tmp_path, roles=(*BEFORE_MEASURE, "measure"))
    assert asked == [
        ("context", "validation", 15),  # the teacher: all users
        ("context", "validation", 3),  # the search: the slice's users
        ("context", "validation", 15),  # its shortlist: all users
        ("context", "validation", 15),  # two finalists, and a random one
        ("context", "validation", 15),
        ("context", "validation", 15),
        ("context", "validation", 15),  # the student
        ("measure", "test", 15),
    ]


def test_other_test_items_change_nothing_before_measure(plain: StageRun, tmp_path: Path) -> None:
    other = run_stages(own_items_scene(test_shift=4), tmp_path)
    for role, name in WEIGHTS.items():
        expected = load_file(plain.folders[role] / name)
        for key, value in load_file(other.folders[role] / name).items():
            assert value.equal(expected[key]), (role, key)
    assert other.notes["search"].epochs == plain.notes["search"].epochs
    for name in ("genotype.json", "candidates.json", "front.json", "finalists.json"):
        first, second = (run.folders["search"] / name for run in (plain, other))
        assert first.read_bytes() == second.read_bytes()


def test_other_validation_items_change_no_loss(plain: StageRun, tmp_path: Path) -> None:
    """They choose epochs, so later stages may differ; the path of the first does not."""
    other = run_stages(own_items_scene(validation_shift=4), tmp_path, roles=("teacher",))
    for epoch, metrics in plain.notes["teacher"].epochs.items():
        for name in ("loss", "task_loss"):
            assert other.notes["teacher"].epochs[epoch][name] == metrics[name]


def test_another_training_prefix_does_change_the_weights(plain: StageRun, tmp_path: Path) -> None:
    """The comparison above can fail."""
    scene = own_items_scene()
    scene.items[0] = scene.items[1]
    other = run_stages(scene, tmp_path, roles=("teacher",))
    found = load_file(other.folders["teacher"] / "teacher.safetensors")
    expected = load_file(plain.folders["teacher"] / "teacher.safetensors")
    assert not all(value.equal(expected[key]) for key, value in found.items())


def test_search_and_student_learn_from_the_random_layers_of_the_runs_seed(tmp_path: Path) -> None:
    changed = {"losses__mapping": "random", "losses__hidden_distance": "kl", "seed": 3}
    run = run_stages(own_items_scene(), tmp_path, **changed)
    for role in ("search", "student"):
        flow = run.notes[role].arrays[1]["mapping"]
        expected = RandomMapping(*flow.shape, seed=3).flow(flow)
        np.testing.assert_allclose(flow, expected)
        assert (expected != RandomMapping(*flow.shape, seed=0).flow(flow)).any()


def test_an_aggregation_is_searched_on_the_slice_and_held_out_items_change_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = own_items_scene(), defaultdict(set)
    for name in ("_layer_step", "_weight_step"):
        step = getattr(AggregationSearch, name)

        def watched(self, batch, *rest, name=name, step=step):  # type: ignore[no-untyped-def]
            seen[name] |= set(batch.items.flatten().tolist()) - {0}
            seen[name] |= set(batch.targets.tolist())
            return step(self, batch, *rest)

        monkeypatch.setattr(AggregationSearch, name, watched)
    roles = ("costs", "teacher", "search", "aggregation", "student")
    changed = {"losses__mapping": "dfa", "dfa__epochs": 2, "dfa__layer_learning_rate": 0.05}
    run = run_stages(scene, tmp_path / "one", roles=roles, **changed)
    slice_users, others = (
        np.flatnonzero(scene.architecture_slice == inside) for inside in (True, False)
    )
    assert seen["_layer_step"] == items_of(scene, slice_users)
    assert seen["_weight_step"] == items_of(scene, others)
    found = read_json(run.folders["aggregation"] / "aggregation.json")["aggregation"]
    np.testing.assert_allclose(np.sum(found, axis=1), 1.0)
    assert not np.allclose(found, np.where(np.array(found) > 0, 0.5, 0.0))
    # The student is distilled from what was found, in every epoch.
    for arrays in run.notes["student"].arrays.values():
        np.testing.assert_allclose(arrays["mapping"], np.array(found) / 2)
    np.testing.assert_allclose(run.notes["search"].arrays[1]["mapping"], 1 / 8)
    shifted = own_items_scene(test_shift=4)
    other = run_stages(shifted, tmp_path / "two", roles=roles, **changed)
    again = read_json(other.folders["aggregation"] / "aggregation.json")["aggregation"]
    assert again == found


def test_controls_are_distilled_from_the_same_aggregation(tmp_path: Path) -> None:
    roles = ("costs", "teacher", "search", "aggregation", "student", "control-all-skip")
    changed = {"losses__mapping": "dfa", "dfa__epochs": 2, "controls": 1}
    run = run_stages(own_items_scene(), tmp_path, roles=roles, **changed)
    mappings = [run.notes[role].arrays[1]["mapping"] for role in roles[-2:]]
    np.testing.assert_array_equal(*mappings)
