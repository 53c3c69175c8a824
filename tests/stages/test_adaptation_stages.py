"""Adaptation never learns from the target's labels, and is plain distillation without the target.

A window's inputs are all but the last item of a training prefix. So three items of each target
user are labels and nothing else: the last of the prefix, the validation and the test item.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from adarec.data.scene import HELD_OUT, Scene, read_scene, write_scene
from adarec.data.sequences import evaluation_histories
from adarec.nets import adaptation
from adarec.runs.files import read_json
from adarec.stages.adaptation import histories_of, learned_items
from tests.finished_run import no_graphs
from tests.stages.stage_runs import StageRun, own_items_scene, run_adaptation

BASE = ("costs", "teacher", "search")
LABELS_ALONE = HELD_OUT + 1


def target_scene() -> Scene:
    """Items of the source in another order: every user walks backwards."""
    scene = own_items_scene()
    items = scene.items.copy()
    for user in range(scene.num_users):
        prefix = slice(scene.offsets[user], scene.offsets[user + 1] - HELD_OUT)
        items[prefix] = items[prefix][::-1]
    return replace(scene, items=items)


def shuffled_labels(scene: Scene) -> Scene:
    """The same inputs; what is only ever a label changes hands among the users."""
    items = scene.items.copy()
    givers = np.random.default_rng(1).permutation(scene.num_users)
    for back in range(1, LABELS_ALONE + 1):
        items[scene.offsets[1:] - back] = scene.items[scene.offsets[1:][givers] - back]
    return replace(scene, items=items)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> StageRun:
    """Costs, teacher and search, which the tests below share."""
    folder = tmp_path_factory.mktemp("base")
    return run_adaptation(own_items_scene(), target_scene(), folder, roles=BASE)


def run(base: StageRun, folder: Path, target: Scene, *roles: str, **changed: object) -> StageRun:
    changed = {key.replace("adaptation_", "adaptation__"): value for key, value in changed.items()}
    return run_adaptation(own_items_scene(), target, folder, roles=roles, found=base, **changed)


def weights(run: StageRun, role: str = "student") -> bytes:
    return (run.folders[role] / "student.safetensors").read_bytes()


@pytest.mark.parametrize("paradigm", ["target", "both", "warm"])
def test_shuffling_the_targets_labels_on_disk_changes_nothing(
    base: StageRun, tmp_path: Path, paradigm: str
) -> None:
    call = {"adaptation_paradigm": paradigm}
    roles = ("undistilled", "student")
    expected = run(base, tmp_path / "plain", target_scene(), *roles, **call)
    tampered = shuffled_labels(read_scene(expected.folders["target"]))
    assert (tampered.items != target_scene().items).sum() > 2 * tampered.num_users
    write_scene(tampered, expected.folders["target"])  # on disk, where the stage reads it
    found = run(base, tmp_path / "tampered", tampered, *roles, **call)
    assert weights(found) == weights(expected)
    assert found.notes["student"].epochs == expected.notes["student"].epochs
    for name in ("training.json", "student.json"):
        first, second = (each.folders["student"] / name for each in (found, expected))
        assert first.read_bytes() == second.read_bytes()


def test_other_inputs_of_the_target_do_change_the_student(base: StageRun, tmp_path: Path) -> None:
    """The comparison above can fail."""
    expected = run(base, tmp_path / "plain", target_scene(), "student")
    target = target_scene()
    target.items[0] = target.items[1]
    assert weights(run(base, tmp_path / "other", target, "student")) != weights(expected)


def test_shuffled_labels_do_change_the_oracle(base: StageRun, tmp_path: Path) -> None:
    expected = run(base, tmp_path / "plain", target_scene(), "oracle")
    tampered = run(base, tmp_path / "tampered", shuffled_labels(target_scene()), "oracle")
    assert weights(tampered, "oracle") != weights(expected, "oracle")


@pytest.mark.parametrize(
    "call",
    [{"adaptation_paradigm": "source"}, {"adaptation_target_weight": 0}],
    ids=["paradigm source", "d = 0"],
)
def test_without_the_target_it_is_plain_distillation_bit_for_bit(
    base: StageRun, tmp_path: Path, call: dict[str, object]
) -> None:
    plain = run(base, tmp_path / "both", target_scene(), "source_only")
    found = run(base, tmp_path / "source", target_scene(), "student", **call)
    assert weights(found) == weights(plain, "source_only")
    assert found.notes["student"].epochs == plain.notes["source_only"].epochs


def test_on_the_same_scene_the_targets_kl_is_the_sources(base: StageRun, tmp_path: Path) -> None:
    found = run(base, tmp_path, own_items_scene(), "student", student__dropout=0)
    for epoch in found.notes["student"].epochs.values():
        assert epoch["target_logit_loss"] == epoch["logit_loss"]


def test_each_paradigm_listens_where_it_says(base: StageRun, tmp_path: Path) -> None:
    on_source, on_target = {"logit_loss", "hidden_loss"}, {"target_logit_loss", "pseudo_loss"}
    expected = {"source": on_source, "target": on_target, "both": on_source | on_target}
    students = {}
    for paradigm, heard in (expected | {"warm": on_source | on_target}).items():
        call = {"adaptation_paradigm": paradigm}
        found = run(base, tmp_path / paradigm, target_scene(), "undistilled", "student", **call)
        losses = set(found.notes["student"].epochs[1])
        assert losses & (on_source | on_target) == heard
        assert "task_loss" in losses
        students[paradigm] = weights(found)
    assert len(set(students.values())) == 4


def test_a_warm_start_is_the_student_that_no_teacher_has_touched(
    base: StageRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []

    class Watched(adaptation.Adaptation):
        def __init__(self, model, **rest) -> None:  # type: ignore[no-untyped-def]
            starts.append({name: value.clone() for name, value in model.state_dict().items()})
            super().__init__(model, **rest)

    monkeypatch.setattr("adarec.stages.adaptation.Adaptation", Watched)
    call = {"adaptation_paradigm": "warm"}
    found = run(base, tmp_path, target_scene(), "undistilled", "student", **call)
    assert set(found.notes["undistilled"].epochs[1]) == {
        "loss",
        "task_loss",
        "validation_ndcg@10",
        "validation_hr@10",
    }
    learned = load_file(found.folders["undistilled"] / "student.safetensors")
    assert all(value.equal(learned[name]) for name, value in starts[0].items())


def test_a_control_is_adapted_like_the_student(base: StageRun, tmp_path: Path) -> None:
    roles = ("student", "equal-random", "control-random-1")
    found = run(base, tmp_path, target_scene(), *roles, controls=1)
    assert "target_logit_loss" in found.notes["control-random-1"].epochs[1]
    assert read_json(found.folders["control-random-1"] / "control.json")["name"] == "random-1"


def test_histories_are_the_inputs_of_training_windows(base: StageRun) -> None:
    scene = target_scene()
    histories = histories_of(scene, length=4)
    assert histories.sequences.targets is None
    expected = [i for u in range(scene.num_users) for i in scene.training_prefix(u)[:-1]]
    assert histories.sequences.items.tolist() == expected
    assert histories.sequences.lengths.max() == 4


def test_labels_are_items_of_the_sources_training_prefixes() -> None:
    scene = own_items_scene()
    found = set((np.flatnonzero(learned_items(scene).numpy()) + 1).tolist())
    assert found == {int(i) for u in range(scene.num_users) for i in scene.training_prefix(u)}


def test_each_step_asks_for_its_own_scene_and_split(
    base: StageRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, bool]] = []

    def spy_in(module: str) -> None:
        def spy(scene: Scene, *, length: int, split: str, users=None):  # type: ignore[no-untyped-def]
            is_target = scene.items.tolist() == target_scene().items.tolist()
            asked.append((module, split, is_target))
            return evaluation_histories(scene, length=length, split=split, users=users)

        monkeypatch.setattr(f"adarec.stages.{module}.evaluation_histories", spy)

    spy_in("context")
    spy_in("measure")
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    roles = ("student", "source_only", "oracle", "measure")
    found = run(base, tmp_path, target_scene(), *roles)
    assert asked == [
        ("context", "validation", False),  # the student: the source's
        ("context", "validation", False),  # source-only
        ("context", "validation", True),  # the oracle: the target's
        ("measure", "test", True),  # once
    ]
    report = read_json(found.folders["measure"] / "measurement.json")
    assert set(report) >= {"source_only", "oracle", "adaptation", "student", "teacher"}
