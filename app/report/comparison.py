"""Several finished runs side by side as one HTML file: their verdicts, cells and numbers, what
kind of scenes they are, and the commands that repeat them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from adarec.errors import RunError
from adarec.genotype import Genotype
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.cells.cell_distances import cell_distances_info, draw_cell_distances
from app.figures.cells.cell_graph import draw_cell_graph
from app.figures.cells.op_shares import draw_op_shares, op_shares_info
from app.figures.results.frontier import CLICK, draw_frontier, frontier_info
from app.figures.results.scene_metrics import draw_scene_metrics, scene_metrics_info
from app.figures.scenes.scene_character import draw_scene_character, scene_character_info
from app.panels.cells.cell_graphs import found_on, graphs_of_run
from app.report.html import Picture, figures, html_page, section, table
from app.report.numbers import numbers_table

_COST, _ACCURACY = "Latency p50 (ms)", "NDCG@10"


def comparison_report(run_ids: Sequence[str]) -> str:
    """The report of finished runs as HTML; two runs of one scene are told apart by their id.

    Raises:
        RunError: No run is given, there is none with that id, or one of them has no result.
    """
    if not run_ids:
        raise RunError("No run is chosen. Choose one or more finished runs to report.")
    runs = [gateway.run(run_id) for run_id in run_ids]
    by_label = {_label(run, runs): run for run in runs}
    results: dict[str, Mapping[str, Any]] = {}
    for label, run in by_label.items():
        if run.result is None:
            raise RunError(f"{run.run} has not finished. Leave it out, or wait until it has.")
        results[label] = run.result
    title = f"{len(runs)} runs compared" if len(runs) > 1 else f"{runs[0].scene}: its comparison"
    numbers = [
        f"<h3>{escape(label)}: run {escape(str(result['run']))}</h3>{numbers_table(result)}"
        for label, result in results.items()
    ]
    commands = "\n".join(gateway.repeat_command(run) for run in runs)
    sections = (
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(", ".join(results))}. Written by AdaRec Studio.</p>',
        section("Verdicts", table(("run of", "verdict"), _verdicts(results))),
        section("At a glance", _glance(results)),
        section("Accuracy against latency", *figures([_frontier(results)])),
        section("Cells", *figures(_cell_pictures(by_label))),
        section("Scenes", *figures(_scene_pictures(runs, results))),
        section("Every number and its method", *numbers),
        section("Repeat them", f"<pre>{escape(commands)}</pre>"),
    )
    return html_page(title, sections)


def _label(run: RunRecord, runs: Sequence[RunRecord]) -> str:
    if run.is_example:
        return f"{run.scene} (example)"
    if run.name:
        return f"{run.scene} ({run.name}, {run.run})"
    is_alone = sum(other.scene == run.scene for other in runs) == 1
    return run.scene if is_alone else f"{run.scene} ({run.run})"


def _verdicts(results: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (label, gateway.with_times_sign(result["verdict"])) for label, result in results.items()
    ]


def _glance(results: Mapping[str, Mapping[str, Any]]) -> str:
    columns = (
        "run of",
        "cell",
        "teacher NDCG@10",
        "student NDCG@10",
        "difference, 95 % interval",
        "student (ms)",
        "speed-up",
        "parameters",
    )
    return table(columns, [_row(*each) for each in results.items()], first_number=2)


def _row(label: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    teacher, student = result["teacher"], result["student"]
    difference = result["difference"]["ndcg@10"]
    return (
        label,
        Genotype.from_json(student["genotype"]).describe(),
        f"{teacher['metrics']['ndcg@10']:.4f}",
        f"{student['metrics']['ndcg@10']:.4f}",
        f"{difference['mean']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f})",
        f"{student['latency_ms']['p50']:.3g}",
        f"{result['speedup']['p50']:.1f}×",
        f"{student['params']:,}",
    )


def _frontier(results: Mapping[str, Mapping[str, Any]]) -> Picture:
    by_run = {str(result["run"]): result for result in results.values()}
    info = frontier_info(by_run, cost_axis=_COST, accuracy_axis=_ACCURACY)
    # A report has no pages that a click could open.
    info = replace(info, explanation=info.explanation.removesuffix(f" {CLICK}"))
    return info, draw_frontier(info)


def _cell_pictures(runs: Mapping[str, RunRecord]) -> list[Picture]:
    """`runs` are finished, by their label."""
    results = {label: run.result or {} for label, run in runs.items()}
    cells = {
        label: Genotype.from_json(result["student"]["genotype"])
        for label, result in results.items()
    }
    graphs = [
        graph
        for label, cell in cells.items()
        for graph in graphs_of_run(
            runs[label], cell, title=f"Cell of {label}{found_on(results[label])}"
        )
    ]
    shares = op_shares_info(cells)
    found: list[Picture] = [(graph, draw_cell_graph(graph)) for graph in graphs]
    found.append((shares, draw_op_shares(shares)))
    if len(cells) > 1:
        distances = cell_distances_info(cells)
        found.append((distances, draw_cell_distances(distances)))
    return found


def _scene_pictures(
    runs: Sequence[RunRecord], results: Mapping[str, Mapping[str, Any]]
) -> list[Picture]:
    metrics = scene_metrics_info(results, metric="ndcg@10")
    found: list[Picture] = [(metrics, draw_scene_metrics(metrics))]
    characters = gateway.scene_characters(list(dict.fromkeys(run.scene for run in runs)))
    if characters:
        character = scene_character_info(characters)
        found.append((character, draw_scene_character(character)))
    return found
