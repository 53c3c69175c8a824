"""Whole runs by the command line with mappings of many parts, and what the page shows of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from adarec.ranking import METRIC_NAMES
from adarec.runs.files import read_epoch_arrays, read_json
from adarec.runs.workspace import Workspace
from app import state
from tests.app.test_visits import visit
from tests.finished_run import SMALL, FinishedRun, as_options, no_graphs
from tests.test_cli import CommandLine

pytestmark = pytest.mark.whole_run


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> CommandLine:
    times = {"adarec.stages.measure.time_models", "adarec.stages.measure_controls.time_models"}
    for name in times:
        monkeypatch.setattr(name, no_graphs)
    return CommandLine(monkeypatch, capfd)


@pytest.fixture
def home(finished_run: FinishedRun, tmp_path: Path) -> Path:
    """A workspace with a trained teacher."""
    finished_run.copy_to(tmp_path / "home").close()
    return tmp_path / "home"


def search(command: CommandLine, home: Path, mapping: str, **more: Any) -> dict[str, Any]:
    """The result of `search cycle --mapping …` at small sizes."""
    own = {key.replace("__", "."): value for key, value in more.items()}
    options = [*as_options(SMALL | own), "--mapping", mapping, "--home", home]
    return command.json("search", "cycle", *options)


def folders_of(home: Path, run: str) -> dict[str, Path]:
    """Role -> folder."""
    workspace = Workspace.open(home)
    steps = workspace.store.run(run).steps
    workspace.close()
    return {step["role"]: workspace.artefacts.path(step["key"]) for step in steps}


def charts_of(run: str, step: str) -> str:
    """The charts of the Distillation page for a step of a run."""
    app = visit("distillation", run=run)
    app.segmented_control(key="distillation_step").set_value(step).run()
    assert not app.exception
    assert app.select_slider(key=state.EPOCH_SLIDER)
    return "\n".join(chart.proto.spec for chart in app.get("plotly_chart"))


def test_a_dfa_run_from_the_command_line_to_its_page(
    command: CommandLine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = search(command, home, "dfa", dfa__epochs=3, dfa__layer_learning_rate=0.05)
    assert result["reused"] == ["costs", "teacher"]
    assert result["student"]["metrics"] == dict.fromkeys(METRIC_NAMES, 1.0)
    assert "search_aggregation" in result["seconds"]
    folders = folders_of(home, result["run"])
    found = np.array(read_json(folders["aggregation"] / "aggregation.json")["aggregation"])
    searched = read_epoch_arrays(folders["aggregation"])
    assert searched.epochs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(searched.arrays["mapping"][-1], found / 2)
    for mapping in read_epoch_arrays(folders["student"]).arrays["mapping"]:
        np.testing.assert_allclose(mapping, found / 2)
    assert not (folders["aggregation"] / "checkpoint.safetensors").exists()
    # Nothing that only served the distillation is shipped.
    shipped = load_file(folders["student"] / "student.safetensors")
    assert not any("connector" in name or "projection" in name for name in shipped)
    assert sum(value.numel() for value in shipped.values()) == result["student"]["params"]
    monkeypatch.setenv("ADAREC_HOME", str(home))
    charts = charts_of(result["run"], "Search for the aggregation")
    assert "Aggregation weights at epoch 3" in charts
    assert "Aggregation weights at epoch" in charts_of(result["run"], "Final student")


def test_an_adain_run_from_the_command_line_to_its_page(
    command: CommandLine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = search(command, home, "adain")
    assert result["student"]["metrics"]["ndcg@10"] > 0.99
    folders = folders_of(home, result["run"])
    for role in ("search", "student"):
        arrays = read_epoch_arrays(folders[role]).arrays
        pairs = [[0, 0.5, 0, 0], [0, 0, 0, 0.5]]
        np.testing.assert_array_equal(arrays["mapping"][0], pairs)
        assert (arrays["distance"] > 0).all()
    monkeypatch.setenv("ADAREC_HOME", str(home))
    assert "Distance of statistics" in charts_of(result["run"], "During the search")
