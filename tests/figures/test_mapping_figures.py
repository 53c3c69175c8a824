"""What charts of layers show and say where a mapping is no transport."""

import numpy as np
import pytest

from adarec import catalog
from app.figures.layers.layer_flow import draw_layer_flow, layer_flow_info
from app.figures.layers.layer_matrix import draw_layer_matrix, layer_matrix_info
from app.figures.layers.layer_weights import layer_weights_info
from app.figures.learning.loss_curves import draw_loss_curves, loss_curves_info


def test_the_losses_of_an_aggregation_have_their_own_words() -> None:
    curve = ([1], [2.0])
    names = ("loss", "task_loss", "learnability_loss", "expressivity_loss", "alpha_loss")
    info = loss_curves_info(dict.fromkeys(names, curve), stage_title="x")
    columns = ["epoch", "Sum", "Task", "Architecture slice", "Matching", "Predicting"]
    assert list(info.rows()[0]) == columns
    assert "takes the student layer's place" in info.explanation
    assert len(draw_loss_curves(info).data) == 5


def test_aggregation_weights_are_shares_of_each_student_layer() -> None:
    flow = np.array([[0.4, 0.1, 0.0, 0.0], [0.0, 0.0, 0.2, 0.3]])
    info = layer_matrix_info(flow, kind="mapping", epoch=2, mapping="dfa")
    assert info.title == "Aggregation weights at epoch 2"
    np.testing.assert_allclose(info.values, [[0.8, 0.2, 0, 0], [0, 0, 0.4, 0.6]])
    bands = layer_flow_info(flow, epoch=2, mapping="dfa")
    np.testing.assert_allclose(bands.flow, flow)  # all student layers equally thick
    assert "of the aggregations" in draw_layer_flow(bands).data[0].node.hovertemplate


@pytest.mark.parametrize("mapping", [entry.name for entry in catalog.MAPPINGS])
@pytest.mark.parametrize("kind", ["mapping", "distance"])
def test_only_transport_speaks_of_transport(mapping: str, kind: str) -> None:
    info = layer_matrix_info(np.ones((2, 4)), kind=kind, epoch=1, mapping=mapping)
    words = [
        info.explanation,
        layer_flow_info(np.ones((2, 4)), epoch=1, mapping=mapping).explanation,
    ]
    for role in ("student", "teacher"):
        weights = layer_weights_info(np.array([1]), np.ones((1, 4)), role=role, mapping=mapping)
        words.append(weights.explanation)
    is_transport = mapping not in ("dfa", "adain")
    assert any("transport" in text for text in words) == is_transport
    assert any("emd" in text for text in words) == is_transport


def test_layers_are_named_beside_the_bands_in_the_colour_of_the_page() -> None:
    figure = draw_layer_flow(layer_flow_info(np.ones((2, 4)), epoch=1))
    names = figure.layout.annotations
    assert [name.text for name in names] == [f"teacher {t}" for t in range(1, 5)] + [
        "student 1",
        "student 2",
    ]
    assert [(name.x, name.xanchor) for name in names] == [(0, "right")] * 4 + [(1, "left")] * 2
    assert {name.font.color for name in names} == {None}, "the theme's"
    heights = [name.y for name in names[:4]]
    assert heights == sorted(heights, reverse=True), "first layers at the top"
    assert figure.data[0].textfont.color == "rgba(0, 0, 0, 0)", "not a second time on the bands"


@pytest.mark.parametrize("mapping", [entry.name for entry in catalog.MAPPINGS])
def test_bright_is_close_as_it_is_strong_and_a_bar_says_so(mapping: str) -> None:
    values = np.array([[0.2, 0.9], [0.4, 0.6]])
    info = layer_matrix_info(values, kind="distance", epoch=1, mapping=mapping)
    field = draw_layer_matrix(info).data[0]
    assert (field.reversescale, field.showscale) == (True, True)
    assert "A bright field means close" in info.explanation
    shares = draw_layer_matrix(layer_matrix_info(values, kind="mapping", epoch=1, mapping=mapping))
    assert not shares.data[0].reversescale
