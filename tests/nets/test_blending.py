"""Blended scores against a plain loop, the choice of their weights, and their graph."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from adarec.data.baselines import last_item_transition_counts
from adarec.data.sequences import training_windows
from adarec.data.transitions import Transitions, most_frequent_transitions, transition_pairs
from adarec.nets.batches import pack_batch
from adarec.nets.blending import choose_weights
from adarec.nets.counts import FLOOR, BlendWeights, CountBlend
from adarec.nets.encoding import SequenceModel, score_chunks
from adarec.nets.evaluation import history_ranks
from adarec.nets.export import write_request_graph
from adarec.nets.folders import read_blend, write_blend
from adarec.nets.training import Validation
from tests.nets.small_models import (
    LENGTH,
    NUM_ITEMS,
    cycle_walks,
    packed,
    small_student,
    small_teacher,
)
from tests.stages.stage_runs import own_items_scene

WEIGHTS = BlendWeights(neural=0.5, transitions=0.3, own_frequency=0.2)
HISTORIES = [[1, 2, 3, 4, 5, 2], [7, 8, 9], [3]]


def cycle_transitions() -> Transitions:
    """Item i was followed by i + 1 in three of four cases and by i + 2 in one."""
    items = np.arange(NUM_ITEMS)
    successors = np.zeros((NUM_ITEMS + 1, 2), np.int64)
    successors[1:] = np.stack([(items + 1) % NUM_ITEMS, (items + 2) % NUM_ITEMS], axis=1) + 1
    probabilities = np.zeros((NUM_ITEMS + 1, 2), np.float32)
    probabilities[1:] = [0.75, 0.25]
    return Transitions(successors, probabilities)


def plain_blend(scores: torch.Tensor, history: list[int]) -> np.ndarray:
    """[V] of one history, part by part."""
    mixed = 0.5 * torch.softmax(scores, dim=0).numpy()
    last = history[-1]
    mixed[last % NUM_ITEMS] += 0.3 * 0.75
    mixed[(last + 1) % NUM_ITEMS] += 0.3 * 0.25
    for item in history:
        mixed[item - 1] += 0.2 / len(history)
    return np.log(mixed + FLOOR)


def blended(model: SequenceModel) -> SequenceModel:
    model.blend = CountBlend(cycle_transitions(), WEIGHTS)
    return model


def test_transitions_are_the_most_frequent_of_training_prefixes() -> None:
    scene = own_items_scene()
    found = most_frequent_transitions(scene, most=1)
    assert found.successors.shape == (scene.num_items + 1, 1)
    assert found.successors[0, 0] == 0, "PAD follows nothing"
    own = [int(found.successors[item, 0]) for item in (1, 2, 3, 4)]
    assert own == [2, 3, 4, 1], "each user walks around four items"
    assert found.probabilities[1:5, 0].tolist() == [1.0] * 4
    held_out = [5, 6]
    assert not np.isin(found.successors, held_out).any()
    assert (found.probabilities[held_out] == 0).all()


def test_every_position_of_a_batch_is_blended_with_what_it_has_seen() -> None:
    teacher = blended(small_teacher())
    batch = pack_batch(packed(HISTORIES, with_targets=False), np.arange(3))
    with torch.no_grad():
        encoded = teacher(batch.items, batch.mask)
        scores_of = score_chunks(teacher, encoded, batch.items, batch.mask)
        found = torch.cat([scores_of(slice(0, 4)), scores_of(slice(4, 10))]).numpy()
        plain = encoded.output @ teacher.item_table.candidates.T
    prefixes = [history[: end + 1] for history in HISTORIES for end in range(len(history))]
    wanted = [plain_blend(row, prefix) for row, prefix in zip(plain, prefixes, strict=True)]
    np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5)


def test_padding_and_the_future_change_no_blended_score() -> None:
    teacher = blended(small_teacher())
    wide = torch.tensor([[0, 0, 1, 2, 3], [0, 0, 1, 2, 9]])
    narrow = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        of_wide = score_chunks(teacher, teacher(wide, wide != 0), wide, wide != 0)(slice(0, 6))
        of_narrow = score_chunks(teacher, teacher(narrow, None), narrow, None)(slice(0, 3))
    torch.testing.assert_close(of_wide[:3], of_narrow)
    torch.testing.assert_close(of_wide[3:5], of_narrow[:2])


def test_the_weights_are_those_that_find_the_validation_items() -> None:
    """An untrained net knows nothing; the transitions know the ring."""
    walks = cycle_walks(40, seed=3)
    histories = packed([walk[:-1] for walk in walks], with_targets=False)
    validation = Validation(histories, np.array([walk[-1] for walk in walks]))
    model = small_teacher()
    weights, tried = choose_weights(model, cycle_transitions(), validation)
    assert weights.transitions > 0.5
    assert weights.own_frequency == 0.0, "the next item of a short walk is a new one"
    assert sum(vars(weights).values()) == pytest.approx(1.0)
    alone = tried[0]
    assert (alone["transitions"], alone["own_frequency"]) == (0.0, 0.0)
    best = max(option["validation_ndcg@10"] for option in tried)
    assert best > alone["validation_ndcg@10"]
    model.blend = CountBlend(cycle_transitions(), weights)
    assert validation.metrics(model)["ndcg@10"] == pytest.approx(best)
    assert (history_ranks(model, histories, validation.targets) == 1).mean() > 0.9


def test_a_blended_graph_answers_as_torch_does(tmp_path: Path) -> None:
    student = blended(small_student(("conv3", "skip", "zero")))
    write_request_graph(student, tmp_path / "student.onnx", length=LENGTH)
    session = onnxruntime.InferenceSession(tmp_path / "student.onnx")
    for history in HISTORIES:
        row = np.zeros((1, LENGTH), np.int64)
        row[0, LENGTH - len(history) :] = history
        top, _, scores = session.run(None, {"history": row})
        with torch.no_grad():
            state = student(torch.tensor([history]), None).output[-1:]
            wanted = student.score(state, torch.tensor([history]))[0]
        np.testing.assert_allclose(scores[0], wanted.numpy(), atol=1e-4)
        assert top[0].tolist() == (wanted.topk(10).indices + 1).tolist()


def test_a_blend_survives_its_folder(tmp_path: Path) -> None:
    write_blend(tmp_path, cycle_transitions(), WEIGHTS)
    scores, histories = torch.randn(2, NUM_ITEMS), torch.tensor([[0, 0, 3], [1, 2, 4]])
    again = read_blend(tmp_path)
    first = CountBlend(cycle_transitions(), WEIGHTS)(scores, histories)
    torch.testing.assert_close(again(scores, histories), first)


def test_a_blend_is_no_weight_of_the_model() -> None:
    plain, mixed = small_teacher(), blended(small_teacher())
    assert plain.state_dict().keys() == mixed.state_dict().keys()


def test_the_pair_that_is_learned_is_left_out_of_the_counts() -> None:
    """Item 1 was followed by 2 three times and by 3 once; item 2 once, by 3."""
    successors, probabilities = np.zeros((5, 2), np.int64), np.zeros((5, 2), np.float32)
    successors[1:3] = [[2, 3], [3, 0]]
    probabilities[1:3] = [[0.75, 0.25], [1.0, 0.0]]
    weights = BlendWeights(neural=0.5, transitions=0.5, own_frequency=0.0)
    blend = CountBlend(Transitions(successors, probabilities), weights)
    histories = torch.tensor([[0, 1], [0, 1], [0, 1], [0, 1], [4, 2], [4, 2], [0, 3]])
    left_out = torch.tensor([0, 2, 3, 4, 0, 3, 1])
    with pytest.raises(TypeError, match="know their pairs"):
        blend(torch.zeros(7, 4), histories, left_out)
    blend.knows_pairs(np.array([0, 4, 1, 0, 0]))
    found = blend.counted(histories, 4, left_out) / 0.5
    expected = [
        [0, 3 / 4, 1 / 4, 0],
        [0, 2 / 3, 1 / 3, 0],
        [0, 1, 0, 0],
        [0, 1, 1 / 3, 0],  # it was not among the successors that are kept, but one of the four
        [0, 0, 1, 0],
        [0, 0, 0, 0],  # all that is known of item 2 is this pair
        [0, 0, 0, 0],
    ]
    assert torch.allclose(found, torch.tensor(expected, dtype=torch.float32))
    assert torch.equal(blend.counted(histories, 4), blend.counted(histories, 4, left_out * 0))


def test_counts_that_leave_one_out_are_those_of_a_log_without_the_pair() -> None:
    """Every target of a scene is left out of the counts as if it had never been there."""
    scene = own_items_scene()
    windows = training_windows(scene, length=4)
    pairs = last_item_transition_counts(scene).toarray()
    blend = CountBlend(
        most_frequent_transitions(scene, most=8),
        BlendWeights(neural=0.0, transitions=1.0, own_frequency=0.0),
    )
    blend.knows_pairs(transition_pairs(scene))
    for last, target in zip(windows.items.tolist(), windows.targets.tolist(), strict=True):
        if target == 0:
            continue
        without = pairs[last].astype(float)
        assert without[target] >= 1
        without[target] -= 1
        expected = without[1:] / max(1.0, without.sum())
        found = blend.counted(torch.tensor([[last]]), scene.num_items, torch.tensor([target]))
        np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-6)


def test_each_position_leaves_its_own_target_out() -> None:
    teacher = blended(small_teacher())
    assert isinstance(teacher.blend, CountBlend)
    teacher.blend.knows_pairs(np.full(NUM_ITEMS + 1, 4))
    batch = pack_batch(packed(HISTORIES), np.arange(3))
    with torch.no_grad():
        encoded = teacher(batch.items, batch.mask)
        every = slice(0, len(encoded.output))
        read = (teacher, encoded, batch.items, batch.mask)
        usual = score_chunks(*read)(every).exp()
        left_out = score_chunks(*read, left_out=batch.targets)(every).exp()
    last, target = HISTORIES[0][0], int(batch.targets[0])
    assert target == HISTORIES[0][1] == last + 1
    # Three of four pairs went there; without this one, two of three.
    assert float(usual[0, target - 1] - left_out[0, target - 1]) == pytest.approx(
        0.3 * (0.75 - 2 / 3), abs=1e-5
    )
    assert float(left_out[0, target] - usual[0, target]) == pytest.approx(
        0.3 * (1 / 3 - 0.25), abs=1e-5
    )
