"""A run as one HTML file that opens anywhere without a network: its numbers with the method of
each, its pictures, its settings and the command that repeats it."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from adarec.errors import RunError
from adarec.runs.records import RunRecord
from adarec.runs.result import items_seen
from app import gateway
from app.figures.results.adaptation import adaptation_info, draw_adaptation
from app.gateway.settings import flat
from app.panels.runs import run_pictures
from app.report.html import Picture, figures, html_page, section, table
from app.report.numbers import numbers_table


def run_report(run: RunRecord) -> str:
    """The report of a finished run as HTML.

    Raises:
        RunError: The run has no result yet.
    """
    if run.result is None:
        raise RunError(f"{run.run} has not finished. Its report can be written afterwards.")
    result = run.result
    title = f"{run.scene}: {run.name} ({run.run})" if run.name else f"{run.scene}: run {run.run}"
    verdict = gateway.with_times_sign(result["verdict"])
    sections = (
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(_about(run))}</p>',
        f'<p class="verdict"><b>Verdict.</b> {escape(verdict)}</p>',
        section("What was found", table(("what", "value"), _facts(result))),
        *_adaptation(result),
        section("Every number and its method", numbers_table(result)),
        section("The cell and how it formed", *figures(_cell_pictures(run))),
        section("Short and long histories", *figures(_history_pictures(run))),
        section("Learning", *figures(_learning_pictures(run))),
        section("Repeat it", f"<pre>{escape(gateway.repeat_command(run))}</pre>"),
        section("Settings", table(("setting", "value"), flat(run.settings).items())),
        section("Where and how long", table(("what", "value"), _circumstances(result))),
    )
    return html_page(title, sections)


def _about(run: RunRecord) -> str:
    result = run.result or {}
    scene = result["scene"]
    items = result.get("adaptation", {}).get("target_items", scene["items"])
    example = "The example run that comes with the studio. " if run.is_example else ""
    return (
        f"{example}Distilled from {run.taught_by}, preset {run.preset}, mapping {run.mapping}, "
        f"seed {run.seed}. The scene has {scene['users']:,} users, {items:,} items and "
        f"{scene['interactions']:,} interactions; models read the newest "
        f"{scene['sequence_length']} items. Written by AdaRec Studio."
    )


def _facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    difference, speedup = result["difference"]["ndcg@10"], result["speedup"]
    student = result["student"]
    found = [
        (
            "NDCG@10, student minus teacher",
            f"{difference['mean']:+.4f}, 95 % paired bootstrap interval over users "
            f"{difference['low']:+.4f} to {difference['high']:+.4f}",
        ),
        (
            "Speed-up",
            f"{speedup['p50']:.1f}× per request, {speedup['body_p50']:.1f}× without scoring and "
            "top 10 (medians)",
        ),
        ("Sees the newest", f"{items_seen(result)} items"),
        ("Collapsed", "yes: no edge with parameters" if student["collapsed"] else "no"),
    ]
    if "augmentation" in result:
        found.append(("Augmentation", str(result["augmentation"]["note"])))
    return found


def _circumstances(result: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    yield from flat(result["environment"]).items()
    yield "peak memory (MB)", f"{result['peak_rss_mb']:.0f}"
    for stage, seconds in result["seconds"].items():
        yield f"{stage} (s)", f"{seconds:.1f}"


def _adaptation(result: Mapping[str, Any]) -> list[str]:
    """The picture of an adaptation; nothing for a search."""
    if "adaptation" not in result:
        return []
    info = adaptation_info(result)
    return [
        section(
            "What the target's histories were worth", *figures([(info, draw_adaptation(info))])
        )
    ]


def _cell_pictures(run: RunRecord) -> list[Picture | None]:
    return [
        *run_pictures.cell_pictures(run),
        run_pictures.op_weights_picture(run),
        run_pictures.op_curves_picture(run),
        run_pictures.entropy_picture(run, run_pictures.recorded_curves(run)),
    ]


def _history_pictures(run: RunRecord) -> list[Picture | None]:
    return [run_pictures.by_length_picture(run), run_pictures.augmented_picture(run)]


def _learning_pictures(run: RunRecord) -> list[Picture | None]:
    recorded = run_pictures.recorded_curves(run)
    return [
        run_pictures.mapping_picture(run),
        run_pictures.validation_picture(run, recorded),
        *(
            run_pictures.losses_picture(run, recorded, role=role)
            for role in run_pictures.LEARNING_STEPS
        ),
        run_pictures.cost_picture(run, recorded),
    ]
