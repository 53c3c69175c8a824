"""What the scene page draws, prepared at ingest so that the page only reads."""

from typing import Any

import numpy as np

from adarec.data.baselines import COUNT_BASELINES, baseline_ranks, training_counts
from adarec.data.scene import HELD_OUT, Scene
from adarec.ranking import metrics_from_ranks

_BINS = 40
_CURVE_POINTS = 120
_LAGS = 20
_PARTS = 10


def summarise(scene: Scene, *, time_kind: str) -> dict[str, Any]:
    """The counts and shares of `summary.json`.

    Args:
        scene: Its `summary` is not read.
        time_kind: "date", "relative", "order" or "none"; the last two carry no real time.
    """
    lengths = scene.lengths
    training = training_counts(scene)
    test_items = scene.items[scene.offsets[1:] - 1]
    return {
        "users": scene.num_users,
        "items": scene.num_items,
        "interactions": len(scene.items),
        "mean_length": float(lengths.mean()),
        "median_length": float(np.median(lengths)),
        "longest_length": int(lengths.max()),
        "training_length_p90": max(1, int(np.ceil(np.percentile(lengths - HELD_OUT, 90)))),
        "density": len(scene.items) / (scene.num_users * scene.num_items),
        "has_times": time_kind in ("date", "relative"),
        "time_kind": time_kind,
        "first_time": float(scene.times.min()),
        "last_time": float(scene.times.max()),
        "repeat_share": float(repeats(scene).mean()),
        "cold_test_share": float((training[test_items] == 0).mean()),
        "last_two_tie_share": _last_two_tie_share(scene, time_kind),
        "architecture_slice_users": int(scene.architecture_slice.sum()),
    }


def scene_statistics(scene: Scene) -> dict[str, Any]:
    """The content of `statistics.json`. Test items enter only totals, never a baseline's rank."""
    has_times = bool(scene.summary["has_times"])
    return {
        "sequence_lengths": _length_histogram(scene.lengths),
        "popularity": _popularity_curve(np.bincount(scene.items)[1:]),
        "top_items": _top_items(scene),
        "interactions_over_time": _over_time(scene) if has_times else None,
        "gaps": _gap_histogram(scene) if has_times else None,
        "repeat_by_position": _repeat_by_position(scene),
        "same_item_by_lag": _same_item_by_lag(scene),
        "drift": _drift(scene) if has_times else None,
        "baselines_validation": {
            name: metrics_from_ranks(baseline_ranks(scene, name, split="validation"))
            for name in COUNT_BASELINES
        },
    }


def repeats(scene: Scene) -> np.ndarray:
    """bool [N], True where the user has had the item before."""
    users = np.repeat(np.arange(scene.num_users), scene.lengths)
    keys = users * np.int64(scene.vocabulary_size) + scene.items
    _, first = np.unique(keys, return_index=True)  # index of the first occurrence
    is_repeat = np.ones(len(keys), dtype=bool)
    is_repeat[first] = False
    return is_repeat


def _last_two_tie_share(scene: Scene, time_kind: str) -> float | None:
    if time_kind not in ("date", "relative"):
        return None
    newest = scene.offsets[1:] - 1
    return float((scene.times[newest] == scene.times[newest - 1]).mean())


def _length_histogram(lengths: np.ndarray) -> dict[str, list[Any]]:
    """Bins of equal width in the logarithm, with whole-number edges: bin i holds
    edges[i] <= length < edges[i + 1]."""
    top = int(lengths.max()) + 1
    edges = np.unique(np.round(np.geomspace(lengths.min(), top, _BINS + 1)).astype(int))
    if len(edges) < 2:
        edges = np.array([int(lengths.min()), top])
    counts, _ = np.histogram(lengths, bins=edges)
    return {"edges": edges.tolist(), "users": counts.tolist()}


def _popularity_curve(counts: np.ndarray) -> dict[str, list[Any]]:
    """Items by rank: the share of interactions of one item, and of all up to it."""
    ordered = np.sort(counts)[::-1]
    shares = ordered / ordered.sum()
    ranks = np.unique(np.round(np.geomspace(1, len(counts), _CURVE_POINTS)).astype(int))
    cumulative = np.cumsum(shares)
    return {
        "rank": ranks.tolist(),
        "share": shares[ranks - 1].tolist(),
        "cumulative_share": cumulative[ranks - 1].tolist(),
    }


def _top_items(scene: Scene) -> list[dict[str, Any]]:
    counts = np.bincount(scene.items, minlength=scene.vocabulary_size)
    newest_first = np.argsort(-counts, kind="stable")[:10]
    return [
        {"item_id": scene.item_ids[i - 1], "title": scene.titles[i - 1], "count": int(counts[i])}
        for i in newest_first
        if counts[i] > 0
    ]


def _over_time(scene: Scene) -> dict[str, list[Any]]:
    counts, edges = np.histogram(scene.times, bins=_BINS)
    return {"edges": edges.tolist(), "interactions": counts.tolist()}


def _gap_histogram(scene: Scene) -> dict[str, Any]:
    """Seconds between one event of a user and the next; equal times are counted apart."""
    inner = np.ones(len(scene.items) - 1, dtype=bool)
    inner[scene.offsets[1:-1] - 1] = False
    gaps = np.diff(scene.times)[inner]
    positive = gaps[gaps > 0]
    same_time = float((gaps == 0).mean()) if len(gaps) else 0.0
    if not len(positive):
        return {"edges": [], "events": [], "same_time_share": same_time}
    edges = np.geomspace(positive.min(), positive.max() * 1.0001, _BINS + 1)
    counts, _ = np.histogram(positive, bins=edges)
    return {"edges": edges.tolist(), "events": counts.tolist(), "same_time_share": same_time}


def _positions(scene: Scene) -> np.ndarray:
    return np.arange(len(scene.items)) - np.repeat(scene.offsets[:-1], scene.lengths)


def _repeat_by_position(scene: Scene) -> dict[str, list[Any]]:
    """Share of repeats among the events at each position of a history, the first 50."""
    positions = _positions(scene)
    shown = min(50, int(scene.lengths.max()))
    early = positions < shown
    total = np.bincount(positions[early], minlength=shown)
    repeated = np.bincount(positions[early], weights=repeats(scene)[early], minlength=shown)
    return {
        "position": list(range(1, shown + 1)),
        "share": (repeated / total).tolist(),
        "events": total.tolist(),
    }


def _same_item_by_lag(scene: Scene) -> dict[str, list[Any]]:
    """Share of events whose item is the one `lag` events back."""
    positions = _positions(scene)
    shares = []
    lags = [lag for lag in range(1, _LAGS + 1) if (positions >= lag).any()]
    for lag in lags:
        can = positions[lag:] >= lag
        shares.append(float((scene.items[lag:] == scene.items[:-lag])[can].mean()))
    return {"lag": lags, "share": shares}


def _drift(scene: Scene) -> dict[str, list[Any]]:
    """How alike item popularity is in each tenth of the log, the first and the one before it."""
    order = np.argsort(scene.times, kind="stable")
    parts = np.array_split(order, _PARTS)
    vectors = np.stack(
        [np.bincount(scene.items[p], minlength=scene.vocabulary_size) for p in parts]
    ).astype(float)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(norms == 0, 1.0, norms)
    starts = [float(scene.times[p[0]]) if len(p) else None for p in parts]
    return {
        "part": list(range(1, _PARTS + 1)),
        "start": starts,
        "similarity_to_first": (unit @ unit[0]).tolist(),
        "similarity_to_previous": [1.0, *(unit[1:] * unit[:-1]).sum(axis=1).tolist()],
    }
