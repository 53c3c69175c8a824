"""The deployed graph: torch's answers, PAD on the left, the item table stored as it is used."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from adarec.nets.encoding import SequenceModel
from adarec.nets.export import Request, write_body_graph, write_request_graph
from adarec.nets.latency import open_session
from tests.nets.small_models import TEACHER_FORMS, WIDTH, small_student, small_teacher

# So many that the exporter does not fold a slice of the table away, as it does with tiny ones.
NUM_ITEMS, LENGTH = 2000, 8
HISTORIES = [
    [5],
    [29, 30],
    [1, 2, 3, 4],
    [30, 29, 28, 27, 26, 25, 24, 23],
    [7, 7, 7, 7, 7, 7, 7, 1],
]
# The narrow student sees 5 of 8 items, so its graph crops; the wide one sees more than there are.
STUDENTS = {"narrow": ("conv3", "skip", "zero"), "wide": ("dilconv5", "maxpool3", "avgpool3")}
STUDENTS["two cells"] = ("conv3", "skip", "zero", "skip", "avgpool3", "zero")  # the one, the other
ROLES = [*TEACHER_FORMS, *STUDENTS]


def model_of(role: str) -> SequenceModel:
    if role in STUDENTS:
        return small_student(STUDENTS[role], num_cells=2, num_nodes=2, num_items=NUM_ITEMS)
    return small_teacher(role, num_items=NUM_ITEMS, length=LENGTH)


class Exported:
    """A model with its graph."""

    def __init__(self, role: str, folder: Path) -> None:
        self.model, self.path = model_of(role), folder / f"{role}.onnx"
        write_request_graph(self.model, self.path, length=LENGTH)
        self.graph = onnx.load(self.path).graph
        self.session = open_session(self.path)

    def answer(self, history: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """top_items [10], top_scores [10], scores [V]."""
        request = np.zeros((1, LENGTH), dtype=np.int64)
        request[0, LENGTH - len(history) :] = history
        outputs = self.session.run(["top_items", "top_scores", "scores"], {"history": request})
        return tuple(output[0] for output in outputs)  # type: ignore[return-value]


@pytest.fixture(scope="module", params=ROLES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported(request.param, tmp_path_factory.mktemp("graphs"))


@pytest.mark.parametrize("history", HISTORIES, ids=len)
def test_the_answer_is_torchs(exported: Exported, history: list[int]) -> None:
    top_items, top_scores, scores = exported.answer(history)
    with torch.inference_mode():
        # Torch gets the history alone: the graph has PAD before it and may crop.
        state = exported.model(torch.tensor([history]), None).output[-1:]
        expected = exported.model.item_table.score(state)[0]
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4, atol=1e-4)
    best = expected.topk(10)
    assert top_items.tolist() == (best.indices + 1).tolist()
    np.testing.assert_allclose(top_scores, best.values.numpy(), rtol=1e-4, atol=1e-4)


def test_a_request_is_one_history_of_int64(exported: Exported) -> None:
    (given,) = exported.session.get_inputs()
    assert (given.name, given.type, given.shape) == ("history", "tensor(int64)", [1, LENGTH])
    shapes = {output.name: output.shape for output in exported.session.get_outputs()}
    assert shapes == {"top_items": [1, 10], "top_scores": [1, 10], "scores": [1, NUM_ITEMS]}


def test_pad_is_never_recommended(exported: Exported) -> None:
    for history in HISTORIES:
        top_items, _, scores = exported.answer(history)
        assert top_items.min() >= 1
        assert len(set(top_items.tolist())) == 10
        assert len(scores) == NUM_ITEMS


def test_the_item_table_is_a_stored_constant_that_scoring_uses_directly(
    exported: Exported,
) -> None:
    """A slice, gather or transpose of the table in the graph would copy it at every request."""
    stored = {tensor.name: tensor for tensor in exported.graph.initializer}
    (scoring,) = [
        node
        for node in exported.graph.node
        if node.op_type in ("MatMul", "Gemm")
        and any(name in stored and NUM_ITEMS in stored[name].dims for name in node.input)
    ]
    table = next(stored[name] for name in scoring.input if name in stored)
    candidates = exported.model.item_table.candidates.detach().numpy()
    assert list(table.dims) == [candidates.shape[1], NUM_ITEMS]
    np.testing.assert_array_equal(numpy_helper.to_array(table), candidates.T)
    assert {a.name: a.i for a in scoring.attribute}.get("transB", 0) == 0
    users = [node.op_type for node in exported.graph.node if table.name in node.input]
    assert users == [scoring.op_type], "nothing else reads the scoring table"


@pytest.mark.parametrize("exported", STUDENTS, indirect=True)
def test_only_the_newest_items_enter_a_students_graph(exported: Exported) -> None:
    sees = exported.model.receptive_field
    assert sees is not None
    oldest_seen = max(0, LENGTH - sees)
    history = [3, 4, 5, 6, 7, 8, 9, 10]
    changed = [11] * oldest_seen + history[oldest_seen:]
    np.testing.assert_array_equal(exported.answer(history)[2], exported.answer(changed)[2])
    changed[oldest_seen] = 11
    assert not np.array_equal(exported.answer(history)[2], exported.answer(changed)[2])


def test_the_crop_changes_nothing() -> None:
    items = torch.randint(1, NUM_ITEMS + 1, (1, LENGTH))
    student = model_of("narrow")
    assert student.receptive_field == 5
    cropped = Request(student)(items)
    student.receptive_field = None
    for found, expected in zip(cropped, Request(student)(items), strict=True):
        torch.testing.assert_close(found, expected)


def test_fewer_than_ten_items_give_them_all() -> None:
    model = small_student(("conv3", "skip", "zero"), num_items=4)
    top_items, _, scores = Request(model)(torch.tensor([[0, 0, 1, 2]]))
    assert sorted(top_items[0].tolist()) == [1, 2, 3, 4]
    assert scores.shape == (1, 4)


def test_a_graph_names_no_file_of_the_machine_that_wrote_it(tmp_path: Path) -> None:
    write_body_graph(small_student(("conv3", "skip", "zero")), tmp_path / "b.onnx", length=LENGTH)
    written = (tmp_path / "b.onnx").read_bytes()
    assert b"export.py" not in written
    assert b"stack_trace" not in written


def test_the_body_ends_before_scoring(tmp_path: Path) -> None:
    model = model_of("narrow")
    write_body_graph(model, tmp_path / "body.onnx", length=LENGTH)
    request = np.array([[0, 0, 0, 0, 4, 5, 6, 7]])
    (state,) = open_session(tmp_path / "body.onnx").run(["state"], {"history": request})
    expected = model(torch.tensor([[4, 5, 6, 7]]), None).output[-1:]
    np.testing.assert_allclose(state, expected.detach().numpy(), rtol=1e-4, atol=1e-4)
    dims = [tuple(t.dims) for t in onnx.load(tmp_path / "body.onnx").graph.initializer]
    assert (WIDTH, NUM_ITEMS) not in dims


def test_exporting_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = model_of("narrow").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    write_request_graph(model, tmp_path / "graph.onnx", length=LENGTH)
    assert model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert [path.name for path in tmp_path.iterdir()] == ["graph.onnx"], "one file, no side data"
