"""Answers from an exported folder, against the student in torch."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from scipy.stats import rankdata

from adarec.errors import ArtefactError, LogError
from adarec.nets.folders import read_student
from adarec.nets.measurement import write_uncertainty
from adarec.nets.teachers.dt4sr import DT4SR
from adarec.runs.export import export_run
from adarec.runs.workspace import Workspace
from adarec.serving import Recommender, Uncertainty
from tests.conftest import ROOT
from tests.finished_run import FinishedRun
from tests.nets.small_models import (
    LENGTH,
    NUM_ITEMS,
    WIDTH,
    cycle_walks,
    packed,
    small_teacher,
)

HISTORIES = [
    ["c005"],
    ["c058", "c059"],
    ["c000", "c001", "c002", "c003"],
    [f"c{i:03d}" for i in range(20, 40)],  # longer than the graph is
    ["c007", "c007", "c033", "c001"],
]


@pytest.fixture(scope="module")
def folder(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace, target = Workspace.open(finished_run.home), tmp_path_factory.mktemp("x") / "export"
    export_run(workspace, finished_run.run, target)
    workspace.close()
    return target


@pytest.fixture(scope="module")
def recommender(folder: Path) -> Recommender:
    return Recommender.open(folder)


@pytest.fixture(scope="module")
def torch_scores(folder: Path, finished_run: FinishedRun, recommender: Recommender):
    """Scores of all items by the student's weights."""
    workspace = Workspace.open(finished_run.home)
    keys = {step["role"]: step["key"] for step in workspace.store.run(finished_run.run).steps}
    student, _ = read_student(workspace.artefacts.path(keys["student"]))
    workspace.close()

    def scores(history: list[str]) -> torch.Tensor:
        items = torch.tensor([[recommender.item_index[item] for item in history[-8:]]])
        with torch.inference_mode():
            return student.item_table.score(student(items, None).output[-1:])[0]

    return scores


@pytest.mark.parametrize("history", HISTORIES, ids=len)
def test_the_top_ten_are_torchs(recommender: Recommender, torch_scores, history) -> None:
    answer = recommender.recommend(history)
    best = torch_scores(history).topk(10)
    ids = [recommender.item_ids[index] for index in best.indices]
    assert [item for item, _, _ in answer.items] == ids
    found = [score for _, _, score in answer.items]
    np.testing.assert_allclose(found, best.values.numpy(), rtol=1e-4, atol=1e-4)
    assert answer.milliseconds > 0
    assert answer.unknown == []


def test_the_next_item_of_the_cycle_is_first(recommender: Recommender) -> None:
    for i in range(60):
        walk = [f"c{(i - back) % 60:03d}" for back in reversed(range(8))]
        (first, _, _), *_ = recommender.recommend(walk).items
        assert first == f"c{(i + 1) % 60:03d}"


@pytest.mark.parametrize("top", [1, 3, 10])
def test_fewer_than_ten_are_the_first_of_ten(recommender: Recommender, top: int) -> None:
    ten = recommender.recommend(HISTORIES[2]).items
    assert recommender.recommend(HISTORIES[2], top=top).items == ten[:top]


def test_more_than_ten_go_on_in_order(recommender: Recommender) -> None:
    all_items = recommender.recommend(HISTORIES[2], top=1000).items
    assert len({item for item, _, _ in all_items}) == len(all_items) == 60
    scores = [score for _, _, score in all_items]
    assert scores == sorted(scores, reverse=True)
    assert [i for i, _, _ in all_items[:10]] == [
        i for i, _, _ in recommender.recommend(HISTORIES[2]).items
    ]


def test_excluded_items_are_left_out_and_the_others_move_up(recommender: Recommender) -> None:
    plain = [item for item, _, _ in recommender.recommend(HISTORIES[2], top=12).items]
    answer = recommender.recommend(HISTORIES[2], exclude=[*plain[:2], "never-seen"])
    assert [item for item, _, _ in answer.items] == plain[2:]
    everything = recommender.recommend(HISTORIES[2], exclude=recommender.item_ids)
    assert everything.items == []


def test_unknown_ids_are_named_and_left_out(recommender: Recommender) -> None:
    answer = recommender.recommend(["c004", "nothing", "c005", ""])
    assert answer.unknown == ["nothing", ""]
    assert answer.items == recommender.recommend(["c004", "c005"]).items


@pytest.mark.parametrize("history", [[], ["nothing"], ["x", "y", "0"]])
def test_a_history_without_a_known_id_is_refused(recommender: Recommender, history) -> None:
    with pytest.raises(LogError, match=rf"None of the {len(history)} ids"):
        recommender.recommend(history)


def test_the_graph_itself_can_be_named(folder: Path, finished_run: FinishedRun) -> None:
    by_file = Recommender.open(folder / "student.onnx")
    assert (
        by_file.recommend(HISTORIES[0]).items
        == Recommender.open(folder).recommend(HISTORIES[0]).items
    )
    workspace = Workspace.open(finished_run.home)
    record = workspace.store.run(finished_run.run)
    workspace.close()
    keys = {step["role"]: step["key"] for step in record.steps}
    teacher = Recommender.open(
        workspace.artefacts.path(keys["measure"]) / "teacher.onnx",
        workspace.artefacts.path(record.scene_key),
    )
    assert teacher.recommend(["c010", "c011"]).items[0][0] == "c012"


@pytest.mark.parametrize("name", ["student.onnx", "items.parquet"])
def test_a_missing_or_damaged_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / name).write_bytes(b"junk")
    with pytest.raises(ArtefactError, match="cannot be read"):
        Recommender.open(copy)
    (copy / name).unlink()
    with pytest.raises(ArtefactError, match=rf"has no {name}"):
        Recommender.open(copy)


def test_neither_torch_nor_ot_is_loaded(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from adarec.serving import Recommender;"
        f"print(Recommender.open(Path({str(folder)!r})).recommend(['c001']).items[0][0]);"
        "print(sorted({'torch', 'ot'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["c002", "[]"]


ITEM_IDS = [f"i{index}" for index in range(NUM_ITEMS)]
WALKS = [list(walk) for walk in dict.fromkeys(map(tuple, cycle_walks(30)))]  # without ties
RANKS = np.random.default_rng(0).integers(1, NUM_ITEMS, len(WALKS))


@pytest.fixture(scope="module")
def gaussian(tmp_path_factory: pytest.TempPathFactory) -> tuple[DT4SR, Uncertainty]:
    """An untrained dt4sr, and what it leaves of its uncertainty."""
    model, folder = small_teacher("dt4sr"), tmp_path_factory.mktemp("measured")
    assert isinstance(model, DT4SR)
    write_uncertainty(
        model, folder, length=LENGTH, histories=packed(WALKS, with_targets=False), ranks=RANKS
    )
    pq.write_table(pa.table({"item_id": ITEM_IDS}), folder / "items.parquet")
    return model, Uncertainty.open(folder, folder)


@pytest.mark.parametrize("count", [1, 4, LENGTH, LENGTH + 3])
def test_the_uncertainty_along_a_history_is_torchs_for_each_of_its_beginnings(
    gaussian: tuple[DT4SR, Uncertainty], count: int
) -> None:
    model, opened = gaussian
    items = [step % NUM_ITEMS + 1 for step in range(count)]
    history = [ITEM_IDS[item - 1] for item in items]
    found = opened.along(["unknown", *history])
    ends = range(max(1, count - LENGTH + 1), count + 1)
    assert [item_id for item_id, _ in found] == [history[end - 1] for end in ends]
    with torch.inference_mode():
        expected = [
            model.uncertainty(torch.tensor([items[:end][-LENGTH:]]), None).item() for end in ends
        ]
    assert [variance for _, variance in found] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("count", [2, LENGTH - 1, LENGTH + 2])
def test_the_uncertainty_is_of_the_history_behind_its_pseudo_priors(
    gaussian: tuple[DT4SR, Uncertainty], count: int
) -> None:
    model, opened = gaussian
    items, written = [step % NUM_ITEMS + 1 for step in range(count)], [9, 4]
    history, before = ([ITEM_IDS[item - 1] for item in some] for some in (items, written))
    found = opened.along(history, pseudo_priors=before)
    ends = range(max(1, count - LENGTH + 1), count + 1)
    assert [item_id for item_id, _ in found] == [history[end - 1] for end in ends]
    with torch.inference_mode():
        expected = [
            model.uncertainty(torch.tensor([(written + items[:end])[-LENGTH:]]), None).item()
            for end in ends
        ]
    assert [variance for _, variance in found] == pytest.approx(expected, rel=1e-4)


def test_the_uncertainty_of_items_is_the_sum_of_their_variances(
    gaussian: tuple[DT4SR, Uncertainty],
) -> None:
    model, opened = gaussian
    covariance = model.item_table.embedding.weight[[3, 1], WIDTH:]
    expected = (torch.nn.functional.elu(covariance) + 1).sum(1).tolist()
    assert opened.of_items([ITEM_IDS[2], ITEM_IDS[0]]) == pytest.approx(expected, rel=1e-5)


def test_a_states_variance_is_worth_its_correlation_with_the_ranks(
    gaussian: tuple[DT4SR, Uncertainty],
) -> None:
    model, opened = gaussian
    with torch.inference_mode():
        variances = [model.uncertainty(torch.tensor([walk]), None).item() for walk in WALKS]
    places = [np.argsort(np.argsort(variances)), rankdata(RANKS)]
    assert opened.rank_correlation == pytest.approx(np.corrcoef(places)[0, 1], abs=1e-6)
    assert opened.users == len(WALKS)


def test_a_run_without_uncertainties_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be read"):
        Uncertainty.open(tmp_path, tmp_path)
