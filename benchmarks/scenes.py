"""The whole path on six real scenes at `quick`, with control cells: writes docs/results/scenes.*.

    python benchmarks/scenes.py [--scene NAME …] [--controls N] [--seed N] [--home DIR]

One `python -m adarec search` a scene, each in a process of its own; a scene that is not run is
printed as "not run". Run it alone: latencies on a busy machine are no latencies.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
SCENES = (
    "ml-100k",
    "amazon-beauty",
    "foursquare-nyc",
    "retailrocket",
    "lastfm-s3rec",
    "yoochoose-100k",
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
    """Runs the asked scenes and rewrites the table of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scene", action="append", choices=SCENES)
    parser.add_argument("--controls", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", default=str(ROOT / ".adarec-results"))
    asked = parser.parse_args()
    data = Path(os.environ.get("ADAREC_BENCH_DATA") or ROOT.parent / "shared" / "data")
    if not data.is_dir():
        sys.stderr.write(f"{data} is not there. Set ADAREC_BENCH_DATA to the real scenes.\n")
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / "scenes.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for scene in asked.scene or SCENES:
        results[scene] = search(data / f"{scene}.csv.gz", asked)
        path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        (RESULTS / "scenes.md").write_text(page(results), encoding="utf-8")
    return 0


def search(log: Path, asked: argparse.Namespace) -> dict[str, Any]:
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
        str(asked.seed),
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
    lines = [
        "# Six scenes at `quick`",
        "",
        "Written by `python benchmarks/scenes.py` (`make results`). NDCG@10 on the test item,",
        "whole catalogue, consumed items not masked. Intervals: 95 % paired bootstrap over",
        "users, one seed. Latency: onnxruntime, one thread, batch 1, p50. Control cells have the",
        "found cell's cost by the table and are distilled for as many epochs, from the same",
        "supernet.",
        "",
        "| scene | L | teacher | student | student − teacher | best count | latency, ms "
        "| speed-up | body | minutes | peak, GB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(scene, results.get(scene)) for scene in SCENES]
    lines += ["", "## Was the search worth it?", ""]
    lines += ["| scene | found cell | found | random cells | found − their mean | all-skip |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [_control_row(scene, results.get(scene)) for scene in SCENES]
    lines += ["", "## Verdicts", ""]
    lines += [
        f"- **{scene}.** {results[scene]['verdict']}" for scene in SCENES if scene in results
    ]
    machines = sorted({found["environment"]["cpu"] for found in results.values()})
    lines += ["", f"Machine: {', '.join(machines)}, 2 threads of training.", ""]
    return "\n".join(lines)


def _row(scene: str, result: dict[str, Any] | None) -> str:
    if result is None:
        return f"| {scene} | not run |" + " |" * 9
    teacher, student = result["teacher"], result["student"]
    best = result["findings"]["best_count_baseline"]
    scale = teacher["metrics"]["ndcg@10"]
    cells = [
        scene,
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
    random = ", ".join(f"{value:.4f}" for name, value in ndcg.items() if name != "all-skip")
    worth = _interval(result["student_minus_random_mean"]["ndcg@10"], scale)
    return f"| {scene} | {ops} | {scale:.4f} | {random} | {worth} | {ndcg['all-skip']:.4f} |"


def _interval(difference: dict[str, float], scale: float) -> str:
    if scale <= 0:
        return "–"
    low, mean, high = (100 * difference[name] / scale for name in ("low", "mean", "high"))
    return f"{mean:+.1f} % ({low:+.1f} to {high:+.1f})"


if __name__ == "__main__":
    sys.exit(main())
