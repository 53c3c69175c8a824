"""The page of a system: question, method, tables and verdicts, from the JSON alone."""

from typing import Any

from adarec.bench.experiments.markdown import (
    NOT_RUN,
    cell_words,
    footer,
    judged,
    paragraph,
    percent,
    seeds,
    share,
    table,
)
from adarec.bench.systems.system import System

Json = dict[str, Any]
_PROTOCOL = (
    "Preset `quick`. NDCG@10 on the test item, whole catalogue, consumed items not masked, "
    "averaged over the seeds; with each seed teacher, search and student are trained anew."
)
_INTERVALS = (
    "In percent of the rival's NDCG@10, with the 95 % paired bootstrap interval over users; a "
    "user's NDCG@10 is averaged over the seeds first. The interval holds for other users, not for "
    "other seeds: their means stand beside it, and one seed is a hint."
)
_POOLED = (
    "Every scene counts the same. The first interval draws users within each scene, the second "
    "draws scenes and their seeds, coarsely, because they are few."
)
_LENGTHS = (
    "Users by the real items of their training history (validation and test item not counted). "
    "In percent of the rival's NDCG@10 among the same users."
)
_COSTS = (
    "Latency: onnxruntime, one thread, batch 1, p50, milliseconds, of a request and of the body "
    "(without scoring and top 10). Minutes: all stages of a run, the ones that it shares with "
    "others too. Seconds of an epoch: of the student's distillation, its validation included. "
    "Both are medians of the seeds."
)
_CELLS = (
    "Limit: what a cell could cost by the cost table of its machine, a share of its own teacher's "
    "cost. Students of unlike limits are not of equal size."
)
_CELL_COLUMNS = ("scene", "variant", "seed", "limit", "machine", "cell")
_DIFFERENCE_COLUMNS = (
    *("scene", "difference", "seeds", "the rival's", "in percent", "by seed"),
    "verdict",
)
_POOLED_COLUMNS = ("difference", "scenes", "runs", "users drawn", "scenes and seeds drawn")
_LENGTH_COLUMNS = (
    *("scene", "history", "users", "difference", "seeds", "the rival's", "in percent"),
    "verdict",
)
_COST_COLUMNS = (
    *("scene", "variant", "teacher's request", "student's request", "teacher's body"),
    *("student's body", "minutes", "seconds of an epoch"),
)


def system_page(system: System, report: Json) -> str:
    """The page's text."""
    accuracy = [_accuracy_row(system, row) for row in report["rows"]]
    way = ("of the way to the oracle",) if "oracle" in system.roles else ()
    columns = ("scene", "variant", "seeds", *system.roles.values(), *way, "best count")
    lines = [
        *(f"# {system.title}", ""),
        *(*paragraph(report["question"]), ""),
        *(*paragraph(f"{report['method']} {_PROTOCOL}"), ""),
        *(*table(columns, accuracy), ""),
        *("## Verdicts", "", *_verdicts(report), ""),
        *("## Differences", "", *paragraph(_INTERVALS), ""),
        *table(_DIFFERENCE_COLUMNS, [_difference_row(each) for each in report["differences"]]),
        *("", "## Over all scenes", "", *_pooled(report["pooled"]), ""),
    ]
    if system.by_length:
        lines += ["## By the length of the history", "", *_lengths(report["by_length"]), ""]
    lines += [
        *("## What it costs", "", *paragraph(_COSTS), ""),
        *(*table(_COST_COLUMNS, [_cost_row(row) for row in report["rows"]]), ""),
        *("## The cells that were found", "", *paragraph(_CELLS), ""),
        *(*table(_CELL_COLUMNS, _cell_rows(report["rows"])), ""),
    ]
    return "\n".join([*lines, *footer(report, system.name)]) + "\n"


def _accuracy_row(system: System, row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    name, count = row["best_count"]
    way = []
    if "way" in row:
        way = ["–" if row["way"] is None else f"{100 * row['way']:.0f} %"]
    return [
        *(row["scene"], row["variant"], seeds(row)),
        *(f"{row['models'][role]['ndcg@10']:.4f}" for role in system.roles),
        *way,
        f"{count:.4f} ({name.replace('_', ' ')})",
    ]


def _verdicts(report: Json) -> list[str]:
    """A line a scene."""
    found: dict[str, list[str]] = {}
    for each in report["differences"]:
        words = f"{each['words']}: {each['verdict']}"
        if each["seeds"]:
            done = f"{len(each['seeds'])} of {len(each['asked_seeds'])} seeds"
            words += f", {share(each, each['of'])}, {done}"
        found.setdefault(each["scene"], []).append(words)
    return [f"- **{scene}**: {'; '.join(words)}." for scene, words in found.items()]


def _difference_row(each: Json) -> list[str]:
    if not each["seeds"]:
        return [each["scene"], each["words"], NOT_RUN]
    return [
        *(each["scene"], each["words"], seeds(each), f"{each['of']:.4f}"),
        share(each, each["of"]),
        _by_seed(each),
        judged((each["low"], each["high"])),
    ]


def _by_seed(each: Json) -> str:
    if each["of"] <= 0:
        return "–"
    return ", ".join(f"{100 * mean / each['of']:+.1f}" for mean in each["by_seed"])


def _pooled(pooled: list[Json]) -> list[str]:
    if not pooled:
        return ["Not run: at least two scenes are needed."]
    rows = [
        [
            *(each["words"], str(len(each["scenes"])), str(each["runs"])),
            f"{percent(each['mean'], each['users'])}: {each['verdict']}",
            percent(each["mean"], each["clusters"]),
        ]
        for each in pooled
    ]
    return [*paragraph(_POOLED), "", *table(_POOLED_COLUMNS, rows)]


def _lengths(entries: list[Json]) -> list[str]:
    if not entries:
        return ["Not run."]
    rows = [
        [
            *(each["scene"], _span(each), f"{each['users']:,}", each["words"]),
            ", ".join(str(seed) for seed in each["seeds"]),
            f"{each['of']:.4f}",
            share(each, each["of"]),
            each["verdict"],
        ]
        for each in entries
    ]
    return [*paragraph(_LENGTHS), "", *table(_LENGTH_COLUMNS, rows)]


def _span(each: Json) -> str:
    return f"{each['from']} or more" if each["to"] is None else f"{each['from']} to {each['to']}"


def _cost_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    models = [row["models"][role] for role in ("teacher", "student")]
    epoch = row["epoch_seconds"]
    return [
        *(row["scene"], row["variant"]),
        *(f"{model['latency_ms']:.3f}" for model in models),
        *(f"{model['latency_body_ms']:.3f}" for model in models),
        f"{row['minutes']:.1f}",
        "–" if epoch is None else f"{epoch:.1f}",
    ]


def _cell_rows(rows: list[Json]) -> list[list[str]]:
    found = []
    for row in rows:
        if not row["runs"]:
            found.append([row["scene"], row["variant"], NOT_RUN])
            continue
        columns = ("seeds", "targets", "cpus", "found_cells", "collapsed")
        for seed, target, cpu, ops, collapsed in zip(*(row[c] for c in columns), strict=True):
            limit = f"{target['of']}: {target['limit']:.3g} {target['unit']}"
            words = cell_words(ops, collapsed)
            found.append([row["scene"], row["variant"], str(seed), limit, cpu, words])
    return found
