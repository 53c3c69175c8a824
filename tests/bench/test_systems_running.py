"""The experiments on the five systems: cells, commands, and going on where one stopped."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adarec.bench.data import VARIABLE
from adarec.bench.experiments import running
from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.experiment import Choice, Experiment
from adarec.bench.systems import SYSTEMS, system_design
from adarec.bench.systems.known import ADAPT, DT4SR, KNOWN
from adarec.bench.systems.system import System
from adarec.cli import app as cli
from adarec.config import adapt_settings, parse_overrides, preset_settings
from adarec.data.ingest import ingest_log
from adarec.data.samples import SAMPLE_FOLDER
from adarec.data.settings import IngestSettings
from adarec.runs.workspace import Workspace
from adarec.submission import planned_steps
from tests.bench.conftest import TINY, bench, sample_log
from tests.bench.known_runs import add_known_run, add_scene, write_log
from tests.conftest import ROOT
from tests.finished_run import SMALL, as_options

CHRISTMAS = 883_008_000  # 1997-12-25


@pytest.mark.parametrize("system", KNOWN, ids=lambda system: system.name)
def test_one_seed_of_all_scenes_comes_before_the_next(system: System) -> None:
    cells = SYSTEMS[system.name].all_cells()
    assert len({cell.name for cell in cells}) == len(cells)
    assert [cell.seed for cell in cells] == sorted(cell.seed for cell in cells)
    first = [cell.scene for cell in cells if cell.seed == 0]
    assert list(dict.fromkeys(first)) == list(system.where())
    assert len(system.where()) >= 3


def sets_of(command: list[str]) -> dict[str, object]:
    given = [command[place + 1] for place, part in enumerate(command) if part == "--set"]
    return parse_overrides(given)


@pytest.mark.parametrize("system", KNOWN, ids=lambda system: system.name)
def test_a_command_starts_a_run_of_the_cells_settings(
    system: System, workspace: Workspace
) -> None:
    evidence = Evidence(workspace, TINY)
    for cell in SYSTEMS[system.name].all_cells():
        *_, command = running._commands(evidence, cell, lambda name: Path(f"{name}.csv.gz"))
        preset, teacher = (command[command.index(name) + 1] for name in ("--preset", "--teacher"))
        overrides = sets_of(command)
        if command[3] == "adapt":
            own = {"source": command[4], "target": command[5]}
            found = adapt_settings(preset, teacher=teacher, adaptation=own, overrides=overrides)
        else:
            assert command[3:5] == ["search", f"{cell.scene}.csv.gz"]
            found = preset_settings(preset, teacher=teacher, overrides=overrides)
        assert found == evidence.settings(cell)


def test_what_was_stopped_goes_on(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop after three cells: the next call starts with the fourth, and runs each once."""
    add_scene(workspace, "one", [4, 8])
    design, cells = system_design(DT4SR), DT4SR.cells(["one"])
    # As wide as a variant says, so that no two variants are one run.
    on_top = {name: value for name, value in TINY.items() if name != "teacher.width"}
    made = Experiment(
        design, workspace, workspace.home / "out", log_of=sample_log, cells=cells, on_top=on_top
    )
    said: list[str] = []
    left_to_run = [3, 100]

    def run(command: list[str]) -> int:
        left_to_run[0] -= 1
        if left_to_run[0] < 0:
            return running.STOPPED
        cell = next(each for each in cells if said[-1].startswith(each.name))
        assert int(str(sets_of(command).get("seed", 0))) == cell.seed
        ranks = {"teacher": [1, 2], "student": [2, 1]}
        add_known_run(made.evidence, cell, ranks)
        return 0

    monkeypatch.setattr(running, "_run", run)
    assert not made.run(say=said.append)
    assert "goes on where it stopped" in said[-1]
    assert len(made.left()) == 6
    left_to_run.pop(0)
    assert made.run(Choice(seeds=(1,)), say=said.append)
    assert [each["cell"] for each in made.left()] == [cell.name for cell in cells[6:]]
    assert made.run(say=said.append)
    assert made.left() == []
    started = [words for words in said if words.endswith("left)")]
    assert (
        [words.split(" (")[0] for words in started]
        == [
            *(cell.name for cell in cells[:4]),  # the fourth was stopped
            *(cell.name for cell in cells[3:]),
        ]
    )


def test_the_scenes_of_a_pair_are_cut_out_once(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write_log(tmp_path / "ml-100k.csv", [8] * 6, start=CHRISTMAS - 5)
    commands: list[list[str]] = []

    def run(command: list[str]) -> int:
        commands.append(command[3:])
        if command[3] != "ingest":
            return running.STOPPED
        return CliRunner().invoke(cli, command[3:]).exit_code

    monkeypatch.setattr(running, "_run", run)
    made = Experiment(
        SYSTEMS["adapt"], workspace, tmp_path / "out", log_of=lambda name: log, on_top=TINY
    )
    for _ in range(2):
        assert not made.run(Choice(scenes=("ml-100k",)), say=lambda words: None)
    assert [command[0] for command in commands] == ["ingest", "ingest", "adapt", "adapt"]
    assert commands[2][1:3] == ["ml-early", "ml-late"]
    early, late = (workspace.store.scene(f"ml-{part}").summary for part in ("early", "late"))
    assert (early["interactions"], late["interactions"]) == (6 * 5, 6 * 5)
    # Both scenes are there now, so what is left of the steps is known.
    assert made.evidence.steps_left(made.cells[0])


def test_a_run_of_the_target_alone_is_not_the_cells(workspace: Workspace) -> None:
    """An adaptation whose source is not there yet is not run, whatever else its target has."""
    add_scene(workspace, "ml-late", [4, 8])
    evidence = Evidence(workspace, TINY)
    search = Cell("", "ml-late", "", 0)
    ranks = {"teacher": [1, 2], "student": [2, 1]}
    run = add_known_run(evidence, search, ranks)
    assert evidence.state(search).words == run
    assert evidence.state(ADAPT.cells(["ml-late"])[0]).words == "not run"


def test_a_choice_of_scenes_and_seeds_is_listed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    chosen = ("--scene", "ml-100k", "--seed", 2, "--seed", 0, "--home", tmp_path)
    assert bench(monkeypatch, "dfa", "--list", "--json", *chosen) == 0
    assert [each["cell"] for each in json.loads(capfd.readouterr().out)["left"]] == [
        f"dfa: ml-100k, {variant}, seed {seed}"
        for seed in (0, 2)
        for variant in ("emd", "dfa", "none")
    ]


def test_mistakes_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for arguments, words in (
        (("asrep", "--scene", "ml-100k"), "bench asrep has no scene 'ml-100k'. Choose one of"),
        (("dfa", "--seed", 3), "bench dfa has no seed 3. Choose one of 0, 1, 2"),
        (("adain", "--only", "losses"), "bench adain has no part 'losses'. Choose one of none"),
        (("adapt", SAMPLE_FOLDER / "cycle.csv"), "bench adapt runs on parts of known logs"),
        (("adapt", "--scene", "nyc-second"), "foursquare-nyc.csv.gz is not there"),
        (("asrep", tmp_path / "gone.csv"), "gone.csv is not there. Name a log"),
    ):
        assert bench(monkeypatch, *arguments, "--home", tmp_path / "home") == 2
        err = capfd.readouterr().err
        assert words in err
        assert len(err.splitlines()) == 1


def test_a_run_that_failed_is_told_and_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path
) -> None:
    log, where = SAMPLE_FOLDER / "cycle.csv", ("--home", tmp_path / "home", "--to", tmp_path / "o")

    def fail(evidence: Evidence, cells: list[Cell], **call: object) -> bool:
        workspace, cell = evidence.workspace, cells[0]
        ingest_log(workspace, log, name=cell.scene, settings=IngestSettings())
        settings = evidence.settings(cell)
        assert settings is not None
        steps, key = planned_steps(workspace, cell.scene, settings)
        facts = {"settings": settings.model_dump(), "steps": steps, "seed": cell.seed}
        run = workspace.store.create_run(scene=cell.scene, scene_key=key, state="queued", **facts)
        workspace.store.update_run(run.run, state="failed", error="No space is left.")
        evidence.refresh()
        return True

    monkeypatch.setattr("adarec.bench.experiments.experiment.run_cells", fail)
    assert bench(monkeypatch, "asrep", log, "--seed", 0, *where) == 1
    told = capfd.readouterr()
    assert "0 of 15 runs are there" in told.out
    assert "1 failed, such as asrep: cycle," in told.err
    assert "No space is left." in told.err


def bench_process(folder: Path, *arguments: object) -> dict[str, object]:
    """The JSON of real runs, in processes of their own."""
    where = ("--home", folder / "home", "--to", folder / "out", "--json")
    words = [str(each) for each in (*arguments, *where)]
    done = subprocess.run(
        [sys.executable, "-m", "adarec", "bench", *words],
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


SIZES = as_options(SMALL | {"student.num_cells": 2, "teacher.num_layers": 4, "augment.epochs": 2})


@pytest.mark.slow
def test_asrep_runs_on_a_log_of_ones_own(tmp_path: Path) -> None:
    log = SAMPLE_FOLDER / "cycle.csv"
    report = bench_process(tmp_path, "asrep", log, "--seed", 0, *SIZES)
    assert [row["seeds"] for row in report["rows"]] == [[0]] * 5  # type: ignore[attr-defined]
    again = bench_process(tmp_path, "asrep", log, "--seed", 0, *SIZES)
    assert again == report
    assert len(Workspace.open(tmp_path / "home").store.runs()) == 4


@pytest.mark.slow
def test_adapt_cuts_a_log_and_runs(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [18] * 60, start=CHRISTMAS - 10)
    with gzip.open(tmp_path / "ml-100k.csv.gz", "wb") as packed:
        packed.write(log.read_bytes())
    report = bench_process(tmp_path, "adapt", "--scene", "ml-100k", "--seed", 0, *SIZES)
    rows = {row["scene"]: row for row in report["rows"]}  # type: ignore[attr-defined]
    assert set(rows["ml-late"]["models"]) == {"teacher", "source_only", "student", "oracle"}
    assert rows["nyc-second"]["runs"] == []
    text = (tmp_path / "out" / "adapt.md").read_text(encoding="utf-8")
    assert "- **ml-late**: adapted − source alone: " in text
    assert "- **nyc-second**: adapted − source alone: not run" in text
