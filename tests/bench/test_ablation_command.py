"""`bench ablation` as a command: lists, mistakes, and real runs in processes of their own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adarec.bench.ablation.cells import all_cells
from adarec.bench.data import VARIABLE
from adarec.data.samples import SAMPLE_FOLDER
from adarec.runs.workspace import Workspace
from tests.bench.conftest import bench
from tests.conftest import ROOT
from tests.finished_run import SMALL, as_options

LOG = SAMPLE_FOLDER / "cycle.csv"
SIZES = SMALL | {"student.num_cells": 2, "teacher.num_layers": 4, "cost": "flops"}


def ablation(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    return bench(monkeypatch, "ablation", *arguments)


def test_a_list_says_what_is_left_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    where = ("--home", tmp_path / "home", "--to", tmp_path / "out")
    assert ablation(monkeypatch, "--list", "--only", "paper", *where) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split("min  ")[1] for line in lines[:-1]] == [
        "paper: ml-100k, nextitnet, seed 0 (not run)",
        "paper: amazon-beauty, nextitnet, seed 0 (not run)",
    ]
    assert lines[-1].startswith("2 runs left, about 0 minutes or more")
    assert not (tmp_path / "out").exists()


def test_a_list_of_a_log_of_ones_own_as_json(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    assert ablation(monkeypatch, LOG, "--list", "--json", "--home", tmp_path / "home") == 0
    found = json.loads(capfd.readouterr().out)
    assert [each["cell"] for each in found["left"]] == [cell.name for cell in all_cells(["cycle"])]


def test_mistakes_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    home = ("--home", tmp_path / "home", "--to", tmp_path / "out")
    assert ablation(monkeypatch, "--only", "speed", *home) == 2
    assert "no part 'speed'" in capfd.readouterr().err
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert ablation(monkeypatch, *home) == 2
    assert "ml-100k.csv.gz is not there" in capfd.readouterr().err
    assert ablation(monkeypatch, LOG, "--set", "teacher.epoch=3", *home) == 2
    assert "teacher.epoch" in capfd.readouterr().err


def paper_command(folder: Path) -> list[str]:
    """One real run: the part `paper`, at sizes that take seconds."""
    where = ["--home", str(folder / "home"), "--to", str(folder / "out"), "--json"]
    return [
        *(sys.executable, "-m", "adarec", "bench", "ablation", str(LOG), "--only", "paper"),
        *where,
        *as_options(SIZES | {"teacher.epochs": 30, "teacher.patience": 30}),
    ]


@pytest.mark.slow
def test_an_interrupted_ablation_goes_on_where_it_stopped(tmp_path: Path) -> None:
    process = subprocess.Popen(
        paper_command(tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for_first_epoch(tmp_path / "home")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert out == ""
    assert "was stopped" in err
    assert "| not run |" in (tmp_path / "out" / "ablation-paper.md").read_text(encoding="utf-8")
    store = Workspace.open(tmp_path / "home").store
    (stopped,) = store.runs()
    assert stopped.state == "cancelled"

    done = subprocess.run(
        paper_command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    (finished,) = store.runs()
    assert (finished.run, finished.state) == (stopped.run, "succeeded")
    assert report["paper"][0]["runs"] == [stopped.run]
    assert f"| cycle | {report['paper'][0]['teacher']['ndcg@10']:.4f} |" in (
        tmp_path / "out" / "ablation-paper.md"
    ).read_text(encoding="utf-8")

    again = subprocess.run(
        paper_command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert len(store.runs()) == 1, "nothing was left to run"
    assert json.loads(again.stdout) == report


def wait_for_first_epoch(home: Path) -> None:
    """Until the teacher has an epoch behind it."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if (home / "adarec.sqlite").exists():
            store = Workspace.open(home).store
            keys = [
                step["key"]
                for run in store.runs()
                for step in run.steps
                if step["role"] == "teacher"
            ]
            if store.metrics(keys):
                return
        time.sleep(0.2)
    pytest.fail("no epoch was recorded")
