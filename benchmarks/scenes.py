"""The whole path on six real scenes at `quick`, with control cells: writes docs/results/scenes.*.

    python benchmarks/scenes.py [--scene NAME …] [--seed N …] [--controls N] [--home DIR]

One `python -m adarec search` a scene and seed, each in a process of its own; a scene that is not
run is printed as "not run", and what was stored before stays. Seeds of a scene are pooled where
their runs have equal settings and are all in the workspace. Run it alone: latencies on a busy
machine are no latencies.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adarec.bench.experiments.cell import SCENES
from adarec.bench.pooling import gain_over_seeds, ndcg_over_seeds, random_controls, run_ranks
from adarec.config import read_settings
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from adarec.verdict import judge_quality

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
SEEDS_METHOD = (
    "NDCG@10 of a user is averaged over the seeds (teacher, search, student and controls are all",
    "trained anew with each), then users are drawn: 95 % paired bootstrap, in shares of the",
    "teacher's (of the found student's in the last column).",
)
KEPT = (
    "run",
    "scene",
    "seed",
    "teacher",
    "student",
    "baselines",
    "speedup",
    "difference",
    "controls",
    "student_minus_random_mean",
    "target",
    "findings",
    "verdict",
    "seconds",
    "peak_rss_mb",
    "environment",
    "protocol",
)


def main() -> int:
    """Runs the asked scenes and seeds, and rewrites the table of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scene", action="append", choices=SCENES)
    parser.add_argument("--controls", type=int, default=3)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--home", default=str(ROOT / ".adarec-results"))
    asked = parser.parse_args()
    data = Path(os.environ.get("ADAREC_BENCH_DATA") or ROOT.parent / "shared" / "data")
    if not data.is_dir():
        sys.stderr.write(f"{data} is not there. Set ADAREC_BENCH_DATA to the real scenes.\n")
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.open(asked.home)
    for seed in asked.seed or [0]:
        for scene in asked.scene or SCENES:
            found = search(data / f"{scene}.csv.gz", seed, asked)
            store(RESULTS, scene, found, workspace)
    return 0


def store(folder: Path, scene: str, found: dict[str, Any], workspace: Workspace) -> None:
    """Puts one run into scenes.json and scenes.md. The file is read again just before: another
    process may have stored other scenes or seeds since.
    """
    results = read_results(folder / "scenes.json")
    kept = results.setdefault(scene, {"seeds": {}})
    kept["seeds"][str(found["seed"])] = found
    kept["pooled"] = pool(kept["seeds"], found, workspace)
    text = json.dumps(results, indent=1, sort_keys=True) + "\n"
    (folder / "scenes.json").write_text(text, encoding="utf-8")
    (folder / "scenes.md").write_text(page(results), encoding="utf-8")


def read_results(path: Path) -> dict[str, Any]:
    """What is stored, by scene: `seeds` (seed -> its run's result) and `pooled`, or None."""
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {
        scene: kept if "seeds" in kept else {"seeds": {str(kept["seed"]): kept}, "pooled": None}
        for scene, kept in results.items()
    }


def pool(
    seeds: dict[str, Any], newest: dict[str, Any], workspace: Workspace
) -> dict[str, Any] | None:
    """The seeds together: those of the newest run's settings whose ranks are in the workspace;
    None with fewer than two.
    """
    known = {run.run: run for run in workspace.store.runs(states=("succeeded",))}
    wanted = _settings(known[newest["run"]])
    alike = {
        seed: result
        for seed, result in sorted(seeds.items(), key=lambda pair: int(pair[0]))
        if result["run"] in known and _settings(known[result["run"]]) == wanted
    }
    if len(alike) < 2:
        return None
    ranks = [run_ranks(workspace, result["run"]) for result in alike.values()]
    differences = {"student_minus_teacher": gain_over_seeds(ranks, "student", ["teacher"])}
    if rivals := random_controls(ranks):
        differences["student_minus_random_mean"] = gain_over_seeds(ranks, "student", rivals)
    best = newest["findings"]["best_count_baseline"]
    return {
        "seeds": [int(seed) for seed in alike],
        "teacher": float(ndcg_over_seeds(ranks, "teacher").mean()),
        "student": float(ndcg_over_seeds(ranks, "student").mean()),
        "best_count": float(ndcg_over_seeds(ranks, f"baseline.{best}").mean()),
        **{name: asdict(gain) for name, gain in differences.items()},
    }


def _settings(run: RunRecord) -> dict[str, Any]:
    """What was asked, seed and controls aside; settings that are newer than the run
    have their defaults.
    """
    return read_settings(run.settings).model_dump(
        exclude={"seed", "controls", "hand_made", "cells"}
    )


def search(log: Path, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """The result of one run, without what the table does not need."""
    command = [
        sys.executable,
        "-m",
        "adarec",
        "search",
        str(log),
        "--controls",
        str(asked.controls),
        "--seed",
        str(seed),
        "--home",
        asked.home,
        "--json",
    ]
    answer = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    result = json.loads(answer)
    return {key: result[key] for key in KEPT if key in result}


def page(results: dict[str, Any]) -> str:
    """The Markdown page."""
    first = {scene: _first_seed(kept) for scene, kept in results.items()}
    lines = [
        "# Six scenes at `quick`",
        "",
        "Written by `python benchmarks/scenes.py` (`make results`). NDCG@10 on the test item,",
        "whole catalogue, consumed items not masked. Intervals: 95 % paired bootstrap over",
        "users, one seed (0 where nothing else is said). Latency: onnxruntime, one thread,",
        "batch 1, p50. Control cells have the found cell's cost by the table and are distilled",
        "for as many epochs, from the same supernet.",
        "",
        "| scene | L | teacher | student | student − teacher | best count | latency, ms "
        "| speed-up | body | minutes | peak, GB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(scene, first.get(scene)) for scene in SCENES]
    lines += ["", "## Over the seeds", "", *SEEDS_METHOD, ""]
    lines += ["| scene | seeds | teacher | student | student − teacher | found − random cells |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [_pooled_row(scene, results.get(scene)) for scene in SCENES]
    lines += ["", "## Was the search worth it?", ""]
    lines += ["| scene | found cell | found | random cells | found − their mean | all-skip |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [_control_row(scene, first.get(scene)) for scene in SCENES]
    lines += ["", "## Verdicts", ""]
    lines += [f"- **{scene}.** {first[scene]['verdict']}" for scene in SCENES if scene in first]
    lines += _pooled_verdicts(results)
    machines = sorted({found["environment"]["cpu"] for found in first.values()})
    lines += ["", f"Machine: {', '.join(machines)}, 2 threads of training.", ""]
    return "\n".join(lines)


def _first_seed(kept: dict[str, Any]) -> dict[str, Any]:
    return kept["seeds"][min(kept["seeds"], key=int)]


def _pooled_row(scene: str, kept: dict[str, Any] | None) -> str:
    if kept is None or not kept["pooled"]:
        return f"| {scene} | not run |" + " |" * 4
    found = kept["pooled"]
    random = found.get("student_minus_random_mean")
    cells = [
        scene,
        ", ".join(str(seed) for seed in found["seeds"]),
        f"{found['teacher']:.4f}",
        f"{found['student']:.4f}",
        _interval(found["student_minus_teacher"], found["teacher"]),
        _interval(random, found["student"]) if random else "not run",
    ]
    return "| " + " | ".join(cells) + " |"


def _pooled_verdicts(results: dict[str, Any]) -> list[str]:
    lines = []
    for scene in SCENES:
        found = results.get(scene, {}).get("pooled")
        if found:
            words = judge_quality(found["teacher"], found["student_minus_teacher"])[1]
            lines.append(f"- **{scene}, {len(found['seeds'])} seeds.** {words}.")
    return lines


def _row(scene: str, result: dict[str, Any] | None) -> str:
    if result is None:
        return f"| {scene} | not run |" + " |" * 9
    teacher, student = result["teacher"], result["student"]
    best = result["findings"]["best_count_baseline"]
    scale = teacher["metrics"]["ndcg@10"]
    cells = [
        _named(scene, result),
        result["scene"]["sequence_length"],
        f"{scale:.4f}",
        f"{student['metrics']['ndcg@10']:.4f}",
        _interval(result["difference"]["ndcg@10"], scale),
        f"{result['baselines'][best]['ndcg@10']:.4f} ({best.replace('_', ' ')})",
        f"{teacher['latency_ms']['p50']:.3f} → {student['latency_ms']['p50']:.3f}",
        f"{result['speedup']['p50']:.1f}x",
        f"{result['speedup']['body_p50']:.1f}x",
        f"{_minutes(result):.1f}",
        f"{result['peak_rss_mb'] / 1000:.1f}",
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _named(scene: str, result: dict[str, Any]) -> str:
    return scene if result["seed"] == 0 else f"{scene} (seed {result['seed']})"


def _minutes(result: dict[str, Any]) -> float:
    """Minutes of the run itself, the controls left out."""
    own = {name: s for name, s in result["seconds"].items() if "control" not in name}
    return sum(own.values()) / 60


def _control_row(scene: str, result: dict[str, Any] | None) -> str:
    if result is None or not result["controls"]:
        return f"| {scene} | not run |" + " |" * 4
    ndcg = {control["name"]: control["metrics"]["ndcg@10"] for control in result["controls"]}
    scale = result["student"]["metrics"]["ndcg@10"]
    ops = ", ".join(edge["op"] for edge in result["student"]["genotype"]["edges"])
    drawn = [value for name, value in ndcg.items() if name.startswith("random")]
    random = ", ".join(f"{value:.4f}" for value in drawn)
    worth = _interval(result["student_minus_random_mean"]["ndcg@10"], scale)
    cells = [_named(scene, result), ops, f"{scale:.4f}", random, worth, f"{ndcg['all-skip']:.4f}"]
    return "| " + " | ".join(cells) + " |"


def _interval(difference: dict[str, float], scale: float) -> str:
    if scale <= 0:
        return "–"
    low, mean, high = (100 * difference[name] / scale for name in ("low", "mean", "high"))
    return f"{mean:+.1f} % ({low:+.1f} to {high:+.1f})"


if __name__ == "__main__":
    sys.exit(main())
