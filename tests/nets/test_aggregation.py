"""The search for the aggregation: which layers win, who learns from what, and in which steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from adarec.config import DfaSettings
from adarec.nets.aggregation import AggregationSchedule
from adarec.nets.blocks import ItemTable, zero_pads
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import run_epochs
from adarec.nets.training import freeze
from adarec.plan.steps import DISTILLATION_STEPS
from tests.nets.schedules import small_aggregation
from tests.nets.small_models import NUM_ITEMS, WIDTH, Notes


class TwoLayers(SequenceModel):
    """A teacher of two layers: one is a feature of an item, the other is new noise each time."""

    def __init__(self, *, feature_at: int) -> None:
        super().__init__()
        self.num_layers, self.feature_at = 2, feature_at
        self.item_table = ItemTable(NUM_ITEMS, WIDTH)
        nn.init.normal_(self.item_table.embedding.weight)
        self.output_norm = nn.LayerNorm(WIDTH)

    def dense_layers(
        self, items: Tensor, mask: Tensor | None, **call: Any
    ) -> tuple[Tensor, list[Tensor]]:
        feature = self.item_table(items)
        layers = [torch.randn_like(feature), torch.randn_like(feature)]
        layers[self.feature_at] = feature
        return feature, [zero_pads(layer, mask) for layer in layers]


def searched(teacher: SequenceModel, folder: Path, **changed: float) -> np.ndarray:
    """[T] the weights that one student layer ends with."""
    search = small_aggregation(
        teacher=freeze(teacher), num_cells=1, epochs=8, layer_learning_rate=0.1, **changed
    )
    run_epochs(search, Checkpoint(folder), Notes())
    return search.aggregation[0]


def test_what_can_be_matched_wins_where_only_that_counts(tmp_path: Path) -> None:
    """Layer 1 is a linear function of the student's, layer 2 is noise."""
    found = searched(TwoLayers(feature_at=0), tmp_path, teacher_to_student=0.0)
    assert found[0] > 0.9


def test_what_helps_to_predict_wins_where_only_that_counts(tmp_path: Path) -> None:
    """On the ring the item says which comes next: layer 2 knows it, layer 1 is noise."""
    found = searched(TwoLayers(feature_at=1), tmp_path, student_to_teacher=0.0)
    assert found[1] > 0.8  # a sixth of noise leaves the item plain enough


def test_the_weights_rest_in_the_warm_up_and_stay_a_distribution(tmp_path: Path) -> None:
    search, notes = small_aggregation(epochs=3, warmup_epochs=1), Notes()
    run_epochs(search, Checkpoint(tmp_path), notes)
    uniform = [[0.25, 0.25, 0, 0], [0, 0, 0.25, 0.25]]
    np.testing.assert_array_equal(notes.arrays[1]["mapping"], uniform)
    for epoch in (2, 3):
        recorded = notes.arrays[epoch]
        assert not np.array_equal(recorded["mapping"], uniform)
        assert (recorded["mapping"][~search.inside] == 0).all()
        np.testing.assert_allclose(recorded["mapping"].sum(1), recorded["student_layer_weights"])
        np.testing.assert_allclose(recorded["mapping"].sum(0), recorded["teacher_layer_weights"])
        np.testing.assert_allclose(recorded["student_layer_weights"], 0.5)
        assert (recorded["distance"] > 0).all()
    np.testing.assert_allclose(search.aggregation, 2 * notes.arrays[3]["mapping"])
    assert "alpha_loss" not in notes.epochs[1]
    assert {"alpha_loss", "gradient_agreement", "layer_entropy"} <= set(notes.epochs[2])
    assert -1 <= notes.epochs[2]["gradient_agreement"] <= 1


def test_one_epoch_is_left_to_the_weights(tmp_path: Path) -> None:
    search = small_aggregation(epochs=2, warmup_epochs=5)
    run_epochs(search, Checkpoint(tmp_path), Notes())
    assert not np.allclose(search.aggregation, [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])


def test_a_weight_step_moves_no_layer_weight_and_a_layer_step_nothing_else() -> None:
    search = small_aggregation()
    steps = search.begin_epoch(2)
    for kind in ("weight", "alpha"):
        item = next(step for step in steps if step[0] == kind)
        layers = [logits.detach().clone() for logits in search.layer_logits]
        weights = {name: value.clone() for name, value in search.trained.state_dict().items()}
        search.step(item, done=0.5)
        same = all(torch.equal(v, weights[k]) for k, v in search.trained.state_dict().items())
        assert same == (kind == "alpha")
        moved = [
            not torch.equal(old, new) for old, new in zip(layers, search.layer_logits, strict=True)
        ]
        assert moved == [kind == "alpha" and index == item[2] for index in range(2)]
        assert all(logits.grad is None for logits in search.layer_logits), "nothing is left over"
    assert all(parameter.grad is None for parameter in search.teacher.parameters())
    assert all(parameter.requires_grad for parameter in search.trained.parameters())


def test_every_student_layer_has_its_turn_in_each_round() -> None:
    search, orders = small_aggregation(num_cells=3), set()
    for epoch in range(1, 5):
        steps = search.begin_epoch(epoch)
        for kind in ("weight", "alpha"):
            cells = [cell for name, _, cell in steps if name == kind]
            rounds = [cells[start : start + 3] for start in range(0, len(cells) - 2, 3)]
            assert all(sorted(turn) == [0, 1, 2] for turn in rounds)
            orders |= {tuple(turn) for turn in rounds}
    assert len(orders) > 2


def test_both_pulls_are_brought_to_one_length() -> None:
    search = small_aggregation()
    assert search.expressivity_scales.tolist() == [1.0, 1.0]  # nothing is measured yet
    search.squared_norms = np.array([[4.0, 1.0], [0.0, 9.0]])
    assert search.expressivity_scales.tolist() == [2.0, 1.0]


def test_the_warm_up_measures_both_pulls(tmp_path: Path) -> None:
    search = small_aggregation(epochs=2, warmup_epochs=1)
    for item in search.begin_epoch(1):
        search.step(item, done=0.1)
    assert (search.squared_norms > 0).all()
    measured = search.squared_norms.copy()
    item = next(step for step in search.begin_epoch(2) if step[0] == "alpha")
    search.step(item, done=0.6)
    np.testing.assert_array_equal(search.squared_norms, measured)


def test_a_schedule_is_plain_numbers() -> None:
    """What the stage passes on is what the settings hold."""
    from_settings = set(DfaSettings.model_fields) - {"window"} | DISTILLATION_STEPS
    expected = set(AggregationSchedule.__dataclass_fields__) - {"clip_norm", "seed"}
    assert from_settings == expected


@pytest.mark.parametrize("window", ["group", "all"])
def test_the_window_is_kept(window: str, tmp_path: Path) -> None:
    search = small_aggregation(window=window, epochs=2)
    run_epochs(search, Checkpoint(tmp_path), Notes())
    assert ((search.aggregation > 0) == search.inside).all()
    assert search.inside.all() == (window == "all")
    np.testing.assert_allclose(search.aggregation.sum(1), 1.0)
