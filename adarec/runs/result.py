"""The result of a run, assembled from what its stages left."""

from collections.abc import Mapping
from typing import Any

from adarec.runs.files import read_json
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from adarec.verdict import describe_augmentation

CONTROL_STAGES = ("measure_hand_made", "match_cells", "distill_control", "measure_controls")


def items_seen(result: Mapping[str, Any]) -> int:
    """How many of a history's newest items the student's scores depend on: its receptive field,
    or all that its graph takes where these are fewer, or where it carries counts.
    """
    student, length = result["student"], result["scene"]["sequence_length"]
    return int(length if "blend" in student else min(student["receptive_field"], length))


def assemble_result(
    workspace: Workspace,
    run: RunRecord,
    *,
    by_length: list[dict[str, Any]],
    environment: dict[str, Any],
    reused: list[str],
) -> dict[str, Any]:
    """The result object of `search --json` and `show --json`.

    Args:
        workspace: Where the artefacts are.
        run: The finished run.
        by_length: Accuracy by the length of the users' histories.
        environment: What it was measured with.
        reused: Roles of steps that were complete before.

    Raises:
        ArtefactError: A stage's file is missing.
    """
    keys = {step["role"]: step["key"] for step in run.steps}
    measured = read_json(workspace.artefacts.path(keys["measure"]) / "measurement.json")
    controls: dict[str, Any] = {"controls": []}
    if "measure-controls" in keys:
        controls = read_json(workspace.artefacts.path(keys["measure-controls"]) / "controls.json")
    if "adaptation" in run.settings:
        names = ("source", "target", "paradigm")
        measured["adaptation"] |= {name: run.settings["adaptation"][name] for name in names}
    seconds: dict[str, float] = {}
    peaks = []  # of the processes that computed the stages, re-used ones too
    for step in run.steps:
        taken = read_json(workspace.artefacts.path(step["key"]) / "stage.json")
        seconds[step["stage"]] = round(seconds.get(step["stage"], 0.0) + taken["seconds"], 3)
        peaks.append(taken["peak_rss_mb"])
    return {
        "run": run.run,
        "scene": {"name": run.scene, **measured.pop("scene")},
        "settings": run.settings,
        "seed": run.seed,
        **measured,
        **controls,
        **_augmentation(workspace, run, keys),
        **_discretisation(workspace, run, keys),
        "metrics_by_length": by_length,
        "seconds": seconds,
        "reused": reused,
        "peak_rss_mb": max(peaks),
        "environment": environment,
    }


def seconds_without_controls(seconds: Mapping[str, float]) -> float:
    """What a run itself took, of its seconds by stage: re-used stages count, controls do not."""
    return sum(taken for stage, taken in seconds.items() if stage not in CONTROL_STAGES)


def _discretisation(workspace: Workspace, run: RunRecord, keys: dict[str, str]) -> dict[str, Any]:
    """What became of the supernet: NDCG@10 on the validation item of cells drawn from the alphas
    and of the chosen one, with its weights, and of the student that was derived. Empty for a cell
    that was chosen by hand, and for searches from before all three were of the same users.
    """
    found = read_json(workspace.artefacts.path(keys["search"]) / "search.json")
    found = found.get("discretisation_gap", {})
    if run.settings.get("point") is not None or "users" not in found:
        return {}
    trained = read_json(workspace.artefacts.path(keys["student"]) / "training.json")
    sampled, derived = found["sampled_ndcg@10"], trained["validation_ndcg@10"]
    gap = {
        "users": found["users"],
        "sampled_supernet": sampled,
        "chosen_on_supernet": found["chosen_ndcg@10"],
        "derived_student": derived,
        "gap": sampled - derived,
    }
    return {"discretisation_gap": gap}


def _augmentation(workspace: Workspace, run: RunRecord, keys: dict[str, str]) -> dict[str, Any]:
    """What pseudo-priors the run's models read, and where its teacher started; empty where all
    items are real.
    """
    if "augment" not in keys:
        return {}
    facts = read_json(workspace.artefacts.path(keys["augment"]) / "augment.json")
    facts.pop("examples")
    teacher = next(step["settings"] for step in run.steps if step["role"] == "teacher")
    facts |= {"teacher": teacher["teacher"]["name"], "start": teacher.get("start", "fresh")}
    return {"augmentation": facts | {"note": describe_augmentation(facts)}}
