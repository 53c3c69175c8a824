"""What every chart brings along: its numbers as a table and as CSV, and a picture to save."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from adarec.runs.workspace import Workspace
from app import state
from app.figures.chart import ChartInfo, Rows
from app.panels.chart import as_csv, file_name
from tests.app.filled_workspace import fill

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@dataclass(frozen=True)
class Small(ChartInfo):
    title: str = "NDCG@10 against latency p50 (ms)"
    explanation: str = "Small."

    def rows(self) -> Rows:
        return [{"model": 'one, "quoted"', "ms": 0.1}, {"model": "two", "ms": None}]


def test_an_id_that_looks_like_a_formula_is_text_in_the_csv() -> None:
    class OfALog(Small):
        def rows(self) -> Rows:
            return [{"item": "=1+1"}, {"item": "i2", "ms": -0.5}]

    assert as_csv(OfALog()) == "item,ms\n'=1+1,\ni2,-0.5\n"


def test_the_csv_holds_the_numbers_of_the_chart() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(Small()))))
    assert rows == [{"model": 'one, "quoted"', "ms": "0.1"}, {"model": "two", "ms": ""}]


def test_a_file_is_named_after_its_chart() -> None:
    assert file_name(Small()) == "ndcg-10-against-latency-p50-ms"
    assert file_name(Small(title="≠")) == "chart"


@pytest.mark.parametrize("chosen", ["PNG", "SVG"])
def test_the_camera_saves_what_was_chosen_and_every_chart_has_its_csv(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    runs = fill(Workspace.open(tmp_path / "home"), num_scenes=1, num_runs=1)
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    app.query_params["run"] = runs[0]
    app.switch_page("../pages/architecture.py").run()
    app.segmented_control(key=state.FIGURE_FORMAT).set_value(chosen).run()
    charts = app.get("plotly_chart")
    images = [json.loads(chart.proto.config)["toImageButtonOptions"] for chart in charts]
    assert {image["format"] for image in images} == {chosen.lower()}
    assert len({image["filename"] for image in images}) == len(charts) == 5
    for chart in charts:
        app.session_state[f"{chart.key}_numbers"] = True
    app.run()
    files = [button.key for button in app.get("download_button") if button.key.endswith("_csv")]
    assert len(files) == len(charts)
    assert all(chart.proto.alt for chart in charts)
