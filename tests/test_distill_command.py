"""`distill`: a point of a search's front becomes a measured student by one command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adarec.errors import ArtefactError, RunError
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from adarec.submission import create_run, find_same, point_settings
from tests.command_line import CommandLine
from tests.finished_run import SCENE, FinishedRun, small_settings

pytestmark = pytest.mark.whole_run


@pytest.fixture
def copy(finished_run: FinishedRun, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of its own with the finished run."""
    workspace = finished_run.copy_to(tmp_path / "copy")
    yield workspace
    workspace.close()


def test_a_point_of_the_front_is_distilled_by_one_command(
    copy: Workspace,
    finished_run: FinishedRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    command, workspace = CommandLine(monkeypatch, capfd), copy
    steps = workspace.store.run(finished_run.run).steps
    searched = next(step["key"] for step in steps if step["role"] == "search")
    front = read_json(workspace.artefacts.path(searched) / "front.json")
    chosen = read_json(workspace.artefacts.path(searched) / "search.json")["point"]
    point = max(k for k in range(len(front)) if k != chosen)  # the dearest
    options = ["--point", point, "--home", copy.home]
    result = command.json("distill", finished_run.run, *options)
    assert result["run"] != finished_run.run
    assert result["reused"] == ["costs", "teacher", "search"]
    assert result["student"]["genotype"] == front[point]["genotype"]
    assert result["target"]["predicted_cost"] == front[point]["cost"]
    assert result["settings"]["point"] == point
    assert result["student"]["metrics"]["ndcg@10"] > 0.5
    folder = tmp_path / "deploy"
    assert command.run("export", result["run"], "--to", folder, "--home", copy.home)[0] == 0
    assert read_json(folder / "genotype.json") == front[point]["genotype"]
    # The new run belongs to the same search: its points can be distilled from it as well.
    again = command.json("distill", result["run"], *options)
    assert again["reused"] == ["costs", "teacher", "search", "student", "measure"]
    mistake = command.mistake("distill", finished_run.run, "--point", 999, "--home", copy.home)
    assert f"no point 999: the search validated {len(front)}" in mistake


def test_a_distilled_point_computes_nothing_else_again(
    copy: Workspace, finished_run: FinishedRun
) -> None:
    settings = point_settings(copy, finished_run.run, 1)
    before = copy.store.run(finished_run.run).steps
    steps = create_run(copy, SCENE, settings).steps
    assert [step["key"] for step in steps[:3]] == [step["key"] for step in before[:3]]
    assert [step["role"] for step in steps] == ["costs", "teacher", "search", "student", "measure"]
    assert settings.controls == 0


def test_what_was_asked_for_already_is_found(copy: Workspace, finished_run: FinishedRun) -> None:
    settings = point_settings(copy, finished_run.run, 1)
    assert find_same(copy, SCENE, settings, states=("queued",)) is None
    run = create_run(copy, SCENE, settings)
    same = find_same(copy, SCENE, settings, states=("queued",))
    assert same is not None
    assert same.run == run.run
    other = point_settings(copy, finished_run.run, 2)
    assert find_same(copy, SCENE, other, states=("queued",)) is None


def test_the_search_of_another_version_is_not_computed_again(
    copy: Workspace, finished_run: FinishedRun
) -> None:
    steps = copy.store.run(finished_run.run).steps
    for step in steps:
        if step["role"] == "search":
            step["key"] = "search_student-of-yore"
    copy.store.update_run(finished_run.run, steps=steps)
    with pytest.raises(RunError, match="earlier version"):
        point_settings(copy, finished_run.run, 0)


def test_a_search_that_is_not_complete_has_no_points(copy: Workspace) -> None:
    run = create_run(copy, SCENE, small_settings(seed=5)).run
    with pytest.raises(ArtefactError, match="left no front"):
        point_settings(copy, run, 0)
