"""A search with alphas for each cell: resumed equals undisturbed, and the run that it belongs to
is measured, exported, asked and shown like any other.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adarec import catalog
from adarec.errors import StopRequested
from adarec.execute import execute_run
from adarec.genotype import Genotype
from adarec.nets.selection import is_connected
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from adarec.submission import create_run
from tests.app.test_pages import visit
from tests.command_line import CommandLine
from tests.finished_run import SCENE, FinishedRun, no_graphs, small_settings
from tests.nets.small_models import Notes
from tests.stages.stage_runs import StageRun, own_items_scene, run_stage, run_stages, steps_of

PER_CELL: dict[str, Any] = {"search__alphas": "per-cell"}
IN_STACK = 2 * 6  # two cells of three nodes
LEFT = ("genotype", "candidates", "finalists", "front", "search")


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> StageRun:
    """Costs and teacher."""
    folder = tmp_path_factory.mktemp("parents")
    return run_stages(own_items_scene(), folder, roles=("costs", "teacher"))


def search(parents: StageRun, folder: Path, watch: Notes) -> dict[str, Any]:
    """What a search leaves, by the file's name."""
    step = next(step for step in steps_of(own_items_scene(), **PER_CELL) if step.role == "search")
    run_stage(step, folder, parents.folders, watch)
    return {name: read_json(folder / f"{name}.json") for name in LEFT}


def test_a_stopped_search_resumes_to_the_same_cells(parents: StageRun, tmp_path: Path) -> None:
    whole, again = Notes(), Notes()
    expected = search(parents, tmp_path / "whole", whole)
    for place, share in enumerate((0.2, 0.6, 0.9)):
        folder = tmp_path / f"search-{place}"
        with pytest.raises(StopRequested):
            search(parents, folder, Notes(stop_at=int(share * len(whole.fractions))))
        assert search(parents, folder, again) == expected
    cells = Genotype.from_json(expected["genotype"])
    assert len(cells.ops) == IN_STACK
    for candidate in expected["front"]:
        genotype = Genotype.from_json(candidate["genotype"])
        assert genotype.num_own_cells == 2
        assert is_connected(genotype)
    for arrays in whole.arrays.values():
        assert arrays["op_weights"].shape == (IN_STACK, len(catalog.OPS))
    assert not np.allclose(*np.split(whole.arrays[2]["op_weights"], 2)), "each cell has its own"


@pytest.fixture(scope="module")
def searched(
    finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workspace, dict[str, Any]]]:
    """A workspace with a finished run of its own alphas for each cell, and its result."""
    workspace = finished_run.copy_to(tmp_path_factory.mktemp("cells") / "home")
    given = {"cells__repeated": ",".join(["conv3", *["skip"] * 5]), "controls": 1}
    settings = small_settings(**PER_CELL, **given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adarec.stages.measure_controls.time_models", no_graphs)
        result = execute_run(workspace, create_run(workspace, SCENE, settings).run)
    yield workspace, result
    workspace.close()


def searched_folder(workspace: Workspace, run: str) -> Path:
    """What the search of the run has left."""
    steps = workspace.store.run(run).steps
    return workspace.artefacts.path(next(s["key"] for s in steps if s["role"] == "search"))


@pytest.mark.whole_run
def test_a_run_finds_measures_and_compares_cells_of_their_own(
    searched: tuple[Workspace, dict[str, Any]],
) -> None:
    workspace, result = searched
    student = result["student"]
    found = Genotype.from_json(student["genotype"])
    assert found.num_own_cells == 2
    assert student["receptive_field"] == found.receptive_field(2)
    assert student["metrics"]["ndcg@10"] > 0.5
    assert result["reused"] == ["costs", "teacher"]
    controls = {
        control["name"]: Genotype.from_json(control["genotype"]) for control in result["controls"]
    }
    assert controls["random-1"].num_own_cells == 2
    assert controls["random-1"] != found
    assert controls["all-skip"].ops == ("skip",) * 6
    assert controls["from-repeated"].num_own_cells == 1
    folder = searched_folder(workspace, result["run"])
    assert read_json(folder / "genotype.json") == student["genotype"]
    target = read_json(folder / "search.json")
    assert target["cost"] <= target["target"]["limit"]


@pytest.mark.whole_run
def test_its_points_are_distilled_shown_exported_and_asked(
    searched: tuple[Workspace, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    (workspace, result), command = searched, CommandLine(monkeypatch, capfd)
    home = ("--home", workspace.home)
    shown = command.json("show", result["run"], *home)
    assert shown["student"]["genotype"] == result["student"]["genotype"]
    front = read_json(searched_folder(workspace, result["run"]) / "front.json")
    point = len(front) - 1
    distilled = command.json("distill", result["run"], "--point", point, *home)
    assert distilled["student"]["genotype"] == front[point]["genotype"]
    assert {edge["cell"] for edge in distilled["student"]["genotype"]["edges"]} == {1, 2}
    folder = tmp_path / "deploy"
    assert command.run("export", distilled["run"], "--to", folder, *home)[0] == 0
    assert read_json(folder / "genotype.json") == front[point]["genotype"]
    answer = command.json("recommend", folder, "--history", "c005,c006,c007")
    assert len(answer["items"]) == 10


@pytest.mark.whole_run
def test_every_page_shows_it(
    searched: tuple[Workspace, dict[str, Any]],
) -> None:
    workspace, result = searched
    pages = visit(workspace.home, str(result["run"]))
    assert [seen["exceptions"] for seen in pages.values()] == [[]] * len(pages)
    assert pages["architecture"]["charts"] == 5 + 1, "a graph for each of the two cells"
