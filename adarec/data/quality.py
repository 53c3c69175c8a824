"""What about a log makes results doubtful, in words: read from its counts, before any search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adarec.data.cleaning import REPEATS_DROPPED

FEW_USERS = 200
MANY_COLD = 0.30  # of the test items
MANY_REPEATS = 0.002  # of the rows that were read, and
FEWEST_REPEATS = 20


@dataclass(frozen=True)
class Finding:
    """One doubt: a few words for a headline, and the sentence that says what follows from it."""

    title: str
    sentence: str


def quality_findings(
    summary: Mapping[str, Any], report: Mapping[str, Any], statistics: Mapping[str, Any]
) -> list[Finding]:
    """The doubts about a scene, gravest first; empty where there is none.

    They are found when a scene is looked at, so that scenes of earlier versions have them, too.

    Args:
        summary: The content of its `summary.json`.
        report: The content of its `report.json`.
        statistics: The content of its `statistics.json`.
    """
    found = (
        _few_users(int(summary["users"])),
        _nothing_to_count(statistics.get("baselines_validation") or {}),
        _cold(float(summary["cold_test_share"])),
        _repeats(report),
        _untitled(report, int(summary["items"])),
    )
    return [each for each in found if each is not None]


def _few_users(users: int) -> Finding | None:
    if users >= FEW_USERS:
        return None
    return Finding(
        "too few users",
        f"Only {users:,} users: a single one of them moves NDCG@10 by up to {1 / users:.3f}, so "
        "most of what a comparison shows will be chance. Bring a log of at least "
        f"{FEW_USERS} users; thousands are better.",
    )


def _nothing_to_count(baselines: Mapping[str, Mapping[str, float]]) -> Finding | None:
    if not baselines or any(metrics["ndcg@10"] > 0 for metrics in baselines.values()):
        return None
    return Finding(
        "counting finds nothing",
        "No count baseline puts a single validation item among its ten: nothing in this log "
        "repeats or follows often enough to be counted, and a model will hardly learn it either. "
        "Check the item and time columns, or bring a longer log.",
    )


def _cold(share: float) -> Finding | None:
    if share <= MANY_COLD:
        return None
    return Finding(
        "many cold test items",
        f"{share:.0%} of test items never occur in training, so no model can learn them: HR@10 "
        f"and NDCG@10 will hardly exceed {1 - share:.2f}. Bring a longer log, or drop rare items "
        "(least events per item).",
    )


def _repeats(report: Mapping[str, Any]) -> Finding | None:
    repeats = report.get("exact_repeats") or 0
    reasons = {each["reason"] for each in report.get("dropped") or ()}
    if (
        repeats < max(FEWEST_REPEATS, MANY_REPEATS * report["rows_read"])
        or reasons & REPEATS_DROPPED
    ):
        return None
    return Finding(
        "exact repeats",
        f"{repeats:,} rows repeat another one exactly: same user, item and time. Where the export "
        "wrote events twice, add the log again with Cleaning > Drop repeats: exact "
        "(`ingest --deduplicate exact`).",
    )


def _untitled(report: Mapping[str, Any], items: int) -> Finding | None:
    if report.get("titles_found") != 0:
        return None
    return Finding(
        "no titles",
        f"None of the {items:,} items has a title: the ids in the file of titles are not those of "
        "the log. Check its id column, and add the log again.",
    )
