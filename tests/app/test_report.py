"""The report of a run: complete, closed to the network, and safe to open."""

import re
from html import escape
from pathlib import Path

import pytest
import streamlit as st
from plotly.offline import get_plotlyjs

from adarec.errors import RunError
from adarec.runs.workspace import Workspace
from app import gateway
from app.report import comparison_report, run_report
from app.report.numbers import numbers_table
from tests.app.fake_numbers import fake_result
from tests.app.filled_workspace import add_run, add_scene

EVIL = '<script>alert("x")</script>'
MOST_BYTES = 8_000_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the gateway opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def report_of(home: Workspace, scene: str = "shop") -> str:
    """The report of a finished run, without plotly's own code."""
    run = gateway.run(add_run(home, scene, add_scene(home, scene, seed=1)))
    text = run_report(run)
    assert len(text.encode()) < MOST_BYTES
    assert text.count(get_plotlyjs()) == 1
    return text.replace(get_plotlyjs(), "")


def test_the_report_of_an_adaptation_says_what_it_was_worth(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    text = run_report(gateway.run(add_run(home, "shop", key, adapted_from="fair")))
    assert "From fair to shop: NDCG@10 on the target" in text
    assert "student of the source" in text
    assert "python -m adarec adapt fair shop" in text


def test_a_report_holds_numbers_methods_figures_settings_and_the_command(home: Workspace) -> None:
    text = report_of(home)
    assert "non-inferior to the teacher" in text
    assert "onnxruntime, batch 1, one thread" in text
    assert "counting: most often after the last item" in text
    assert "python -m adarec search shop" in text
    assert "losses.mapping" in text
    titles = ("The cell that was found", "Op probabilities at epoch 5", "Op probabilities",
              "How undecided the edges are", "Losses: search the cell",
              "Losses: distil the student",
              "Layer mapping at epoch 5", "Validation NDCG@10", "Expected speed-up",
              "NDCG@10 by length of the training history")  # fmt: skip
    assert [title for title in titles if title not in text] == []
    assert text.count("Plotly.newPlot") == 11


def test_a_report_loads_nothing(home: Workspace) -> None:
    text = report_of(home)
    assert "default-src 'none'" in text
    assert re.findall(r"<(?:link|img|iframe|object|embed|base)\b|@import|url\(", text) == []
    assert re.findall(r"\b(?:src|href|action)\s*=", text) == []
    assert "http://" not in text
    assert "https://" not in text


def test_a_chart_of_a_report_cannot_be_uploaded(home: Workspace) -> None:
    """Plotly puts a button that sends a chart to its cloud on every chart unless told not to."""
    assert "showSendToCloud" in get_plotlyjs(), "the switch has another name"
    text = report_of(home)
    assert text.count('"showSendToCloud": false') == text.count("Plotly.newPlot") > 0
    assert text.count('"sendChartToCloud"') == text.count("Plotly.newPlot"), "nor shown"


def test_counting_stands_beside_teacher_and_student(home: Workspace) -> None:
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", report_of(home))
    places = [heads.index(head) for head in ("teacher: nextitnet", "student")]
    counting = [place for place, head in enumerate(heads) if head.startswith("counting: ")]
    controls = [place for place, head in enumerate(heads) if head.startswith("control: ")]
    assert counting == [places[1] + step for step in (1, 2, 3)]
    assert min(controls) > max(counting)


def test_the_students_times_beside_the_controls_stand_before_them() -> None:
    result = fake_result("r-1", "shop", 1)
    assert "beside the controls" not in numbers_table(result)
    result["student_beside_controls"] = {"latency_ms": {"p50": 0.123, "p95": 0.456}}
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", numbers_table(result))
    place = heads.index("student, timed beside the controls")
    assert heads[place + 1].startswith("control: ")
    assert "0.123" in numbers_table(result)


@pytest.mark.parametrize(("items", "is_said"), [(40, True), (101, False)])
def test_a_sample_of_a_small_catalogue_says_that_it_is_no_easier(
    items: int, is_said: bool
) -> None:
    result = fake_result("r-1", "shop", 1)
    result["scene"]["items"] = items
    result["protocol"]["sampled_100"] = "against 100 random items, seed 0"
    for role in ("teacher", "student"):
        result[role]["metrics_sampled_100"] = result[role]["metrics"]
    text = numbers_table(result)
    assert "against 100 random items, seed 0" in text
    assert ("only 39 others" in text) == is_said


def test_a_report_writes_times_as_the_pages_do(home: Workspace) -> None:
    text = report_of(home)
    assert "non-inferior to the teacher and 7.1× faster" in text
    assert "7.1x" not in text


def test_a_name_in_a_report_is_text_and_nothing_else(home: Workspace) -> None:
    text = report_of(home, scene=f"{EVIL}&'")
    assert EVIL not in text
    assert escape(EVIL) in text
    assert 'alert("x")' not in text


def test_a_run_that_goes_on_has_no_report(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    with pytest.raises(RunError, match="has not finished"):
        run_report(gateway.run(add_run(home, "shop", key, state="running", until="search")))


def comparison_of(home: Workspace, *, scenes: tuple[str, ...], num_runs: int = 1) -> str:
    """The report of `num_runs` runs of each scene, without plotly's own code."""
    keys = {scene: add_scene(home, scene, seed=place) for place, scene in enumerate(scenes)}
    ids = [
        add_run(home, scene, key, seed=10 * place + seed)
        for place, (scene, key) in enumerate(keys.items())
        for seed in range(num_runs)
    ]
    text = comparison_report(ids)
    assert len(text.encode()) < MOST_BYTES
    return text.replace(get_plotlyjs(), "")


def test_a_comparison_holds_every_run_with_its_numbers_and_command(home: Workspace) -> None:
    text = comparison_of(home, scenes=("shop", "cinema"))
    assert "2 runs compared" in text
    for scene in ("shop", "cinema"):
        assert f"Cell of {scene}" in text
        assert f"python -m adarec search {scene}" in text
    assert text.count("onnxruntime, batch 1, one thread") >= 2
    # Trade-off, two cells, their ops, their distance, their metrics, their scenes.
    assert text.count("Plotly.newPlot") == 7
    assert "Click a point" not in text
    assert re.findall(r"\b(?:src|href|action)\s*=|https?://", text) == []


def test_two_runs_of_one_scene_are_told_apart(home: Workspace) -> None:
    text = comparison_of(home, scenes=("shop",), num_runs=2)
    ids = {run.run for run in gateway.runs()}
    assert len(ids) == 2
    assert [run for run in ids if f"Cell of shop ({run})" not in text] == []


def test_a_comparison_treats_names_as_text_too(home: Workspace) -> None:
    text = comparison_of(home, scenes=(f"{EVIL}&'", "shop"))
    assert EVIL not in text


def test_a_comparison_needs_finished_runs(home: Workspace) -> None:
    with pytest.raises(RunError, match="No run is chosen"):
        comparison_report([])
    key = add_scene(home, "shop", seed=1)
    with pytest.raises(RunError, match="has not finished"):
        comparison_report([add_run(home, "shop", key, state="running", until="search")])
