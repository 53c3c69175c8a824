"""The experiments on the five systems: known ranks give known tables; what is missing is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from adarec.bench.experiments.cell import Cut, Pair
from adarec.bench.experiments.experiment import Experiment
from adarec.bench.systems import SYSTEMS, system_design
from adarec.bench.systems.known import ADAPT, ASREP, DFA, DT4SR, KNOWN
from adarec.bench.systems.system import System
from adarec.runs.workspace import Workspace
from tests.bench.conftest import TINY, sample_log
from tests.bench.known_runs import add_known_run, add_scene, example_result

# Four users each of 4, 8 and 12 training items. NDCG@10 of a rank: 1 -> 1, 3 -> 1/2, 11 -> 0.
LENGTHS = [4] * 4 + [8] * 4 + [12] * 4
USERS = len(LENGTHS)


def experiment(system: System, workspace: Workspace, *scenes: str) -> Experiment:
    return Experiment(
        system_design(system),
        workspace,
        workspace.home / "out",
        log_of=sample_log,
        cells=system.cells(scenes),
        # As many epochs as a variant says, so that no two variants are one run.
        on_top={name: value for name, value in TINY.items() if name != "teacher.epochs"},
    )


def add_runs(made: Experiment, **ranks: Any) -> None:
    """A finished run of every cell of the variants that are named, `variant_seed` or `variant`."""
    for cell in made.cells:
        found = ranks.get(f"{cell.variant}_{cell.seed}", ranks.get(cell.variant))
        if found is not None and cell.scene != "empty":
            add_known_run(made.evidence, cell, found)


def page(made: Experiment) -> str:
    return (made.folder / f"{made.design.name}.md").read_text(encoding="utf-8")


def row_of(made: Experiment, *starts: str) -> list[str]:
    """The cells of the first row of the page that begins with these words."""
    start = "| " + " | ".join(starts) + " |"
    line = next(line for line in page(made).splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


@pytest.fixture
def asrep(workspace: Workspace) -> Experiment:
    """ASReP lifts short histories from rank 3 to 1, and drops long ones from 1 to 11; two seeds of
    one scene, and of another one nothing.
    """
    add_scene(workspace, "short", LENGTHS)
    add_scene(workspace, "empty", LENGTHS)
    made = experiment(ASREP, workspace, "short", "empty")
    without = {"teacher": [3] * USERS, "student": [3] * 4 + [1] * 8}
    lifted = {"teacher": [1] * USERS, "student": [1] * 8 + [11] * 4}
    seeds = {"without_0": without, "without_1": without, "asrep_0": lifted, "asrep_1": lifted}
    add_runs(made, **seeds)
    return made


def test_differences_are_those_of_the_ranks(asrep: Experiment) -> None:
    report = asrep.write()
    by_words = {each["words"]: each for each in report["differences"] if each["scene"] == "short"}
    teacher = by_words["teacher with ASReP − without"]
    assert (teacher["mean"], teacher["low"], teacher["high"]) == (0.5, 0.5, 0.5)
    assert (teacher["of"], teacher["by_seed"], teacher["seeds"]) == (0.5, [0.5, 0.5], [0, 1])
    assert teacher["verdict"] == "better"
    student = by_words["student with ASReP − without"]
    assert student["mean"] == pytest.approx((4 * 0.5 - 4 * 1) / USERS)
    assert student["low"] < 0 < student["high"]
    assert student["verdict"] == "no difference shown"


def test_differences_are_split_by_the_length_of_the_history(asrep: Experiment) -> None:
    report = asrep.write()
    found = [each for each in report["by_length"] if each["words"].startswith("student")]
    spans = [(each["from"], each["to"], each["users"], each["mean"]) for each in found]
    assert spans == [(1, 5, 4, 0.5), (6, 10, 4, 0.0), (11, None, 4, -1.0)]
    assert [each["verdict"] for each in found] == ["better", "no difference shown", "worse"]
    words = "student with ASReP − without"
    short = row_of(asrep, "short", "1 to 5", "4", words)
    assert short[5:] == ["0.5000", "+100.0 % (+100.0 to +100.0)", "better"]


def test_what_was_not_run_is_said(asrep: Experiment) -> None:
    report = asrep.write()
    assert row_of(asrep, "empty", "asrep")[2] == "not run"
    assert row_of(asrep, "short", "asrep")[2] == "0, 1 (of 3)", "the third seed is missing"
    words = [f"{difference.words}: not run" for difference in ASREP.differences]
    assert f"- **empty**: {'; '.join(words)}." in page(asrep)
    assert report["pooled"] == []
    assert "at least two scenes" in page(asrep)
    assert "4 of 30 runs" in page(asrep)
    left = [each["cell"] for each in asrep.left()]
    assert len(left) == 30 - 4
    assert "asrep: short, asrep, seed 2" in left
    stored = json.loads((asrep.folder / "asrep.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(report))


def test_seconds_of_an_epoch_and_minutes(asrep: Experiment) -> None:
    asrep.write()
    costs = [
        line for line in page(asrep).split("## What it costs")[1].splitlines() if "| asrep" in line
    ]
    assert costs[0].strip("| ").split(" | ")[-2:] == ["1.0", "3.0"], "60 s; 12 s in 4 epochs"


def test_mappings_are_pooled_over_scenes(workspace: Workspace) -> None:
    for scene in ("one", "two"):
        add_scene(workspace, scene, LENGTHS)
    made = experiment(DFA, workspace, "one", "two")
    ranks = {
        name: {"teacher": [1] * USERS, "student": [rank] * USERS}
        for name, rank in (("dfa", 3), ("emd", 1), ("none", 3))
    }
    add_runs(made, **ranks)
    report = made.write()
    emd, none = report["pooled"]
    assert (emd["words"], emd["runs"], emd["mean"]) == ("student by dfa − by emd", 6, -0.5)
    assert (emd["users"], emd["verdict"]) == ([-0.5, -0.5], "worse")
    assert (none["mean"], none["verdict"]) == (0.0, "no difference shown")
    assert "- **two**: student by dfa − by emd: worse, -50.0 % (-50.0 to -50.0), 3 of 3" in page(
        made
    )
    assert not made.left()


def test_an_adaptation_lies_between_its_rivals(workspace: Workspace) -> None:
    for scene in ("early", "late"):
        add_scene(workspace, scene, LENGTHS)
    pair = Pair(Cut("early", "ring", {}), Cut("late", "ring", {}))
    system = System(
        **{name: getattr(ADAPT, name) for name in ADAPT.__dataclass_fields__ if name != "pairs"},
        pairs=(pair,),
    )
    made = experiment(system, workspace, "late")
    # NDCG@10: 1/3, 1/2, 1.
    ranks = {"teacher": 1, "source_only": 7, "student": 3, "oracle": 1}
    add_runs(
        made,
        both_0={role: [rank] * USERS for role, rank in ranks.items()},
    )
    report = made.write()
    row = report["rows"][0]
    assert row["way"] == pytest.approx(0.25)
    assert row_of(made, "late", "both")[2:8] == [
        *("0 (of 3)", "1.0000", "0.3333", "0.5000", "1.0000"),
        "25 %",
    ]
    alone, oracle = report["differences"]
    assert (alone["mean"], alone["verdict"]) == (pytest.approx(1 / 6), "better")
    assert (oracle["mean"], oracle["verdict"]) == (-0.5, "worse")


@pytest.mark.parametrize("system", KNOWN, ids=lambda system: system.name)
def test_nothing_run_is_a_page_of_not_run(system: System, workspace: Workspace) -> None:
    made = Experiment(SYSTEMS[system.name], workspace, workspace.home / "out", log_of=sample_log)
    report = made.write()
    assert len(made.left()) == len(made.cells) == 9 * len(system.variants)
    assert all(each["verdict"] == "not run" for each in report["differences"])
    assert report["question"] == system.question
    assert system.question in page(made)
    assert report["command"] == f"python -m adarec bench {system.name}"
    assert f"`python -m adarec bench {system.name}`: 0 of {len(made.cells)} runs" in page(made)


def test_a_dt4sr_row_has_its_teachers_latency(workspace: Workspace) -> None:
    add_scene(workspace, "one", LENGTHS)
    made = experiment(DT4SR, workspace, "one")
    add_runs(made, dt4sr_0={"teacher": [1] * USERS, "student": [3] * USERS})
    made.write()
    latency = example_result()["teacher"]["latency_ms"]["p50"]
    costs = page(made).split("## What it costs")[1]
    assert f"| one | dt4sr | {latency:.3f} |" in costs
    assert "teacher dt4sr − sasrec: not run" in page(made), "its rival is missing"


def test_pages_go_where_they_were_asked_for(asrep: Experiment, tmp_path: Path) -> None:
    asrep.folder = tmp_path / "elsewhere"
    asrep.write()
    assert sorted(path.name for path in asrep.folder.iterdir()) == ["asrep.json", "asrep.md"]
