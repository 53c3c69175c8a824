"""A run whose cells have ops of their own: every page and both reports draw each of them."""

from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from adarec import jobs
from adarec.genotype import Genotype
from adarec.runs.files import EPOCH_ARRAYS, read_epoch_arrays, write_epoch_arrays, write_json
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.report import comparison_report, run_report
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit

SKIPS = ("skip",) * 6


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def finished(home: Workspace, scene: str, *, seed: int) -> RunRecord:
    """A finished run of a new scene, with one cell that repeats."""
    return gateway.run(add_run(home, scene, add_scene(home, scene, seed=seed), seed=seed))


def with_second_cell(home: Workspace, run: RunRecord) -> Genotype:
    """Makes it a run whose second cell is of skips alone; gives both cells."""
    first = gateway.genotype(run)
    assert first is not None
    cells = Genotype(first.num_nodes, first.ops + SKIPS)
    folder = home.artefacts.path(next(s["key"] for s in run.steps if s["role"] == "search"))
    write_json(folder / "genotype.json", cells.to_json())
    recorded = read_epoch_arrays(folder)
    (folder / EPOCH_ARRAYS).unlink()
    for place, epoch in enumerate(recorded.epochs):
        arrays = {name: values[place] for name, values in recorded.arrays.items()}
        arrays |= {name: np.concatenate([arrays[name]] * 2) for name in ("alphas", "op_weights")}
        write_epoch_arrays(folder, int(epoch), arrays)
    settings = run.settings | {"search": run.settings["search"] | {"alphas": "per-cell"}}
    assert run.result is not None
    student = run.result["student"] | {"genotype": cells.to_json(), "num_cells": 2}
    home.store.update_run(run.run, settings=settings, result=run.result | {"student": student})
    return cells


def charts_of(app: object) -> list[str]:
    """What every chart of the page is drawn from."""
    return [chart.proto.spec for chart in app.get("plotly_chart")]  # type: ignore[attr-defined]


def test_architecture_draws_each_cell_and_names_the_cell_of_every_edge(home: Workspace) -> None:
    run = finished(home, "shop", seed=1)
    before = charts_of(visit("architecture", run=run.run))
    with_second_cell(home, run)
    charts = charts_of(visit("architecture", run=run.run))
    assert len(charts) == len(before) + 1
    for title in ("Cell 1", "Cell 2"):
        assert sum(f'"{title}"' in chart for chart in charts) == 1
        assert not any(f'"{title}"' in chart for chart in before)
    named = [chart for chart in charts if "cell 2: input \\u2192 1" in chart]
    assert len(named) == 2, "the heat map and the curves"


def test_two_runs_are_compared_cell_by_cell(home: Workspace) -> None:
    run, other = finished(home, "shop", seed=1), finished(home, "films", seed=2)
    one, two = with_second_cell(home, run), gateway.genotype(other)
    assert two is not None
    differing = sum(a != b for a, b in zip(one.ops, two.ops * 2, strict=True))
    app = visit("architecture", run=run.run, **{state.WITH: other.run})
    assert f"{differing} of 12 edges carry different ops" in text_of(app)
    assert sum("Cell 2 of r-" in chart for chart in charts_of(app)) == 2


def test_compare_shows_and_counts_all_cells(home: Workspace) -> None:
    run, other = finished(home, "shop", seed=1), finished(home, "films", seed=2)
    cells = with_second_cell(home, run)
    charts = charts_of(visit("compare"))
    assert sum("Cell 2 of shop" in chart for chart in charts) == 1
    assert sum("Cell of films" in chart for chart in charts) == 1
    results = {each.scene: gateway.run(each.run).result or {} for each in (run, other)}
    found = gateway.cells_to_distil(results)
    repeated = results["films"]["student"]["genotype"]["edges"]
    assert found == {run.run: {"films": ",".join(edge["op"] for edge in repeated)}}
    results["films"]["student"]["num_cells"] = 2  # now both cells fit
    assert gateway.cells_to_distil(results)[other.run] == {"shop": ",".join(cells.ops)}


def test_the_reports_draw_each_cell(home: Workspace) -> None:
    run, other = finished(home, "shop", seed=1), finished(home, "films", seed=2)
    with_second_cell(home, run)
    alone = run_report(gateway.run(run.run))
    assert '"Cell 1"' in alone
    assert '"Cell 2"' in alone
    both = comparison_report([run.run, other.run])
    assert "cell 2: 0&gt;1 skip" in both
    assert "Cell 2 of shop" in both
    assert "Cell of films" in both


def test_the_live_page_and_the_trade_offs_show_them(home: Workspace) -> None:
    run = finished(home, "shop", seed=1)
    with_second_cell(home, run)
    assert any("cell 2: input" in chart for chart in charts_of(visit("search", run=run.run)))
    assert charts_of(visit("tradeoffs", run=run.run))


def test_the_form_of_a_new_search_offers_it(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("submit", "ensure_worker"):  # the run is created; nobody needs to compute it
        monkeypatch.setattr(jobs, name, lambda *_: None)
    add_scene(home, "shop", seed=1)
    app = visit("search", scene="shop")
    app.session_state[state.ADVANCED_SETTINGS] = True
    app.run()
    chooser = app.selectbox(key="setting_search_alphas_quick_nextitnet")
    assert (chooser.value, chooser.options) == ("shared", ["shared", "per-cell"])
    chooser.select("per-cell").run()
    app.button(key=state.START_SEARCH).click().run()
    (run,) = [run for run in home.store.runs() if not run.is_example]
    assert run.settings["search"]["alphas"] == "per-cell"
