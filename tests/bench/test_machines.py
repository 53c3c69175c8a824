"""Runs of several machines side by side: what is compared, and what the machines are called."""

from functools import partial
from pathlib import Path

import pytest

from adarec.bench.ablation.cells import UNCHANGED
from adarec.bench.ablation.changed import changed_row
from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.kept import KeptRuns
from adarec.environment import cpu_of
from adarec.runs.workspace import Workspace
from tests.bench.known_runs import add_known_run, add_scene

AS_IT_IS = Cell("losses", "shop", UNCHANGED, 0)
CHANGED = Cell("losses", "shop", "without task loss", 0, overrides={"losses.task": 0})
BASELINES = {
    f"baseline.{n}": [1, 1] for n in ("popularity", "own_frequency", "last_item_transitions")
}
BEST, SECOND, LAST = [1, 1], [2, 2], [50, 50]  # ranks of both users


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    workspace = Workspace.open(tmp_path / "home")
    add_scene(workspace, "shop", [3, 3])
    return Evidence(workspace, {})


def add(evidence: Evidence, cell: Cell, ranks: list[int], machine: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adarec.plan.search.machine_fingerprint", lambda: machine)
        return add_known_run(evidence, cell, BASELINES | {"teacher": BEST, "student": ranks})


def test_a_change_is_against_the_run_of_the_same_machine(evidence: Evidence) -> None:
    first = add(evidence, AS_IT_IS, LAST, "here")
    newest = add(evidence, AS_IT_IS, BEST, "there")
    stands, found = evidence.state(AS_IT_IS).run, evidence.found_here(AS_IT_IS)
    assert stands is not None
    assert found is not None
    assert (stands.run, found.run) == (first, newest)
    add(evidence, CHANGED, SECOND, "there")
    row = changed_row(evidence, [CHANGED], [AS_IT_IS, CHANGED])
    assert row["change"]["mean"] < 0  # against the best, not against the last
    assert row["other_machine"] == []


def test_a_rival_of_another_machine_is_told(evidence: Evidence) -> None:
    add(evidence, AS_IT_IS, LAST, "here")
    add(evidence, CHANGED, SECOND, "there")
    row = changed_row(evidence, [CHANGED], [AS_IT_IS, CHANGED])
    assert row["change"]["mean"] > 0
    assert row["other_machine"] == [0]


def test_what_changes_are_compared_with_is_kept_for_every_machine(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs")
    runs = []
    for machine, ranks in (("there", LAST), ("here", BEST)):
        workspace = Workspace.open(tmp_path / machine)
        add_scene(workspace, "shop", [3, 3])
        found = Evidence(workspace, {}, kept)
        runs.append(add(found, AS_IT_IS, ranks, machine))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "adarec.bench.experiments.evidence.machine_fingerprint", partial(str, machine)
            )
            found.keep([AS_IT_IS])
    stands = found.state(AS_IT_IS).run
    assert stands is not None
    assert stands.run == runs[0], "the first one moves no table"
    assert sorted(run.run for run in kept.records()) == sorted(runs)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("sse avx avx2 avx512f", "AMD EPYC (AVX-512)"),
        ("sse avx avx2", "AMD EPYC (AVX2)"),
        ("sse", "AMD EPYC"),
    ],
)
def test_one_name_of_two_processors_becomes_two(flags: str, words: str) -> None:
    core = f"processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: {flags}\n\n"
    assert cpu_of(core + core) == words
