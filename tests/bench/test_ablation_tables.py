"""The ablation's tables on two tiny scenes: known numbers, missing runs, pooled rows."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adarec.bench.ablation import ABLATION
from adarec.bench.ablation.cells import all_cells
from adarec.bench.ablation.compared import RANDOM, RIVALS, ROLES
from adarec.bench.ablation.pages import losses_page
from adarec.bench.ablation.transfer import is_over_limit
from adarec.bench.ablation.transfer_page import within_the_limit
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.experiment import Choice, Experiment
from adarec.bench.pooling import run_ranks
from adarec.bench.spread import spread_of_models
from adarec.errors import RunError, SettingsError
from adarec.genotype import Genotype
from adarec.nets.plain_stacks import plain_stacks
from adarec.ranking import ndcg_per_user
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from tests.bench.conftest import CELLS, NOT_RUN, SCENES, TINY, Tables, sample_log

pytestmark = pytest.mark.whole_run


def test_the_json_says_which_cell_is_which_run(tables: Tables) -> None:
    stored = json.loads((tables.folder / "ablation.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(tables.report))
    runs = {cell["cell"]: cell["run"] for cell in stored["cells"]}
    assert list(runs) == [cell.name for cell in CELLS]
    assert [name for name, run in runs.items() if run is None] == [
        CELLS[2].name,
        NOT_RUN.name,
    ]
    known = {run.run for run in tables.ablation.workspace.store.runs()}
    assert {run for run in runs.values() if run} <= known


def test_a_row_has_every_role_and_the_ranks_metrics(tables: Tables) -> None:
    for row in tables.report["scenes"]:
        assert set(row["models"]) == set(ROLES)
        ranks = run_ranks(tables.ablation.workspace, row["runs"][0])
        ndcg = {role: ndcg_per_user(ranks[role], 10).mean() for role in ROLES}
        for role in ROLES:
            assert row["models"][role]["ndcg@10"] == pytest.approx(ndcg[role])
        for words, roles in RIVALS.items():
            expected = ndcg["student"] - np.mean([ndcg[role] for role in roles])
            assert row["gains"][words]["mean"] == pytest.approx(expected)
            assert row["gains"][words]["low"] <= expected + 1e-12
            assert row["gains"][words]["high"] >= expected - 1e-12


def test_the_page_prints_the_rows(tables: Tables) -> None:
    row = next(row for row in tables.report["scenes"] if row["scene"] == "cycle")
    cells = tables.row("scenes", "cycle", "nextitnet")
    assert cells[2] == "0 (of 2)", "the second seed is missing"
    models = row["models"]
    assert cells[3:5] == [f"{models[role]['ndcg@10']:.4f}" for role in ("teacher", "student")]
    random = np.mean([models[role]["ndcg@10"] for role in RANDOM])
    assert cells[6] == f"{random:.4f}"
    assert "(last item transitions)" in cells[-1]


def cells_by_ops(tables: Tables, run: str) -> dict[tuple[str, ...], str]:
    """The roles of the found, the random and the stacked cell of a run; equal ones once."""
    result = tables.ablation.workspace.store.run(run).result
    assert result is not None
    found = {"student": result["student"]}
    found |= {f"control-{each['name']}": each for each in result["controls"]}
    return {
        Genotype.from_json(found[role]["genotype"]).ops: role
        for role in reversed(("student", *RANDOM, "control-cnn"))
    }


def test_the_spread_is_that_of_the_found_the_random_and_the_stacked_cell(tables: Tables) -> None:
    for row in tables.report["scenes"]:
        ranks = run_ranks(tables.ablation.workspace, row["runs"][0])
        cells = cells_by_ops(tables, row["runs"][0])
        scores = np.array([ndcg_per_user(ranks[role], 10) for role in cells.values()])
        expected = spread_of_models([scores])
        assert row["spread"]["models"] == len(cells)
        assert row["spread"]["noise"] == pytest.approx(expected.noise / scores.mean())
        assert row["spread"]["high"] == pytest.approx(expected.high / scores.mean())
        printed = tables.page("scenes").split("## How much do cells of one cost differ?")[1]
        assert f"| {row['scene']} | nextitnet | {len(cells)} |" in printed


def test_a_cell_that_is_a_plain_stack_is_called_so(tables: Tables) -> None:
    for row in tables.report["scenes"]:
        ops = row["found_cells"][0].split(",")
        assert row["is_stack"][0] == (Genotype(3, tuple(ops)) in plain_stacks(3))
        same = "control-cnn" not in cells_by_ops(tables, row["runs"][0]).values()
        assert row["is_cnn"][0] == same
        gains = tables.page("scenes").split("## The found student minus")[1]
        line = next(each for each in gains.splitlines() if f"| {row['scene']} |" in each)
        assert ("the same cell" in line) == same
    page = tables.page("scenes")
    count = sum(row["is_stack"][0] for row in tables.report["scenes"])
    assert f"In {count} of 2 runs the found cell is itself a plain stack" in " ".join(page.split())


def test_what_costs_as_much_says_how_much_more_it_took(tables: Tables) -> None:
    for row in tables.report["scenes"]:
        result = tables.ablation.workspace.store.run(row["runs"][0]).result
        assert result is not None
        own = result["student_beside_controls"]
        times = {each["name"]: each for each in result["controls"]}
        body = [times[f"random-{i}"]["latency_body_ms"]["p50"] for i in (1, 2, 3)]
        more = [each / own["latency_body_ms"]["p50"] - 1.0 for each in body]
        beside = row["beside"]["random cells"]
        assert beside["mean"] == pytest.approx(np.mean(more))
        assert (beside["low"], beside["high"]) == (min(more), max(more))
        request = times["gru"]["latency_ms"]["p50"] / own["latency_ms"]["p50"] - 1.0
        assert row["beside"]["GRU"]["mean"] == pytest.approx(request)


def test_pooled_rows_are_over_both_scenes(tables: Tables) -> None:
    pooled = tables.report["pooled"]
    assert {row["rivals"] for row in pooled} == set(RIVALS)
    for row in pooled:
        assert row["teacher"] == "nextitnet"
        assert set(row["by_scene"]) == set(SCENES)
        assert row["runs"] == 2
        assert row["mean"] == pytest.approx(np.mean(list(row["by_scene"].values())))
        assert row["users"][0] <= row["mean"] <= row["users"][1]
    by_hand = []
    for row in tables.report["scenes"]:
        rival = row["models"]["control-gru"]["ndcg@10"]
        by_hand.append((row["models"]["student"]["ndcg@10"] - rival) / rival)
    found = next(row for row in pooled if row["rivals"] == "GRU")
    assert found["mean"] == pytest.approx(np.mean(by_hand))


def test_a_change_is_against_the_unchanged_run(tables: Tables) -> None:
    rows = {row["variant"]: row for row in tables.report["losses"]}
    unchanged, changed = rows["as it is"], rows["without hidden distillation"]
    difference = changed["model"]["ndcg@10"] - unchanged["model"]["ndcg@10"]
    assert changed["change"]["mean"] == pytest.approx(difference)
    assert changed["change"]["of"] == pytest.approx(unchanged["model"]["ndcg@10"])
    assert unchanged["change"]["mean"] == 0
    assert tables.row("losses", "as it is")[3] == "–"
    # The unchanged run needs no run of its own: the scene's run with controls is it.
    scene = next(row for row in tables.report["scenes"] if row["scene"] == "cycle")
    assert len({*unchanged["runs"], *scene["runs"]}) <= 2
    assert unchanged["model"] == scene["models"]["student"]


def test_a_change_that_changes_nothing_is_called_so(tables: Tables) -> None:
    unchanged = next(row for row in tables.report["losses"] if row["variant"] == "as it is")
    page = losses_page({"losses": [unchanged, unchanged | {"variant": "blend hybrid"}]})
    assert [line.split(" | ")[3] for line in page[-2:]] == ["–", "none: the same ranks"]


def test_what_was_not_run_is_printed_as_such(tables: Tables) -> None:
    assert tables.row("losses", NOT_RUN.variant)[1] == "not run"
    row = next(row for row in tables.report["losses"] if row["variant"] == NOT_RUN.variant)
    assert (row["runs"], row["asked_seeds"]) == ([], [0])


def test_transfer_has_the_own_cell_on_the_diagonal(tables: Tables) -> None:
    transfer = tables.report["transfer"]
    assert transfer["scenes"] == list(SCENES)
    for row in transfer["rows"]:
        scene = row["scene"]
        other = next(name for name in SCENES if name != scene)
        assert set(row["ndcg@10"]) == set(SCENES)
        difference = row["ndcg@10"][scene] - row["ndcg@10"][other]
        assert row["own_minus"][other]["mean"] == pytest.approx(difference)
        printed = tables.row("transfer", scene)
        assert printed[1 + SCENES.index(scene)] == f"**{row['ndcg@10'][scene]:.4f}**"
        marked = [name for name, cell in zip(SCENES, printed[1:], strict=True) if "over" in cell]
        assert marked == row["over_limit"]
    shares = [
        (row["ndcg@10"][row["scene"]] - ndcg) / ndcg
        for row in transfer["rows"]
        for name, ndcg in row["ndcg@10"].items()
        if name != row["scene"]
    ]
    assert transfer["pooled"]["mean"] == pytest.approx(np.mean(shares))
    assert "scenes the own cell has the highest NDCG@10" in tables.page("transfer")


def test_a_cell_is_over_the_limit_as_the_search_would_find_it(tables: Tables) -> None:
    evidence = Evidence(tables.ablation.workspace, TINY)
    run = evidence.workspace.store.run(tables.report["transfer"]["rows"][0]["run"])
    search = next(step["key"] for step in run.steps if step["role"] == "search")
    points = read_json(evidence.workspace.artefacts.path(str(search)) / "front.json")
    for point in points:
        found = is_over_limit(evidence, run, Genotype.from_json(point["genotype"]))
        assert found == (not point["within_limit"])


def test_the_transfer_page_counts_the_cells_within_the_limit() -> None:
    def gain(low: float, high: float) -> dict[str, float]:
        return {"mean": (low + high) / 2, "low": low, "high": high}

    def row(scene: str, over: list[str], **gains: dict[str, float]) -> dict[str, Any]:
        return {"scene": scene, "own_minus": gains, "over_limit": over}

    words = within_the_limit(
        [
            row("a", ["c"], b=gain(0.1, 0.2), c=gain(-0.3, -0.2)),
            row("b", [], a=gain(-0.1, 0.2), c=gain(-0.2, -0.1)),
            row("c", ["a", "b"], a=gain(0.1, 0.2), b=gain(0.1, 0.2)),
        ]
    )
    assert "3 keep to the limit" in words
    assert "better than 1 of these, worse than 1, and not shown to differ from 1." in words


def test_paper_sizes_are_ratios_of_the_medians(tables: Tables) -> None:
    row = tables.report["paper"][0]
    printed = tables.row("paper", "cycle")
    assert printed[1] == f"{row['teacher']['ndcg@10']:.4f}"
    assert printed[6] == "1.0x", "the latencies of this workspace are all alike"
    assert printed[8] == f"{row['teacher']['macs'] / row['student']['macs']:.1f}x"


def test_settings_on_top_are_told_on_every_page(tables: Tables) -> None:
    for name in ("scenes", "losses", "transfer", "paper"):
        text = tables.page(name)
        assert f"teacher.width={TINY['teacher.width']}" in text
        assert f"{len(CELLS) - 2} of {len(CELLS)} runs" in text


def test_what_is_left_is_listed_with_the_time_that_such_runs_took(tables: Tables) -> None:
    left = tables.ablation.left()
    assert [each["cell"] for each in left] == [CELLS[2].name, NOT_RUN.name]
    assert all(each["state"] == "not run" for each in left)
    # Every stage has been run once, so something tells of all of them.
    assert not any(each["or_more"] for each in left)
    total = tables.ablation.minutes_left()
    assert total["minutes"] <= sum(each["minutes"] for each in left) + 0.1
    assert [each["cell"] for each in tables.ablation.left(Choice("losses"))] == [NOT_RUN.name]


def test_an_unknown_part_is_a_mistake(tables: Tables) -> None:
    with pytest.raises(SettingsError, match="no part 'speed'. Choose one of scenes"):
        tables.ablation.left(Choice("speed"))


def test_nothing_run_is_a_page_of_not_run(workspace: Workspace, tmp_path: Path) -> None:
    ablation = Experiment(ABLATION, workspace, tmp_path / "out", log_of=sample_log)
    report = ablation.write()
    assert report["pooled"] == []
    assert len(ablation.left()) == len(all_cells())
    assert ablation.minutes_left() == {"minutes": 0.0, "or_more": True}
    for name in ("scenes", "losses", "transfer", "paper"):
        text = (tmp_path / "out" / f"ablation-{name}.md").read_text(encoding="utf-8")
        assert "| not run |" in text


def test_cells_of_other_scenes_are_waited_for(workspace: Workspace, tmp_path: Path) -> None:
    ablation = Experiment(ABLATION, workspace, tmp_path, log_of=sample_log)
    transfer = next(cell for cell in all_cells() if cell.part == "transfer")
    state = ablation.evidence.state(transfer)
    assert state.run is None
    assert state.words == f"waits for the cells of {', '.join(transfer.foreign)}"


def test_tables_of_another_workspace_are_not_overwritten(
    tables: Tables, workspace: Workspace
) -> None:
    before = tables.page("scenes")
    ablation = Experiment(
        ABLATION, workspace, tables.folder, log_of=sample_log, cells=CELLS, on_top=TINY
    )
    with pytest.raises(RunError, match="holds 9 runs .* --home, or the folder"):
        ablation.write()
    assert tables.page("scenes") == before


def test_they_are_replaced_when_that_is_asked_for(
    tables: Tables, workspace: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(tables.folder, tmp_path / "copy")
    ablation = Experiment(
        ABLATION, workspace, tmp_path / "copy", log_of=sample_log, cells=CELLS, overwrites=True
    )
    assert all(cell["run"] is None for cell in ablation.write()["cells"])


def test_the_foot_of_a_page_says_when_its_runs_were_made(tables: Tables) -> None:
    runs = {cell["run"] for cell in tables.report["cells"]} - {None}
    store = tables.ablation.workspace.store
    days = sorted(
        datetime.fromtimestamp(store.run(run).finished_at or 0.0, UTC).date().isoformat()
        for run in runs
    )
    words = " ".join(tables.page("scenes").split())
    assert f"The newest run is of {days[-1]}, the oldest of {days[0]}." in words
