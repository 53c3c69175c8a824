"""The folder a person takes home: graph, weights, cell, vocabulary, settings and a model card."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adarec.catalog import baseline_title
from adarec.errors import ArtefactError, RunError
from adarec.genotype import Genotype
from adarec.runs.files import write_json
from adarec.runs.records import RunRecord
from adarec.runs.result import items_seen
from adarec.runs.workspace import Workspace

COPIED = (
    ("measure", "student.onnx"),
    ("student", "student.safetensors"),
    ("augment", "pseudo_priors.parquet"),
)
WRITTEN = frozenset(
    (
        *(name for _, name in COPIED),
        *("items.parquet", "genotype.json", "settings.json", "result.json", "README.md"),
    )
)


def export_run(workspace: Workspace, run: str, folder: Path) -> list[Path]:
    """Writes the export of a finished run to `folder` and returns its files. Those of an earlier
    export there are replaced; whatever else the folder holds stays as it is.

    Raises:
        RunError: The run has not finished.
        ArtefactError: `folder` exists and holds something else, or cannot be written; nothing is
            left there.
    """
    folder = folder.expanduser().absolute()
    record = workspace.store.run(run)
    if record.result is None:
        raise RunError(
            f"{run} is {record.state}; only a finished run can be exported. Resume it, or wait."
        )
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not _is_export(folder))
    ):
        raise ArtefactError(
            f"{folder} exists and is not an earlier export. Name a new or empty folder."
        )
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.mkdir(parents=True)
        _fill(partial, workspace, record, record.result)
        _move(partial, folder)
    except OSError as error:
        raise ArtefactError(
            f"{folder} cannot be written ({error.strerror}). Name a folder elsewhere, or free it."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sorted(path for path in folder.iterdir() if path.name in WRITTEN)


def _fill(
    folder: Path, workspace: Workspace, record: RunRecord, result: Mapping[str, Any]
) -> None:
    keys = {step["role"]: step["key"] for step in record.steps}
    wanted = [(keys[role], name) for role, name in COPIED if role in keys]
    wanted.append((record.scene_key, "items.parquet"))
    for key, name in wanted:
        _copy(workspace.artefacts.path(key) / name, folder / name)
    write_json(folder / "genotype.json", result["student"]["genotype"])
    write_json(folder / "settings.json", record.settings)
    write_json(folder / "result.json", dict(result))
    (folder / "README.md").write_text(model_card(record), encoding="utf-8")


def _move(partial: Path, folder: Path) -> None:
    if not folder.exists():
        os.replace(partial, folder)
        return
    # The folder itself stays: somebody may stand in it (`--to .`).
    for name in WRITTEN - {path.name for path in partial.iterdir()}:
        (folder / name).unlink(missing_ok=True)
    for path in partial.iterdir():
        os.replace(path, folder / path.name)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise ArtefactError(
            f"{source} cannot be copied ({error.strerror}). "
            "Run the search command of this run again; it computes what is missing."
        ) from error


def _is_export(folder: Path) -> bool:
    return (folder / "student.onnx").is_file() and (folder / "genotype.json").is_file()


CARD = """# {scene}: a small sequential recommender

Found by AdaRec Studio in run `{run}`, distilled from {teacher}.
{scene_size}

{adapted}**Verdict.** {verdict}

| model | NDCG@10 | HR@10 | latency p50, ms | parameters | multiply-adds |
| --- | --- | --- | --- | --- | --- |
{rows}

NDCG@10 of counting: {counts}.

Cell: {cell}; sees the newest {items_seen} items.{blend}

Ranking: {ranking}. Latency: {latency}, on {cpu}. Seed {seed}.

## Use

`student.onnx` takes `history` (int64 [1, {length}], item indices, 0 = padding on the left) and
gives `top_items`, `top_scores` and `scores`. Item index i is row i - 1 of `items.parquet`.

```
python -m adarec recommend . --history "id1,id2" --top 10
```

Where there is no AdaRec Studio, `pip install onnxruntime pyarrow` is enough:

```python
import numpy as np
import onnxruntime
import pyarrow.parquet as pq

items = pq.read_table("items.parquet")["item_id"].to_pylist()
index = {{item: place for place, item in enumerate(items, start=1)}}
student = onnxruntime.InferenceSession("student.onnx")


def recommend(seen):
    # Ids of the best items to come next, the best first; `seen` are ids, oldest first.
    known = [index[item] for item in seen if item in index][-{length}:]
    history = np.zeros((1, {length}), np.int64)
    history[0, {length} - len(known) :] = known
    (best,) = student.run(["top_items"], {{"history": history}})
    return [items[place - 1] for place in best.ravel()]


print(recommend(items[:2]))
```
{pseudo_priors}"""
PSEUDO_PRIORS = """
## Pseudo-priors

{note} They are part of what the student was measured with, so a request needs them too:
`pseudo_priors.parquet` holds them for each user of the log that has some. Put them in front of the
user's own items and keep the newest {length} of both; for a user that is not listed, the own items
alone. `--user` does that:

```
python -m adarec recommend . --user "user1" --history "id1,id2" --top 10
```

They were written once, from the start of the history as it was then: keep them while a history
grows, and leave them out of what a user is said to have consumed. Asked without them, the student
reached {without:.4f} NDCG@10 on the same test items, with them {with_them:.4f}.
"""


def model_card(record: RunRecord) -> str:
    """Markdown that says what the model is, how good, how fast, and how it was measured."""
    result = record.result or {}
    scene, student = result["scene"], result["student"]
    roles = ("teacher", "student", "source_only", "oracle")
    rows = [_card_row(role.replace("_", " "), result[role]) for role in roles if role in result]
    counts = [
        f"{baseline_title(name)} {found['ndcg@10']:.4f}"
        for name, found in result["baselines"].items()
    ]
    return CARD.format(
        scene=scene["name"],
        run=record.run,
        teacher=result["teacher"]["name"],
        scene_size=_scene_size(result),
        adapted=_adaptation(result),
        verdict=result["verdict"],
        rows="\n".join(rows),
        counts=", ".join(counts),
        cell=Genotype.from_json(student["genotype"]).describe(),
        items_seen=items_seen(result),
        blend=_blend(student),
        ranking=result["protocol"]["ranking"],
        latency=result["protocol"]["latency"],
        cpu=result["environment"]["cpu"],
        seed=record.seed,
        length=scene["sequence_length"],
        pseudo_priors=_pseudo_priors(result),
    )


def _blend(student: Mapping[str, Any]) -> str:
    """A sentence on the counts that a hybrid student carries."""
    if "blend" not in student:
        return ""
    weights = student["blend"]
    return (
        f" The graph mixes the net's probabilities ({weights['neural']:.0%}) with counting: what "
        f"most often followed the last item ({weights['transitions']:.0%}) and how often an item "
        f"is in the history ({weights['own_frequency']:.0%}). student.safetensors holds the net "
        "alone."
    )


def _pseudo_priors(result: dict[str, Any]) -> str:
    """How requests are to be made where the student was measured with pseudo-priors."""
    if "augmentation" not in result:
        return ""
    student = result["student"]
    return PSEUDO_PRIORS.format(
        note=result["augmentation"]["note"],
        length=result["scene"]["sequence_length"],
        with_them=student["metrics"]["ndcg@10"],
        without=student["metrics_without_pseudo"]["ndcg@10"],
    )


def _scene_size(result: dict[str, Any]) -> str:
    """A sentence on how large the scene is: what was learned from, or only measured on."""
    scene, adaptation = result["scene"], result.get("adaptation")
    if adaptation is None:
        return (
            f"Learned from and measured on {scene['users']:,} users, {scene['items']:,} items and "
            f"{scene['interactions']:,} interactions."
        )
    return (
        f"Measured on {scene['users']:,} users, {adaptation['target_items']:,} items and "
        f"{scene['interactions']:,} interactions; what it learned from is said below."
    )


def _adaptation(result: dict[str, Any]) -> str:
    """A paragraph on where an adapted student comes from; empty for others."""
    found = result.get("adaptation")
    if found is None:
        return ""
    used = "nothing was used" if found["paradigm"] == "source" else "only histories were used"
    return (
        f"Adapted to this scene from {found['source']} (paradigm {found['paradigm']}): teacher "
        f"and labels are those of {found['source']}, of this scene {used}. "
        f"{found['shared_items']:,} of {found['target_items']:,} items are in both.\n\n"
    )


def _card_row(role: str, model: dict[str, Any]) -> str:
    metrics = model["metrics"]
    return (
        f"| {role} | {metrics['ndcg@10']:.4f} | {metrics['hr@10']:.4f} | "
        f"{model['latency_ms']['p50']:.3f} | {model['params']:,} | {model['macs']:,} |"
    )
