"""What is known about runs: records, curves, arrays, the found cell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from adarec import catalog
from adarec.data import by_length
from adarec.errors import RunError
from adarec.genotype import Genotype
from adarec.runs.files import EPOCH_ARRAYS, EpochArrays
from adarec.runs.front import (
    FRONT,
    FrontPoint,
    distilled_points,
    front_points,
    rank_correlation,
)
from adarec.runs.records import EXAMPLE_RUN, RunRecord, RunSummary
from app.gateway.files import read_stage_arrays, read_stage_json, stage_file, workspace
from app.gateway.settings import asked_speedup, setting
from app.gateway.shelf import Shelf

Curve = tuple[list[int], list[float]]
SEARCH, DISTIL, TEACHER, COSTS, MEASURE = "search", "student", "teacher", "costs", "measure"
AGGREGATION = "aggregation"
AUGMENT = "augment"


def runs(scene: str | None = None, *, with_archived: bool = False) -> list[RunSummary]:
    """Runs, newest first, the example last; those that were archived only when asked for."""
    found = workspace().store.run_summaries(scene=scene)
    found.sort(key=lambda run: run.is_example)
    return [run for run in found if with_archived or not run.archived]


def finished_runs(asked: str | None = None) -> list[RunSummary]:
    """The finished runs, newest first; the archived only where the address asks for one. The
    example only stands in: it is left out as soon as a person's own run has finished, unless the
    address asks for it."""
    found = [
        run
        for run in runs(with_archived=True)
        if run.has_result and (not run.archived or run.run == asked)
    ]
    own = [run for run in found if not run.is_example]
    return found if not own or any(r.is_example and r.run == asked for r in found) else own


def adaptations() -> list[RunSummary]:
    """Runs that carry a student from one scene to another, newest first, but the archived."""
    found = workspace().store.run_summaries(with_setting="adaptation")
    return [run for run in found if not run.archived]


def learned_scene_key(record: RunRecord) -> str:
    """The key of the scene whose validation items choose the run's epochs: of an adaptation the
    source's."""
    steps = [step for step in record.steps if step["role"] == TEACHER]
    return str(steps[0]["parents"].get("scene", record.scene_key)) if steps else record.scene_key


def run(run_id: str) -> RunRecord:
    """The run with id `run_id`; RunError when there is none."""
    return workspace().store.run(run_id)


def step_key(record: RunRecord, role: str) -> str | None:
    """The key of the run's step with that role."""
    return next((step["key"] for step in record.steps if step["role"] == role), None)


def curves(record: RunRecord, role: str) -> dict[str, Curve]:
    """Every metric that the step recorded: name -> (epochs, values). Empty before its first
    epoch."""
    key = step_key(record, role)
    found: dict[str, Curve] = {}
    for row in workspace().store.metrics([key] if key else []):
        epochs, values = found.setdefault(row.name, ([], []))
        epochs.append(row.epoch)
        values.append(row.value)
    return found


def recorded_so_far(record: RunRecord) -> tuple[str | int | None, ...]:
    """A few words that change whenever the run's charts would: cheap enough to ask every second.

    They hold for every visitor of this workspace.
    """
    store = workspace().store
    keys = {role: step_key(record, role) for role in (TEACHER, SEARCH, AGGREGATION, DISTIL)}
    counts = store.count_metrics([key for key in keys.values() if key])
    search = keys[SEARCH]
    arrays = stage_file(search, EPOCH_ARRAYS) if search else None
    changed = arrays.stat().st_mtime_ns if arrays else None
    settled = (record.state, record.scene_key, record.mapping)
    numbers = (part for key in keys.values() for part in (key, counts.get(key or "", 0)))
    return (str(workspace().home), *settled, changed, *numbers)


def epoch_arrays(record: RunRecord, role: str) -> EpochArrays | None:
    """Alphas, mappings and weights that the step recorded, None before its first epoch."""
    key = step_key(record, role)
    return read_stage_arrays(key) if key else None


def layer_mapping(record: RunRecord, role: str) -> str:
    """The layer mapping (name in the catalogue) by which a step of the run distilled: a search
    may use another than the student."""
    name = str(setting(record, "losses.mapping", "emd"))
    return catalog.find(catalog.MAPPINGS, name).in_search if role == SEARCH else name


def genotype(record: RunRecord) -> Genotype | None:
    """The cell of the run's student: the point of the front that the run distils, else what its
    search chose; None while it has not chosen."""
    point = setting(record, "point")
    if point is not None:
        points = front(record)
        return points[point].genotype if point < len(points) else None
    key = step_key(record, SEARCH)
    found = read_stage_json(key, "genotype.json") if key else None
    return Genotype.from_json(found) if found else None


def candidates(record: RunRecord) -> list[dict[str, Any]]:
    """The genotypes among which the search chose, with predicted accuracy and cost."""
    key = step_key(record, SEARCH)
    return (read_stage_json(key, "candidates.json") if key else None) or []


def front(record: RunRecord) -> list[FrontPoint]:
    """Every cell that the run's search validated, cheapest first; none from searches that made no
    front."""
    key = step_key(record, SEARCH)
    return front_points((read_stage_json(key, FRONT) if key else None) or [])


def run_state(run_id: str) -> str | None:
    """How far a run is, in the store's words; None where there is no such run."""
    try:
        return workspace().store.run_summary(run_id).state
    except RunError:
        return None


def front_agreement(record: RunRecord) -> tuple[float | None, list[tuple[FrontPoint, float]]]:
    """How the order that the run's search predicted held for its distilled points: Spearman's
    correlation (None where too few say nothing), and each point with its test NDCG@10."""
    found = workspace().store.runs(scene=record.scene, states=["succeeded"])
    pairs = distilled_points(front(record), record, found)
    return rank_correlation(pairs), pairs


def target_speedup(record: RunRecord) -> float:
    """How many times cheaper than the teacher the run's student has to be: what its search took
    for the target, and until it has ended what it was asked for."""
    key = step_key(record, SEARCH)
    found = (read_stage_json(key, "search.json") if key else None) or {}
    return float(found.get("target", {}).get("speedup") or asked_speedup(record))


def op_costs(record: RunRecord) -> dict[str, Any] | None:
    """The cost table that steered the search: unit, ops, fixed, scoring, teacher, method."""
    key = step_key(record, COSTS)
    return read_stage_json(key, "costs.json") if key else None


def results(records: list[RunSummary]) -> dict[str, Mapping[str, Any]]:
    """The results (the contract's Result) of those runs that have one, by run id; leave them as
    they are, every page gets the same ones."""
    finished = {each.run: each.finished_at for each in records if each.has_result}
    return _shelf(str(workspace().home)).take(finished, workspace().store.results)


def forget_results() -> None:
    """What was read of results has changed without a run: they name a scene, for example."""
    _shelf.clear()


@st.cache_resource(max_entries=2, show_spinner=False)
def _shelf(home: str) -> Shelf:
    return Shelf()


def newest_results(
    first: str | None = None, *, with_example: bool = False
) -> dict[str, Mapping[str, Any]]:
    """The result of the newest finished run of each scene, by scene; of one that distils a cell
    of another one's front only where the scene has no search of its own, and of an adaptation,
    whose cell was found on another scene, only where it has neither.

    The run `first` comes first, also where its scene has a newer one. The example steps back as in
    `finished_runs`, unless `with_example`: then it comes last, where its scene has no other run.
    """
    found_runs = finished_runs(EXAMPLE_RUN if with_example else first)
    newest: dict[str, RunSummary] = {}
    for each in sorted(found_runs, key=lambda each: (each.run != first, *_steps_back(each))):
        newest.setdefault(each.scene, each)
    found = results(list(newest.values()))
    return {scene: found[each.run] for scene, each in newest.items() if each.run in found}


def _steps_back(run: RunSummary) -> tuple[bool, bool, bool]:
    """What sorts a run behind its scene's own searches."""
    return run.is_example, run.adapted_from is not None, run.point is not None


def step_stage(record: RunRecord, role: str) -> str | None:
    """The stage (name in the catalogue) of the run's step with that role."""
    return next((step["stage"] for step in record.steps if step["role"] == role), None)


def num_cells(record: RunRecord) -> int:
    """Cells in series in the run's student."""
    return int(setting(record, "student.num_cells", 2))


def num_own_cells(record: RunRecord) -> int:
    """How many cells the run's search gives alphas of their own: 1 where all share one set."""
    return num_cells(record) if setting(record, "search.alphas") == "per-cell" else 1


def sequence_length(record: RunRecord) -> int:
    """The longest history that the run's models read."""
    for step in record.steps:
        if step["role"] == TEACHER and "length" in step["settings"]:
            return int(step["settings"]["length"])
    return int(setting(record, "length_cap", 50))


def augmented_histories(record: RunRecord) -> list[dict[str, Any]]:
    """A few histories with their pseudo-priors: user_id, item_ids, titles, pseudo; empty where
    the run's histories are all real.
    """
    key = step_key(record, AUGMENT)
    found = read_stage_json(key, "augment.json") if key else None
    return (found or {}).get("examples") or []


def metrics_by_length(record: RunRecord) -> list[dict[str, Any]]:
    """The result's accuracy by history length; counted anew for a run that finished before
    results held it, and empty where its folders are gone.
    """
    result = record.result or {}
    if "metrics_by_length" in result:
        return result["metrics_by_length"]
    step = next((step for step in record.steps if step["role"] == MEASURE), None)
    if not result or step is None or "scene" not in step["parents"]:
        return []
    artefacts = workspace().artefacts
    scene, measure = artefacts.path(step["parents"]["scene"]), artefacts.path(step["key"])
    if not (scene / "scene.npz").is_file() or not (measure / "ranks.npz").is_file():
        return []
    return _metrics_by_length(str(scene), str(measure))


@st.cache_data(max_entries=16, show_spinner=False)
def _metrics_by_length(scene: str, measure: str) -> list[dict[str, Any]]:
    return by_length.metrics_by_length(Path(scene), Path(measure))
