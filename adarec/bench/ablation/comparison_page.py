"""The page of the six scenes: who is how accurate, at which cost, and was the search worth it."""

from collections.abc import Sequence
from typing import Any

from adarec.bench.ablation.compared import HAND_MADE, RANDOM, RIVALS
from adarec.bench.experiments.markdown import (
    NOT_RUN,
    cell_words,
    judged,
    paragraph,
    percent,
    seeds,
    share,
    table,
)

Json = dict[str, Any]
_WHAT = (
    "Preset `quick`. NDCG@10 on the test item, whole catalogue, consumed items not masked, "
    "averaged over the seeds. Random cells (the mean of three, drawn anew for each found "
    "student), the plain stack of convolutions (CNN), the GRU and the one-block SASRec cost about "
    "what the found student costs, by graphs that were timed in turn with its own: cells, which "
    "score alike, without scoring; GRU and SASRec, of the widths 16, 24, … 128, by a whole "
    "request. All are distilled from the same teacher. "
    "Cells start from the supernet's weights and learn for as many epochs as the found student; "
    "GRU, SASRec and the student without distillation cannot, and may learn for the search's "
    "epochs more. A graph computes all positions that its model sees; a SASRec of one block that "
    "computed the newest query alone would be cheaper, and so might be wider."
)
_METHOD = (
    "In percent of the other's NDCG@10, with the 95 % paired bootstrap interval over users; "
    "with several seeds a user's NDCG@10 is averaged over them first."
)
_POOLED_METHOD = (
    "In percent of the other's NDCG@10 in a scene; every scene counts the same. The first "
    "interval (95 %) draws users within each scene, after averaging a user over the scene's "
    "runs: it holds for other users of these scenes. The second draws scenes, and in each drawn "
    "scene its runs (seeds and teachers): it holds for other scenes and seeds, coarsely, "
    "because they are few."
)
_SPREAD_METHOD = (
    "Standard deviation of the NDCG@10 between the cells of about one cost (found, random, CNN), "
    "each cell once, in percent of their mean, with its 95 % interval, by an analysis of "
    "variance: what is left when the noise of so few users is taken off. Each cell was trained "
    "once, so chance in training is in it, too. A search that chose without error could gain one "
    "to two of these over the mean of random cells, and none where the interval begins at 0."
)
_COST_METHOD = (
    "Milliseconds, p50, mean of the seeds: the body (without scoring and top 10) / a request. "
    "Students are timed in turn with each other, the teacher in turn with the found student."
)
_BESIDE_METHOD = (
    "What the rivals of equal cost took more than the found student when all were timed in turn: "
    "mean, lowest and highest of cells and seeds."
)
_BESIDE_COLUMNS = (
    *("scene", "teacher", "random cells, body", "CNN, body", "GRU, request", "SASRec, request"),
)
_SPREAD_COLUMNS = ("scene", "teacher", "cells", "between cells", "noise of a cell's mean")
_ACCURACY_COLUMNS = (
    *("scene", "teacher", "seeds", "teacher's", "student", "no distillation", "random cells"),
    *("CNN", "GRU", "SASRec", "all-skip", "best count"),
)
_COST_COLUMNS = (
    *("scene", "teacher", "teacher's", "student", "random cells", "CNN", "GRU", "SASRec"),
    *("all-skip", "minutes"),
)
_POOLED_COLUMNS = (
    *("teacher", "found student minus", "scenes", "runs", "users drawn"),
    *("scenes and seeds drawn", "for other users", "for other scenes and seeds"),
)
_SINGLE = ("control-cnn", "control-gru", "control-sasrec", "control-all-skip")


def comparison_page(report: Json) -> list[str]:
    """Accuracy, differences with intervals, pooled ones, spread, costs, cells."""
    rows = report["scenes"]
    lines = [
        "# Ablation: teachers, students and controls",
        "",
        *paragraph(_WHAT),
        "",
        *table(_ACCURACY_COLUMNS, [_accuracy_row(row) for row in rows]),
        "",
        "## The found student minus each of them",
        "",
        *paragraph(_METHOD),
        "",
        *table(("scene", "teacher", *RIVALS), [_gain_row(row) for row in rows]),
        "",
        "## Pooled over scenes and seeds",
        "",
        *_pooled(report["pooled"], rows),
        "",
        "## How much do cells of one cost differ?",
        "",
        *paragraph(_SPREAD_METHOD),
        "",
        *table(_SPREAD_COLUMNS, [_spread_row(row) for row in rows]),
        "",
        "## What they cost",
        "",
        *paragraph(_COST_METHOD),
        "",
        *table(_COST_COLUMNS, [_cost_row(row) for row in rows]),
        "",
        *paragraph(_BESIDE_METHOD),
        "",
        *table(_BESIDE_COLUMNS, [_beside_row(row) for row in rows]),
    ]
    lines += ["", "## The cells that were found", ""]
    return lines + table(("scene", "teacher", "seed", "cell"), _found_rows(rows))


def _accuracy_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    best = max(row["baselines"], key=lambda name: row["baselines"][name])
    roles: list[Sequence[str]] = [("teacher",), ("student",), ("control-no-distillation",), RANDOM]
    roles += [(role,) for role in _SINGLE]
    return [
        row["scene"],
        row["variant"],
        seeds(row),
        *(f"{_mean(row, each, 'ndcg@10'):.4f}" for each in roles),
        f"{row['baselines'][best]:.4f} ({best.replace('_', ' ')})",
    ]


def _gain_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    gains = {
        words: share(row["gains"][words], _mean(row, roles, "ndcg@10"))
        for words, roles in RIVALS.items()
    }
    if all(row["is_cnn"]):
        gains["CNN"] = "the same cell"
    return [row["scene"], row["variant"], *gains.values()]


def _pooled(pooled: Sequence[Json], found: Sequence[Json]) -> list[str]:
    if not pooled:
        return ["Not run: at least two scenes of one teacher are needed."]
    rows = [
        [
            each["teacher"],
            each["rivals"],
            str(len(each["by_scene"])),
            str(each["runs"]),
            percent(each["mean"], each["users"]),
            percent(each["mean"], each["clusters"]),
            judged(each["users"]),
            judged(each["clusters"]),
        ]
        for each in pooled
    ]
    return [
        *paragraph(_POOLED_METHOD + _of_stacks(found)),
        "",
        *table(_POOLED_COLUMNS, rows),
    ]


def _of_stacks(rows: Sequence[Json]) -> str:
    """In how many runs the search chose what one builds by hand."""
    stacks = [each for row in rows if row["runs"] for each in row["is_stack"]]
    same = [each for row in rows if row["runs"] for each in row["is_cnn"]]
    return (
        f" In {sum(stacks)} of {len(stacks)} runs the found cell is itself a plain stack of "
        f"convolutions; in {sum(same)} it is the very cell of CNN, whose difference is 0 there."
    )


def _spread_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    spread = {name: f"{100 * value:.1f}" for name, value in row["spread"].items()}
    return [
        *(row["scene"], row["variant"], str(row["spread"]["models"])),
        f"{spread['between']} % ({spread['low']} to {spread['high']})",
        f"{spread['noise']} %",
    ]


def _cost_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    roles: list[Sequence[str]] = [("teacher",), ("student",), RANDOM]
    roles += [(role,) for role in (*HAND_MADE, "control-all-skip")]
    times = [
        " / ".join(f"{_mean(row, each, key):.3f}" for key in ("latency_body_ms", "latency_ms"))
        for each in roles
    ]
    return [row["scene"], row["variant"], *times, f"{row['minutes']:.1f}"]


def _beside_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    beside = [
        percent(each["mean"], (each["low"], each["high"])) for each in row["beside"].values()
    ]
    return [row["scene"], row["variant"], *beside]


def _found_rows(rows: Sequence[Json]) -> list[list[str]]:
    return [
        [
            *(row["scene"], row["variant"], str(seed)),
            cell_words(ops, collapsed) + (" (a plain stack)" if is_stack else ""),
        ]
        for row in rows
        if row["runs"]
        for seed, ops, collapsed, is_stack in zip(
            *(row[key] for key in ("seeds", "found_cells", "collapsed", "is_stack")), strict=True
        )
    ]


def _mean(row: Json, roles: Sequence[str], key: str) -> float:
    return sum(row["models"][role][key] for role in roles) / len(roles)
