"""One model minus another of one scene, users paired, over the seeds that both have."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.rows import Json
from adarec.bench.pooling import gain_over_seeds, ndcg_over_seeds
from adarec.runs.records import RunRecord

OWN, RIVAL = "own", "rival"
Side = tuple[Sequence[RunRecord], str]  # runs of one row, by seed, and a role in them


def paired_ranks(
    evidence: Evidence, own: Side, rival: Side
) -> tuple[list[int], list[dict[str, np.ndarray]]]:
    """The seeds that both sides have, and for each the ranks [U] of `OWN` and of `RIVAL`."""
    (runs, role), (other_runs, other_role) = own, rival
    others = {run.seed: run for run in other_runs}
    pairs = [(run, others[run.seed]) for run in runs if run.seed in others]
    ranks = [
        {OWN: evidence.ranks(run)[role], RIVAL: evidence.ranks(other)[other_role]}
        for run, other in pairs
    ]
    return [run.seed for run, _ in pairs], ranks


def contrast(
    evidence: Evidence, own: Side, rival: Side, *, among: np.ndarray | None = None
) -> Json | None:
    """NDCG@10 of `own` minus that of `rival`: `mean`, `low` and `high` (users drawn, after
    averaging a user over the seeds), `of` (the rival's), `users`, `seeds` and the means `by_seed`.
    None where no seed has both, or no user is meant.

    Args:
        evidence: Knows the ranks.
        own: Whose gain.
        rival: Compared with what.
        among: bool [U], the users that are meant; None for all.
    """
    seeds, ranks = paired_ranks(evidence, own, rival)
    if among is not None:
        ranks = [{name: each[among] for name, each in pair.items()} for pair in ranks]
    if not ranks or len(ranks[0][OWN]) == 0:
        return None
    each = [float((_ndcg(pair, OWN) - _ndcg(pair, RIVAL)).mean()) for pair in ranks]
    return asdict(gain_over_seeds(ranks, OWN, [RIVAL])) | {
        "of": float(ndcg_over_seeds(ranks, RIVAL).mean()),
        "users": len(ranks[0][OWN]),
        "seeds": seeds,
        "by_seed": each,
    }


def _ndcg(ranks: Mapping[str, np.ndarray], role: str) -> np.ndarray:
    return ndcg_over_seeds([ranks], role)
