"""The augmenting stage: training prefixes in, pseudo-priors out, and what later stages make of
them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file
from torch import Tensor

from adarec.data.scene import read_scene
from adarec.data.sequences import evaluation_histories
from adarec.errors import SceneError, StopRequested
from adarec.nets import batches
from adarec.nets.encoding import SequenceModel
from adarec.nets.evaluation import history_ranks
from adarec.nets.folders import read_teacher
from adarec.nets.training import BatchLoss, next_item_loss
from adarec.runs.files import read_json
from adarec.stages import STAGES
from adarec.stages.context import StageContext, requests
from tests.finished_run import no_graphs
from tests.nets.small_models import Notes
from tests.stages.stage_runs import (
    BEFORE_MEASURE,
    StageRun,
    own_items_scene,
    run_stages,
    scene_of,
)

LENGTH = 8  # the cap of the small settings
ASREP = {"augment__name": "asrep", "augment__epochs": 2, "teacher__num_heads": 2}
STAGE_FILES = ("reverse.safetensors", "augment.json", "summary.json")
WEIGHTS = ("teacher/teacher", "search/supernet", "student/student")


def short_scene(**shifts: int):
    """Prefixes of three to five items: room for three to five pseudo-priors."""
    return own_items_scene(shortest=3, **shifts)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> StageRun:
    """The stage alone, undisturbed."""
    folder = tmp_path_factory.mktemp("asrep")
    return run_stages(short_scene(), folder, roles=("augment",), **ASREP)


def test_it_leaves_a_scene_with_pseudo_items_in_front(plain: StageRun) -> None:
    scene, real = read_scene(plain.folders["augment"]), short_scene()
    prefix = real.lengths - 2
    np.testing.assert_array_equal(scene.pseudo_counts, LENGTH - prefix)
    assert scene.summary == real.summary  # so L stays what it was
    for user in range(scene.num_users):
        history = scene.history(user).tolist()
        written = history[: scene.pseudo_counts[user]]
        assert history[len(written) :] == real.history(user).tolist()
        assert len(set(written)) == len(written)
        assert not set(written) & {0, *real.training_prefix(user).tolist()}
    facts = read_json(plain.folders["augment"] / "augment.json")
    assert facts["augmented_users"] == facts["users"] == 15
    assert facts["pseudo_items"] == int((LENGTH - prefix).sum())
    assert facts["longest"] == LENGTH  # 18 is more than L
    for example in facts["examples"]:
        user = scene.user_ids.index(example["user_id"])
        ids = [scene.item_ids[item - 1] for item in scene.training_prefix(user)]
        assert example["item_ids"] == ids
        assert example["pseudo"] == scene.pseudo_counts[user]


@pytest.mark.parametrize("shift", ["test_shift", "validation_shift"])
def test_other_held_out_items_change_nothing_that_it_computes(
    plain: StageRun, tmp_path: Path, shift: str
) -> None:
    other = run_stages(short_scene(**{shift: 4}), tmp_path, roles=("augment",), **ASREP)
    for name in STAGE_FILES:
        first, second = (run.folders["augment"] / name for run in (plain, other))
        assert first.read_bytes() == second.read_bytes(), name
    assert other.notes["augment"].epochs == plain.notes["augment"].epochs
    scenes = [read_scene(run.folders["augment"]) for run in (plain, other)]
    for user in range(scenes[0].num_users):
        first, second = (scene.training_prefix(user) for scene in scenes)
        np.testing.assert_array_equal(first, second)


def test_another_training_item_does_change_it(plain: StageRun, tmp_path: Path) -> None:
    """The comparison above can fail."""
    scene = short_scene()
    scene.items[0] = scene.items[1]
    other = run_stages(scene, tmp_path, roles=("augment",), **ASREP)
    first, second = (run.folders["augment"] / STAGE_FILES[0] for run in (plain, other))
    assert first.read_bytes() != second.read_bytes()


def test_no_held_out_item_is_in_a_batch_and_some_oldest_items_are_no_target(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = short_scene(), set()
    targets: set[int] = set()
    pack_batch = batches.pack_batch

    def spy(sequences: batches.Sequences, rows: np.ndarray) -> batches.Batch:
        batch = pack_batch(sequences, rows)
        seen.update(batch.items.flatten().tolist())
        targets.update(batch.targets.tolist())
        return batch

    for module in ("training", "pseudo_priors", "batches"):  # the last for validation
        monkeypatch.setattr(f"adarec.nets.{module}.pack_batch", spy)
    run_stages(scene, tmp_path, roles=("augment",), **ASREP)
    prefixes = {int(i) for user in range(15) for i in scene.training_prefix(user)}
    assert seen - {0} <= prefixes
    # Two of 15 users keep their oldest item aside. An item that is also the newest of its prefix
    # is no target either: every prefix of five items ends with the one it begins with.
    newest = {int(scene.training_prefix(user)[-1]) for user in range(15)}
    assert 1 <= len(prefixes - targets - newest) <= 2


@pytest.mark.parametrize("at", [1, -3, -1])
def test_a_stopped_stage_goes_on_as_if_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Stopped in the training, between two users, and behind the last."""
    monkeypatch.setattr("adarec.nets.pseudo_priors.SCORE_FLOATS", 1)  # one user a step
    given: list[StageContext] = []
    stage = STAGES["augment_scene"]
    monkeypatch.setitem(STAGES, "augment_scene", lambda context: given.append(context))
    whole = run_stages(short_scene(), tmp_path, roles=("augment",), **ASREP)
    stage(given[0])
    ticks = whole.notes["augment"].fractions
    assert sorted(ticks) == ticks
    assert ticks[-1] == 1.0
    folder = tmp_path / "stopped"
    folder.mkdir()
    stop_at = at if at > 0 else len(ticks) + 1 + at
    with pytest.raises(StopRequested):
        stage(replace(given[0], folder=folder, watch=Notes(stop_at=stop_at)))
    rest = Notes()
    stage(replace(given[0], folder=folder, watch=rest))
    assert len(rest.fractions) == len(ticks) - stop_at
    expected = whole.folders["augment"]
    assert {path.name for path in folder.iterdir()} == {p.name for p in expected.iterdir()}
    for name in (*STAGE_FILES, "scene.npz"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()


def test_histories_of_one_item_are_refused(tmp_path: Path) -> None:
    scene = scene_of([[u + 1, 20, 21] for u in range(12)], num_items=21)
    with pytest.raises(SceneError, match="--augment none"):
        run_stages(scene, tmp_path, roles=("augment",), **ASREP)


@pytest.mark.parametrize("teacher", ["nextitnet", "sasrec"])
def test_no_pseudo_items_are_bit_identical_to_no_augmentation(
    tmp_path: Path, teacher: str
) -> None:
    changed = {"teacher__name": teacher}
    none = run_stages(short_scene(), tmp_path / "none", **changed)
    empty = run_stages(
        short_scene(),
        tmp_path / "empty",
        roles=("augment", *BEFORE_MEASURE),
        **changed | ASREP | {"augment__items": 0, "augment__warm_start": False},
    )
    for name in WEIGHTS:
        first, second = (run.folders["scene"].parent / name for run in (none, empty))
        expected = load_file(first.with_suffix(".safetensors"))
        for key, value in load_file(second.with_suffix(".safetensors")).items():
            assert value.equal(expected[key]), (name, key)
    for role in BEFORE_MEASURE:
        assert empty.notes[role].epochs == none.notes[role].epochs


@pytest.mark.parametrize(
    ("teacher", "warm_start", "is_warm"),
    [("sasrec", True, True), ("sasrec", False, False), ("bert4rec", True, False)],
)
def test_a_sasrec_starts_from_the_reverse_weights_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, teacher: str, warm_start: bool, is_warm: bool
) -> None:
    starts: list[dict[str, Tensor]] = []

    def spy(model: SequenceModel, **given: Any) -> BatchLoss:
        starts.append({name: value.clone() for name, value in model.state_dict().items()})
        return next_item_loss(model, **given)

    monkeypatch.setattr("adarec.stages.train_teacher.next_item_loss", spy)
    changed = {"teacher__name": teacher, "augment__warm_start": warm_start}
    run = run_stages(short_scene(), tmp_path, roles=("augment", "teacher"), **ASREP | changed)
    reverse = load_file(run.folders["augment"] / "reverse.safetensors")
    equal = [name in starts[0] and starts[0][name].equal(reverse[name]) for name in reverse]
    assert all(equal) == is_warm


@pytest.mark.parametrize("train_on_pseudo", [False, True])
def test_pseudo_items_are_no_targets_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, train_on_pseudo: bool
) -> None:
    targets: dict[str, set[int]] = {"training": set(), "search": set()}

    def spy_in(room: str) -> None:
        def spy(sequences: batches.Sequences, rows: np.ndarray) -> batches.Batch:
            batch = batches.pack_batch(sequences, rows)
            targets[room].update(batch.targets.tolist())
            return batch

        monkeypatch.setattr(f"adarec.nets.{room}.pack_batch", spy)

    for room in targets:
        spy_in(room)
    changed = {"augment__train_on_pseudo": train_on_pseudo}
    scene = short_scene()
    run_stages(scene, tmp_path, roles=("augment", *BEFORE_MEASURE), **ASREP | changed)
    prefixes = {int(i) for user in range(15) for i in scene.training_prefix(user)}
    for found in targets.values():
        assert (0 in found) == (not train_on_pseudo)
        if not train_on_pseudo:
            assert found - {0} == prefixes


def test_measuring_uses_real_items_for_counts_and_tells_both_accuracies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    roles = (*BEFORE_MEASURE, "measure")
    none = run_stages(short_scene(), tmp_path / "none", roles=roles)
    asrep = run_stages(short_scene(), tmp_path / "asrep", roles=("augment", *roles), **ASREP)
    found, plain = (
        read_json(run.folders["measure"] / "measurement.json") for run in (asrep, none)
    )
    assert found["baselines"] == plain["baselines"]
    assert found["scene"] == plain["scene"]
    for role in ("teacher", "student"):
        assert set(found[role]["metrics_without_pseudo"]) == set(found[role]["metrics"])
        assert "metrics_without_pseudo" not in plain[role]
    ranks = np.load(asrep.folders["measure"] / "ranks.npz")
    scene = read_scene(asrep.folders["augment"])
    held_out = evaluation_histories(scene, length=LENGTH, split="test")
    teacher = read_teacher(asrep.folders["teacher"])
    expected = history_ranks(teacher, requests(held_out), held_out.targets.astype(np.int64))
    np.testing.assert_array_equal(ranks["teacher"], expected)
