"""How a search came from op probabilities to the cell that it chose."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from adarec import catalog
from adarec.genotype import Genotype
from adarec.runs.records import RunRecord
from app.gateway.files import read_stage_json
from app.gateway.runs import SEARCH, epoch_arrays, step_key


@dataclass(frozen=True)
class CellChoice:
    """What a search compared before it chose.

    Attributes:
        validated: Cells that were validated with the supernet's weights.
        within: Those of them that may be chosen: within the limit, and with a convolution.
        limit, speedup, of, unit: What a cell may cost, how many times less than the teacher that
            is, on what ("request" or "body"), and the unit of the cost table.
        cost: Of the chosen cell, by the cost table.
        finalists: Those that were distilled for a short time, best first: the cell in words, its
            cost, what made it a finalist ("predicted", "stack" or "random"; None in older runs,
            which did not write it down), and NDCG@10 on the validation item as predicted on the
            architecture slice, confirmed on users of the whole scene (None where it was no
            near-tie), and distilled.
        epochs: How long finalists were distilled; 0 without any.
        ties: How cells were ranked that validation could not tell from the best one, "accuracy" or
            "capacity".
        discretisation: NDCG@10 on the validation item on the way from the supernet to the student,
            as in the run's result; None before it is there.
        leading, edges: On how many of the edges the chosen op is the most probable one.
    """

    validated: int
    within: int
    limit: float
    speedup: float
    of: str
    unit: str
    cost: float
    finalists: list[dict[str, Any]]
    epochs: int
    ties: str
    discretisation: dict[str, Any] | None
    leading: int
    edges: int


def cell_choice(record: RunRecord) -> CellChoice | None:
    """How the run's search chose its cell; None before it has, and of searches that left no
    account of it."""
    key = step_key(record, SEARCH)
    search = read_stage_json(key, "search.json") if key else None
    found = read_stage_json(key, "genotype.json") if key else None
    if key is None or not search or not found or "validated_cells" not in search:
        return None
    chosen = Genotype.from_json(found)
    finalists = read_stage_json(key, "finalists.json") or []
    target = search["target"]
    return CellChoice(
        validated=search["validated_cells"],
        within=len(read_stage_json(key, "candidates.json") or []),
        limit=target["limit"],
        speedup=target["speedup"],
        of=target["of"],
        unit=target["unit"],
        cost=search["cost"],
        finalists=[_finalist(each) for each in finalists],
        epochs=finalists[0]["epochs"] if finalists else 0,
        ties=record.settings["search"].get("ties", "accuracy"),
        discretisation=(record.result or {}).get("discretisation_gap"),
        leading=_leading(record, chosen),
        edges=len(chosen.ops),
    )


def op_weights_of(record: RunRecord, cell: Genotype) -> np.ndarray | None:
    """[edges, O] op probabilities at the end of the run's search, of the edges of `cell`; None
    where the search recorded none of these edges."""
    recorded = epoch_arrays(record, SEARCH)
    weights = None if recorded is None else recorded.arrays.get("op_weights")
    if weights is None or weights.shape[1] != len(cell.ops):
        return None
    newest: np.ndarray = weights[-1]
    return newest


def _finalist(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell": Genotype.from_json(stored["genotype"]).describe(),
        "cost": stored["cost"],
        "origin": stored.get("origin"),
        "predicted": stored["predicted_ndcg@10"],
        "confirmed": stored.get("confirmed_ndcg@10"),
        "distilled": stored["validation_ndcg@10"],
    }


def _leading(record: RunRecord, chosen: Genotype) -> int:
    recorded = epoch_arrays(record, SEARCH)
    if recorded is None:
        return 0
    strongest = np.argmax(recorded.arrays["op_weights"][-1], axis=-1)
    pairs = zip(strongest.tolist(), chosen.ops, strict=True)
    return sum(catalog.OP_NAMES[place] == op for place, op in pairs)
