"""The page of the transfer: each scene with its own and with the other scenes' cells."""

from typing import Any

from adarec.bench.experiments.markdown import (
    NOT_RUN,
    cell_words,
    judged,
    paragraph,
    percent,
    share,
    table,
)

Json = dict[str, Any]


_WHAT = (
    "Rows: the scene that is learned and measured. Columns: the scene whose cell is used. Every "
    "cell of a row starts from that scene's supernet and is distilled from its teacher for as "
    "many epochs as its own student (preset `quick`, teacher nextitnet). **Bold**: its own cell. "
    "NDCG@10 on the test item, whole catalogue, consumed items not masked. The cells' costs "
    "differ, see the milliseconds: *over* marks a cell that the scene's own search would have "
    "refused, because by the cost table it is over the limit."
)


def transfer_page(report: Json) -> list[str]:
    """Does the diagonal win?"""
    transfer = report["transfer"]
    scenes = transfer["scenes"]
    rows = {row["scene"]: row for row in transfer["rows"]}
    lines = [
        "# Scene transfer: is a scene's own cell better for it?",
        "",
        *paragraph(_WHAT),
        "",
        *table(
            ("scene", *scenes), [_ndcg_row(scene, scenes, rows.get(scene)) for scene in scenes]
        ),
        "",
        "## Own cell minus the other's",
        "",
        "In percent of the other's NDCG@10, 95 % paired bootstrap interval over users, one seed.",
        "",
        *table(
            ("scene", *scenes), [_gain_row(scene, scenes, rows.get(scene)) for scene in scenes]
        ),
        "",
        *paragraph(_sentence(transfer)),
        "",
        "## Milliseconds of the body, p50",
        "",
        *table(
            ("scene", *scenes), [_cost_row(scene, scenes, rows.get(scene)) for scene in scenes]
        ),
        "",
    ]
    cells = [
        [scene, cell_words(rows[scene]["own_cell"], False)] for scene in scenes if scene in rows
    ]
    return lines + table(("scene", "its own cell"), cells)


def _ndcg_row(scene: str, scenes: list[str], row: Json | None) -> list[str]:
    if row is None:
        return [scene, NOT_RUN]
    return [
        scene,
        *(
            _bold(row["ndcg@10"][each], ".4f", each == scene)
            + (" *over*" if each in row["over_limit"] else "")
            for each in scenes
        ),
    ]


def _bold(value: float, form: str, is_own: bool) -> str:
    return f"**{value:{form}}**" if is_own else f"{value:{form}}"


def _gain_row(scene: str, scenes: list[str], row: Json | None) -> list[str]:
    if row is None:
        return [scene, NOT_RUN]
    return [
        scene,
        *(
            "–" if each == scene else share(row["own_minus"][each], row["ndcg@10"][each])
            for each in scenes
        ),
    ]


def _cost_row(scene: str, scenes: list[str], row: Json | None) -> list[str]:
    if row is None:
        return [scene, NOT_RUN]
    return [scene, *(_bold(row["latency_body_ms"][each], ".3f", each == scene) for each in scenes)]


def _sentence(transfer: Json) -> str:
    """Whether the diagonal wins."""
    pooled = transfer["pooled"]
    if pooled is None:
        done, asked = len(transfer["rows"]), len(transfer["scenes"])
        return f"Whether the diagonal wins is not known yet: {done} of {asked} scenes were run."
    wins = sum(
        all(gain["mean"] > 0 for gain in row["own_minus"].values()) for row in transfer["rows"]
    )
    return (
        f"In {wins} of {len(transfer['rows'])} scenes the own cell has the highest NDCG@10. Own "
        f"cell against the mean of the others, every scene counting the same: "
        f"{percent(pooled['mean'], pooled['users'])} with users drawn within the scenes "
        f"({judged(pooled['users'])}), {percent(pooled['mean'], pooled['clusters'])} with scenes "
        f"drawn. {within_the_limit(transfer['rows'])}"
    )


def within_the_limit(rows: list[Json]) -> str:
    """The same among cells that a search could have chosen."""
    gains = [
        gain
        for row in rows
        for scene, gain in row["own_minus"].items()
        if scene not in row["over_limit"]
    ]
    better, worse = sum(gain["low"] > 0 for gain in gains), sum(gain["high"] < 0 for gain in gains)
    return (
        f"Of the others' cells {len(gains)} keep to the limit of the scene that is learned; the "
        f"own cell is better than {better} of these, worse than {worse}, and not shown to differ "
        f"from {len(gains) - better - worse}."
    )
