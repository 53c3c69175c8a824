"""The page of the teachers: is each scene's best one worth distilling, or does counting do?"""

from typing import Any

from adarec.bench.experiments.markdown import NOT_RUN, judged, paragraph, seeds, share, table

Json = dict[str, Any]
_WHAT = (
    "Preset `standard`, blended with counts: shares of the net, of last-item transitions and of "
    "own frequency are chosen on the validation item; 100 % net is the teacher alone. Only the "
    "teacher is meant, so the search and the student of these runs are one epoch long. NDCG@10 on "
    "the test item, whole catalogue, consumed items not masked; difference to the best count "
    "baseline with the 95 % paired bootstrap interval over users. One seed is a hint."
)
_COLUMNS = (
    *("scene", "teacher", "seeds", "blended", "net / transitions / own", "best count"),
    *("blended − counting", "minutes"),
)


def teachers_page(report: Json) -> list[str]:
    """Teachers against counting."""
    rows = report["teachers"]
    lines = ["# Teachers at `standard` against counting", "", *paragraph(_WHAT), ""]
    lines += table(_COLUMNS, [_row(row) for row in rows])
    return [*lines, "", *paragraph(_sentence(rows))]


def _row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], row["variant"], NOT_RUN]
    name, count = row["best_count"]
    parts = ("neural", "transitions", "own_frequency")
    blend = row["blends"][0]
    return [
        *(row["scene"], row["variant"], seeds(row)),
        f"{row['teacher']['ndcg@10']:.4f}",
        " / ".join(f"{100 * blend[part]:.0f} %" for part in parts),
        f"{count:.4f} ({name.replace('_', ' ')})",
        f"{share(row['gain'], count)}: {judged((row['gain']['low'], row['gain']['high']))}",
        f"{row['minutes']:.0f}",
    ]


def _sentence(rows: list[Json]) -> str:
    """On how many scenes the better teacher is above counting."""
    best: dict[str, Json] = {}
    for row in rows:
        if row["runs"]:
            known = best.get(row["scene"])
            if known is None or row["teacher"]["ndcg@10"] > known["teacher"]["ndcg@10"]:
                best[row["scene"]] = row
    if not best:
        return "Nothing is known yet."
    above = [scene for scene, row in best.items() if row["gain"]["mean"] > 0]
    surely = [scene for scene in above if best[scene]["gain"]["low"] > 0]
    return (
        f"The better teacher of a scene is above the best count baseline on {len(above)} of "
        f"{len(best)} scenes that were run; on {len(surely)} of them the interval excludes 0."
    )
