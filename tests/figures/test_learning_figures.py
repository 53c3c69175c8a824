"""What the pictures of learning say beyond their curves: factors of losses, undecided edges."""

import math

import numpy as np
import pytest

from app.figures.cells.op_costs import draw_op_costs, op_costs_info
from app.figures.chart import log_ticks
from app.figures.layers.layer_matrix import draw_layer_matrix, layer_matrix_info, on_one_scale
from app.figures.learning.alpha_entropy import alpha_entropy_info, draw_alpha_entropy
from app.figures.learning.loss_curves import draw_loss_curves, loss_curves_info

PARTS = {"loss": ([1], [2.5]), "task_loss": ([1], [5.0]), "logit_loss": ([1], [1.0])}
FACTORS = {"task_loss": 0.3, "logit_loss": 1.0, "hidden_loss": 0.5}


def test_a_part_of_the_loss_says_its_factor_and_what_it_adds_to_the_sum() -> None:
    info = loss_curves_info(PARTS, stage_title="x", factors=FACTORS)
    assert list(info.rows()[0]) == ["epoch", "Sum", "Task (× 0.3)", "Logits (× 1)"]
    assert info.rows()[0]["Task (× 0.3)"] == 5.0, "the part itself"
    lines = {line.name: line for line in draw_loss_curves(info).data}
    task = lines["Task (× 0.3)"]
    assert "%{y:.4g} × 0.3 = %{customdata:.4g}" in task.hovertemplate
    assert task.customdata[0] == pytest.approx(1.5)
    assert "×" not in lines["Sum"].hovertemplate
    assert "each times the factor in brackets" in info.explanation


def test_losses_without_factors_speak_of_none() -> None:
    info = loss_curves_info(PARTS, stage_title="x")
    assert "×" not in "".join(info.rows()[0])
    assert "factor" not in info.explanation


@pytest.mark.parametrize(("share", "said"), [(0.1, "counts 10 % there"), (None, "in it.")])
def test_efficiency_is_in_the_architecture_slice_with_its_factor(
    share: float | None, said: str
) -> None:
    metrics = PARTS | {"efficiency_loss": ([1], [0.3]), "alpha_loss": ([1], [2.8])}
    info = loss_curves_info(metrics, stage_title="x", factors=FACTORS, efficiency_share=share)
    assert said in info.explanation
    assert "Efficiency" in info.rows()[0], "no factor is to be multiplied"
    assert "Efficiency" not in loss_curves_info(PARTS, stage_title="x").explanation


def test_undecided_edges_are_at_the_top_and_decided_ones_at_the_bottom() -> None:
    entropies = [math.log(8), math.log(8) / 2, 0.0]
    info = alpha_entropy_info([1, 2, 3], entropies, num_ops=8, temperatures=[2.0, 1.0, 0.3])
    assert info.shares == pytest.approx([1, 0.5, 0])
    assert info.rows()[1] == {
        "epoch": 2,
        "entropy (nats)": pytest.approx(1.0397, abs=1e-4),
        "share of the highest entropy": pytest.approx(0.5),
        "Gumbel temperature": 1.0,
    }
    figure = draw_alpha_entropy(info)
    low, high = figure.layout.yaxis.range
    assert low == 0 < 1 < high, "the whole way is in the picture"
    assert "Gumbel temperature 0.3" in figure.data[0].text[2]


def test_a_search_without_temperatures_still_shows_its_entropy() -> None:
    info = alpha_entropy_info([1], [2.0], num_ops=8)
    assert info.rows()[0]["Gumbel temperature"] is None
    assert draw_alpha_entropy(info).data[0].text == ("2 nats",)


@pytest.mark.parametrize(
    ("mapping", "first", "share_of"),
    [
        ("emd", 24.9, "the flow"),
        ("dfa", 100 * 0.249 / 0.349, "the student layer's sum"),
        ("adain", 24.9, "the pairs"),
    ],
)
def test_a_field_of_a_matrix_reads_as_a_sentence(
    mapping: str, first: float, share_of: str
) -> None:
    values = np.array([[0.249, 0.1], [0.0, 0.651]])
    info = layer_matrix_info(values, kind="mapping", epoch=1, mapping=mapping)
    field = draw_layer_matrix(info).data[0]
    assert field.customdata[0][0] == pytest.approx(first)
    assert field.hovertemplate.startswith("teacher layer %{x} → student layer %{y}: ")
    assert "%{customdata:.0f} % of " + share_of in field.hovertemplate


def test_matrices_side_by_side_share_their_colours_where_they_mean_the_same() -> None:
    def pair(mapping: str) -> list[tuple[float | None, float | None]]:
        infos = [
            layer_matrix_info(np.full((2, 2), 0.25), kind="distance", epoch=1),
            layer_matrix_info(
                np.array([[0.5, 0.3], [0.1, 0.2]]), kind="distance", epoch=1, mapping=mapping
            ),
        ]
        fields = [draw_layer_matrix(info).data[0] for info in on_one_scale(infos)]
        return [(field.zmin, field.zmax) for field in fields]

    assert pair("emd-paper") == [(0.1, 0.5)] * 2
    assert pair("adain") == [(None, None)] * 2


@pytest.mark.parametrize(
    ("unit", "said"),
    [("ms", "ms per edge in one request"), ("k parameters", "k parameters per edge")],
)
def test_the_cost_of_an_op_says_what_it_is_paid_for(unit: str, said: str) -> None:
    info = op_costs_info({"maxpool3": 0.01626}, unit=unit)
    assert (
        draw_op_costs(info).data[0].hovertemplate == "%{y}: %{x:.4g} " + said + "<extra></extra>"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5.9, 6.9], [5.5, 6.0, 6.5, 7.0]),  # no 1, 2 or 5 among them
        ([0.011, 0.019], [0.010, 0.012, 0.014, 0.016, 0.018, 0.020]),
    ],
)
def test_a_narrow_range_has_numbers_on_its_axis(
    values: list[float], expected: list[float]
) -> None:
    assert log_ticks(values) == pytest.approx(expected)


def test_a_wide_range_is_named_by_1_2_and_5() -> None:
    assert {0.1, 0.2, 0.5, 1.0, 2.0, 5.0} <= set(log_ticks([0.1, 6.0]))
