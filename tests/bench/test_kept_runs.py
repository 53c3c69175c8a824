"""Runs that are kept beside the tables: another workspace writes the same tables from them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adarec.bench.ablation import ABLATION
from adarec.bench.experiments.experiment import KEPT, Experiment
from adarec.bench.experiments.kept import KeptRuns
from adarec.bench.experiments.running import with_finders
from adarec.bench.pooling import CUT_OFF
from adarec.errors import LogError, RunError
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from tests.bench.conftest import CELLS, TINY, Tables, sample_log

pytestmark = pytest.mark.whole_run


@pytest.fixture
def elsewhere(tables: Tables, tmp_path: Path) -> Experiment:
    """The same experiment in an empty workspace, with nothing but the kept runs."""
    shutil.copytree(tables.folder / KEPT, tmp_path / "out" / KEPT)
    workspace = Workspace.open(tmp_path / "home")
    return Experiment(
        ABLATION, workspace, tmp_path / "out", log_of=sample_log, cells=CELLS, on_top=TINY
    )


def test_an_empty_workspace_writes_the_same_tables(tables: Tables, elsewhere: Experiment) -> None:
    elsewhere.bring_scenes()
    assert elsewhere.write() == tables.report
    for page in tables.folder.glob("*.md"):
        assert (elsewhere.folder / page.name).read_bytes() == page.read_bytes()


def test_cost_tables_of_kept_runs_are_taken_over(tables: Tables, elsewhere: Experiment) -> None:
    elsewhere.bring_scenes()
    found = 0
    for cell in CELLS:
        run = tables.ablation.evidence.state(cell).run
        if run is not None:
            key = next(str(step["key"]) for step in run.steps if step["role"] == "costs")
            costs = read_json(elsewhere.workspace.artefacts.path(key) / "costs.json")
            assert costs == tables.ablation.evidence.facts(run).costs
            found += 1
    assert found > 0


def test_cells_of_kept_runs_are_not_distilled_here(elsewhere: Experiment) -> None:
    """A search of this machine may find others, so it comes first; finished rows stay."""
    elsewhere.bring_scenes()
    for cell in CELLS:
        if cell.awaited:
            assert elsewhere.evidence.state(cell).run is not None
            assert elsewhere.evidence.settings(cell) is None
            fresh = replace(cell, seed=1)
            names = [each.name for each in with_finders(elsewhere.evidence, [fresh])]
            assert names == [*(fresh.finder_of(s).name for s in fresh.awaited), fresh.name]


def test_only_what_nobody_ran_is_left(tables: Tables, elsewhere: Experiment) -> None:
    elsewhere.bring_scenes()
    left = [each["cell"] for each in elsewhere.left()]
    assert left == [each["cell"] for each in tables.ablation.left()]
    assert 0 < len(left) < len(CELLS)


def test_runs_of_other_settings_do_not_count(elsewhere: Experiment) -> None:
    other = Experiment(
        ABLATION,
        elsewhere.workspace,
        elsewhere.folder,
        log_of=sample_log,
        cells=CELLS,
        on_top=TINY | {"teacher.epochs": 1},
    )
    other.bring_scenes()
    assert len(other.left()) == len(CELLS)


def test_without_its_log_a_scene_is_not_brought(elsewhere: Experiment) -> None:
    def nowhere(name: str) -> Path:
        raise LogError(f"no {name}")

    elsewhere.log_of = nowhere
    elsewhere.bring_scenes()
    assert elsewhere.workspace.store.scenes() == []
    assert len(elsewhere.left()) == len(CELLS)


def test_ranks_are_kept_as_far_as_they_count(tables: Tables) -> None:
    experiment = tables.ablation
    run = next(run for cell in CELLS if (run := experiment.evidence.state(cell).run))
    kept = KeptRuns(tables.folder / KEPT).facts(run.run)
    facts = experiment.evidence.facts(run)
    assert set(kept.ranks) == set(facts.ranks)
    for role, ranks in facts.ranks.items():
        near = ranks <= CUT_OFF
        np.testing.assert_array_equal(kept.ranks[role][near], ranks[near])
        assert (kept.ranks[role][~near] > CUT_OFF).all()
    assert (kept.student_epochs, kept.target, kept.costs) == (
        facts.student_epochs,
        facts.target,
        facts.costs,
    )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "r-0.npz").write_text("not an archive", encoding="utf-8")
    with pytest.raises(RunError, match=r"r-0\.npz is not a run that a bench kept"):
        KeptRuns(tmp_path).records()
