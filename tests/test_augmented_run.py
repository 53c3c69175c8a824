"""One augmented run from the command's settings to the exported folder and the app's pages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import streamlit as st
from onnx import load
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from adarec.cli import app as cli
from adarec.data.ingest import ingest_log
from adarec.data.scene import read_scene
from adarec.execute import execute_run
from adarec.ranking import METRIC_NAMES, ndcg_per_user
from adarec.runs.export import export_run
from adarec.runs.workspace import Workspace
from adarec.serving import Recommender
from adarec.submission import create_run
from app import gateway
from app.panels.runs import run_pictures
from app.report import run_report
from tests.conftest import ROOT
from tests.finished_run import FinishedRun, small_settings

pytestmark = pytest.mark.whole_run

SCENE, USERS, ITEMS, LENGTH = "ring", 180, 30, 8


def ring_log(folder: Path) -> Path:
    """Walks of 3 to 32 steps around a ring of items, most of them short."""
    lines = ["user_id,item_id,timestamp"]
    for user in range(USERS):
        steps = 3 + user % 8 + (20 if user % 10 == 0 else 0)
        lines += [f"u{user},r{(7 * user + step) % ITEMS},{60 * step}" for step in range(steps)]
    path = folder / "ring.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A finished run whose short histories were lengthened."""
    folder = tmp_path_factory.mktemp("augmented")
    workspace = Workspace.open(folder / "home")
    ingest_log(workspace, ring_log(folder), name=SCENE)
    settings = small_settings(
        augment__name="asrep",
        augment__epochs=2,
        length_cap=LENGTH,
        teacher__epochs=2,
        search__epochs=2,
        student__epochs=2,
    )
    record = create_run(workspace, SCENE, settings)
    result = execute_run(workspace, record.run)
    workspace.close()
    return FinishedRun(folder / "home", record.run, result)


@pytest.fixture(scope="module")
def workspace(run: FinishedRun) -> Iterator[Workspace]:
    opened = Workspace.open(run.home)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def folders(run: FinishedRun, workspace: Workspace) -> dict[str, Path]:
    """Role -> folder."""
    record = workspace.store.run(run.run)
    found = {step["role"]: workspace.artefacts.path(step["key"]) for step in record.steps}
    return found | {"scene": workspace.artefacts.path(record.scene_key)}


@pytest.fixture(scope="module")
def exported(
    run: FinishedRun, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "export"
    export_run(workspace, run.run, folder)
    return folder


def test_the_result_says_what_was_written_and_what_the_teacher_uses(run: FinishedRun) -> None:
    facts = run.result["augmentation"]
    assert 0 < facts["augmented_users"] < facts["users"] == USERS
    assert facts["teacher"] == run.result["teacher"]["name"] == "sasrec"
    assert facts["start"] == "reverse"
    assert f"{facts['pseudo_items']:,} pseudo-prior items" in facts["note"]
    assert "started from the weights" in facts["note"]
    real = sum(3 + user % 8 + (20 if user % 10 == 0 else 0) for user in range(USERS))
    assert run.result["scene"]["interactions"] == real
    assert run.result["scene"]["sequence_length"] == LENGTH
    for role in ("teacher", "student"):
        assert set(run.result[role]["metrics_without_pseudo"]) == set(METRIC_NAMES)


def test_every_run_tells_its_metrics_by_history_length(
    run: FinishedRun, finished_run: FinishedRun, folders: dict[str, Path]
) -> None:
    entries = run.result["metrics_by_length"]
    assert sum(entry["users"] for entry in entries) == USERS
    assert [entry["from"] for entry in entries] == [1, 4, 8, 20]
    plain = finished_run.result["metrics_by_length"]  # walks of 10 to 32 items
    assert [entry["from"] for entry in plain] == [8, 20]
    assert plain[0]["users"] + plain[1]["users"] == 400
    for role in ("teacher", "student"):
        mean = sum(e["users"] * e[role]["ndcg@10"] for e in entries) / USERS
        assert mean == pytest.approx(run.result[role]["metrics"]["ndcg@10"])
    lengths = read_scene(folders["scene"]).lengths - 2
    with np.load(folders["measure"] / "ranks.npz") as stored:
        short = ndcg_per_user(stored["student"], 10)[lengths < 4].mean()
    assert entries[0]["student"]["ndcg@10"] == pytest.approx(short)


def test_the_export_takes_the_pseudo_priors_along(
    run: FinishedRun, exported: Path, folders: dict[str, Path]
) -> None:
    scene = read_scene(folders["augment"])
    table = pq.read_table(exported / "pseudo_priors.parquet")
    assert scene.pseudo_counts is not None
    users = np.flatnonzero(scene.pseudo_counts)
    assert table["user_id"].to_pylist() == [scene.user_ids[user] for user in users]
    for user, written in zip(users[:20], table["item_ids"].to_pylist(), strict=False):
        history = [scene.item_ids[item - 1] for item in scene.history(user)]
        assert written == history[: scene.pseudo_counts[user]]
    card = (exported / "README.md").read_text()
    assert run.result["augmentation"]["note"] in card
    without = run.result["student"]["metrics_without_pseudo"]["ndcg@10"]
    assert f"{without:.4f} NDCG@10" in card


def test_a_request_for_a_user_is_the_one_that_was_measured(
    exported: Path, folders: dict[str, Path]
) -> None:
    scene = read_scene(folders["augment"])
    with np.load(folders["measure"] / "ranks.npz") as stored:
        ranks = stored["student"]
    assert scene.pseudo_counts is not None
    recommender = Recommender.open(exported)
    shortest = np.argsort(scene.lengths - scene.pseudo_counts, kind="stable")[:25]
    differs = 0
    for user in shortest:
        real = [scene.item_ids[i - 1] for i in scene.history(user)[scene.pseudo_counts[user] :]]
        answer = recommender.recommend(real[:-1], user=scene.user_ids[user])
        ids = [item_id for item_id, _, _ in answer.items]
        found = ids.index(real[-1]) + 1 if real[-1] in ids else 11
        assert found == min(ranks[user], 11)
        differs += answer.items != recommender.recommend(real[:-1]).items
        unknown = recommender.recommend(real[:-1], user="nobody")
        assert unknown.items == recommender.recommend(real[:-1]).items
    assert differs > 0


def test_recommend_takes_the_user(exported: Path) -> None:
    listed = pq.read_table(exported / "pseudo_priors.parquet")["user_id"].to_pylist()
    asked = ["recommend", str(exported), "--history", "r1", "--top", "10", "--json"]
    plain, *others = (
        json.loads(CliRunner().invoke(cli, asked + user).output)["items"]
        for user in ([], *(["--user", name] for name in listed[:10]))
    )
    answers = Recommender.open(exported)
    for name, found in zip(listed, others, strict=False):
        expected = answers.recommend(["r1"], user=name).items
        assert [row["item_id"] for row in found] == [item_id for item_id, _, _ in expected]
    assert any(found != plain for found in others)


def test_the_graph_reads_as_many_items_as_before(exported: Path) -> None:
    shape = load(exported / "student.onnx").graph.input[0].type.tensor_type.shape
    assert shape.dim[1].dim_value == LENGTH


def test_a_plain_run_exports_no_pseudo_priors(finished_run: FinishedRun, tmp_path: Path) -> None:
    plain = Workspace.open(finished_run.home)
    files = export_run(plain, finished_run.run, tmp_path / "export")
    plain.close()
    assert "pseudo_priors.parquet" not in {path.name for path in files}
    assert "Pseudo-priors" not in (tmp_path / "export" / "README.md").read_text()
    assert "augmentation" not in finished_run.result


@pytest.fixture
def app_home(run: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> FinishedRun:
    """The workspace, opened by the app's gateway too; no worker is started."""
    from adarec import jobs

    monkeypatch.setenv("ADAREC_HOME", str(run.home))
    monkeypatch.setattr(jobs, "continue_interrupted", lambda workspace: False)
    st.cache_data.clear()
    return run


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_pages_and_report_show_it(app_home: FinishedRun) -> None:
    app = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=60).run()
    app.query_params["run"] = app_home.run
    app.switch_page("../pages/tradeoffs.py").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 3  # the plane, by length, the histories
    assert "pseudo-prior items in front of" in texts(app)
    report = run_report(gateway.run(app_home.run))
    for words in ("Some augmented histories", "by length of the training history",
                  "histories without pseudo-priors", "--augment asrep"):  # fmt: skip
        assert words in report


def test_the_app_asks_for_a_user_with_the_pseudo_priors(
    app_home: FinishedRun, folders: dict[str, Path]
) -> None:
    record = gateway.run(app_home.run)
    scene = read_scene(folders["scene"])
    user = int(np.argmin(scene.lengths))
    items = [scene.item_ids[item - 1] for item in scene.history(user)[:-1]]
    own, plain = (
        gateway.recommend(record, "student", items, hide_consumed=False, user=name).items
        for name in (scene.user_ids[user], None)
    )
    assert own != plain


def test_an_older_result_is_counted_anew(app_home: FinishedRun) -> None:
    record = gateway.run(app_home.run)
    entries: list[dict[str, Any]] = record.result.pop("metrics_by_length")
    assert gateway.metrics_by_length(record) == entries
    picture = run_pictures.by_length_picture(record)
    assert picture is not None
    unmeasured = [step for step in record.steps if step["role"] != "measure"]
    record = replace(record, steps=unmeasured)
    assert gateway.metrics_by_length(record) == []
    assert run_pictures.by_length_picture(record) is None
