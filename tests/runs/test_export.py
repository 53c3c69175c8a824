"""The folder to deploy: what is in it, and what it never overwrites."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from adarec.errors import ArtefactError, RunError
from adarec.genotype import Genotype
from adarec.nets.counts import BlendWeights
from adarec.runs.export import export_run, model_card
from adarec.runs.workspace import Workspace
from adarec.serving import Recommender
from tests.finished_run import FinishedRun

FILES = {"student.onnx", "student.safetensors", "genotype.json", "items.parquet"}
FILES |= {"settings.json", "result.json", "README.md"}


@pytest.fixture(scope="module")
def finished(finished_run: FinishedRun) -> Iterator[Workspace]:
    workspace = Workspace.open(finished_run.home)
    yield workspace
    workspace.close()


def test_the_folder_holds_all_that_a_deployment_needs(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "export"
    files = export_run(finished, finished_run.run, folder)
    assert {path.name for path in files} == FILES
    assert files == sorted(folder.iterdir())
    assert pq.read_table(folder / "items.parquet").num_rows == 60
    result = finished_run.result
    genotype = Genotype.from_json(json.loads((folder / "genotype.json").read_text()))
    assert genotype.to_json() == result["student"]["genotype"]
    assert json.loads((folder / "settings.json").read_text()) == result["settings"]
    assert json.loads((folder / "result.json").read_text())["run"] == finished_run.run
    weights = load_file(folder / "student.safetensors")
    assert sum(value.size for value in weights.values()) == result["student"]["params"]
    assert [path.name for path in folder.parent.iterdir()] == ["export"], "no half-written folder"


def test_the_model_card_says_how_good_and_how_measured(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    export_run(finished, finished_run.run, tmp_path / "export")
    card = (tmp_path / "export" / "README.md").read_text()
    result = finished_run.result
    assert result["verdict"] in card
    assert f"{result['student']['params']:,}" in card
    counted = "most often after the last item 1.0000"
    for words in ("nextitnet", "400 users", counted, "int64 [1, 8]"):
        assert words in card
    assert result["protocol"]["latency"] in card


def test_the_model_card_says_what_a_hybrid_student_counts(
    finished: Workspace, finished_run: FinishedRun
) -> None:
    record = finished.store.run(finished_run.run)
    assert "counting" not in model_card(record).split("sees the newest")[1].split("\n")[0]
    weights = BlendWeights.of(transitions=0.25, own_frequency=0.2)
    student = finished_run.result["student"] | {"blend": vars(weights)}
    card = model_card(replace(record, result=finished_run.result | {"student": student}))
    line = card.split("sees the newest")[1].split("\n")[0]
    assert line.startswith(" 8 items. The graph mixes the net's probabilities (60%)")
    assert "what most often followed the last item (20%)" in line


def test_the_model_card_says_how_to_ask_without_the_studio(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    export_run(finished, finished_run.run, folder)
    code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
    assert "adarec" not in code
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    student = Recommender.open(folder)
    seen = student.item_ids[:2]
    expected = student.recommend(seen, top=10).items
    assert ast.literal_eval(done.stdout) == [item_id for item_id, _, _ in expected]


def test_an_earlier_export_is_replaced_and_what_else_is_there_stays(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    export_run(finished, finished_run.run, folder)
    (folder / ".git").mkdir()
    mine = [folder / "serve.py", folder / ".git" / "config", tmp_path / "export.partial"]
    for path in mine:
        path.write_text("mine")
    (folder / "pseudo_priors.parquet").write_text("of an earlier run with ASReP")
    (folder / "README.md").write_text("of an earlier run")
    files = export_run(finished, finished_run.run, folder)
    assert {path.name for path in files} == FILES
    assert {path.name for path in folder.iterdir()} == FILES | {"serve.py", ".git"}
    assert [path.read_text() for path in mine] == ["mine"] * 3
    assert finished_run.run in (folder / "README.md").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"export", "export.partial"}


def test_an_empty_folder_is_filled(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    export_run(finished, finished_run.run, tmp_path / "empty")
    assert {path.name for path in (tmp_path / "empty").iterdir()} == FILES


def test_the_folder_that_one_stands_in_is_filled(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for _ in range(2):
        files = export_run(finished, finished_run.run, Path())
        assert {path.name for path in files} == FILES == {path.name for path in Path().iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ArtefactError, match=r"cannot be written \(Not a directory\)"):
        export_run(finished, finished_run.run, tmp_path / "file" / "export")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_stage_folder_that_is_gone_leaves_nothing_half_written(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    workspace = finished_run.copy_to(tmp_path / "home")
    steps = workspace.store.run(finished_run.run).steps
    student = next(step["key"] for step in steps if step["role"] == "student")
    (workspace.artefacts.path(student) / "student.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"cannot be copied"):
        export_run(workspace, finished_run.run, tmp_path / "export")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    workspace.close()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_export_is_never_overwritten(
    finished: Workspace, finished_run: FinishedRun, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "mine"
    precious = target if kind == "file" else target / "precious.txt"
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("keep")
    with pytest.raises(ArtefactError, match="not an earlier export"):
        export_run(finished, finished_run.run, target)
    assert precious.read_text() == "keep"


def test_only_a_finished_run_is_exported(workspace: Workspace, tmp_path: Path) -> None:
    run = workspace.store.create_run(
        scene="shop", scene_key="ingest-1", settings={}, steps=[], seed=0
    )
    with pytest.raises(RunError, match="is queued; only a finished run"):
        export_run(workspace, run.run, tmp_path / "export")
    assert not (tmp_path / "export").exists()
