"""Figures of docs/results/*.json as SVG files beside them, and the page that shows them.

    python benchmarks/draw.py [FOLDER]

What a table has not run yet is not drawn. Needs altair and vl-convert-python
(requirements-dev.txt): no browser, no network.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Rows = list[dict[str, Any]]
Json = dict[str, Any]

# Colours and shapes of app/figures/colours.py, where the roles are the same.
KINDS = {
    "found student": ("#12909C", "circle"),
    "random cell": ("#B07AA1", "diamond"),
    "CNN": ("#0072B2", "triangle-up"),
    "GRU": ("#E69F00", "triangle-down"),
    "SASRec": ("#D55E00", "square"),
    "all-skip": ("#8C8C8C", "triangle-right"),
    "no distillation": ("#CC79A7", "cross"),
    "best count": ("#A08B6C", "triangle-left"),
}
ROLES = {
    "student": "found student",
    **{f"control-random-{i}": "random cell" for i in (1, 2, 3)},
    "control-cnn": "CNN",
    "control-gru": "GRU",
    "control-sasrec": "SASRec",
    "control-all-skip": "all-skip",
    "control-no-distillation": "no distillation",
}
POOLED_TITLE = "found student minus it, % of its NDCG@10"
CHANGE_TITLE = "change of NDCG@10, %"
WIDTH = 520


def scene_rows(report: Json) -> Rows:
    """NDCG@10 of each model in percent of its teacher's, by scene and teacher."""
    rows = []
    for row in report["scenes"]:
        if not row["runs"]:
            continue
        whole = row["models"]["teacher"]["ndcg@10"]
        values = [(kind, row["models"][role]["ndcg@10"]) for role, kind in ROLES.items()]
        values.append(("best count", max(row["baselines"].values())))
        rows += [
            {
                "scene": row["scene"],
                "teacher": row["variant"],
                "model": kind,
                "percent": 100 * value / whole if whole else None,
            }
            for kind, value in values
        ]
    return rows


def pooled_rows(report: Json) -> Rows:
    """Gains of the found student over each rival, with both intervals, in percent."""
    return [
        {
            "teacher": row["teacher"],
            "rival": row["rivals"],
            "mean": 100 * row["mean"],
            **_ends("users", row["users"]),
            **_ends("scenes", row["clusters"]),
        }
        for row in report["pooled"]
    ]


def loss_rows(report: Json) -> Rows:
    """What each change does to NDCG@10, with its interval, in percent of the unchanged run's."""
    rows = []
    for row in report["losses"]:
        change = row.get("change")
        if not change or not change["of"] or change["low"] == change["high"]:
            continue  # not run, or the unchanged run itself
        mean, low, high = (100 * change[name] / change["of"] for name in ("mean", "low", "high"))
        names = {"scene": row["scene"], "variant": row["variant"]}
        rows.append(names | {"mean": mean, "users_low": low, "users_high": high})
    return rows


def transfer_rows(report: Json) -> Rows:
    """NDCG@10 of each cell on each scene, in percent above or below the scene's own cell."""
    rows = []
    for row in report["transfer"]["rows"]:
        own = row["ndcg@10"][row["scene"]]
        for cell, ndcg in row["ndcg@10"].items():
            percent = 100 * (ndcg - own) / own if own else None
            rows.append({"scene": row["scene"], "cell": cell, "percent": percent, "ndcg": ndcg})
    return rows


def _ends(name: str, bounds: Sequence[float]) -> Json:
    return {f"{name}_low": 100 * bounds[0], f"{name}_high": 100 * bounds[1]}


def draw_scenes(rows: Rows) -> Any:
    """A line of marks a scene, one panel a teacher."""
    kinds = list(KINDS)
    colours, shapes = zip(*KINDS.values(), strict=True)
    return (
        _chart(rows)
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=_alt().X("percent:Q", title="NDCG@10, % of the teacher's").scale(zero=False),
            y=_alt().Y("scene:N", title=None, sort=None),
            color=_alt().Color("model:N", title=None).scale(domain=kinds, range=colours),
            shape=_alt().Shape("model:N", title=None).scale(domain=kinds, range=shapes),
            row=_alt().Row("teacher:N", title="teacher", sort=None),
        )
        .properties(width=WIDTH)
        .resolve_scale(y="independent")  # other teachers have one scene
    )


def draw_pooled(rows: Rows) -> Any:
    """Thick: other users of these scenes. Thin: other scenes and seeds."""
    thin = _intervals("rival", "scenes", POOLED_TITLE, width=1)
    thick = _intervals("rival", "users", POOLED_TITLE, width=5)
    layers = (thin + thick + _means("rival", POOLED_TITLE) + _zero()).properties(width=WIDTH)
    return layers.facet(data=_data(rows), row=_alt().Row("teacher:N", title="teacher", sort=None))


def draw_losses(rows: Rows) -> Any:
    """The change and its interval, one panel a scene."""
    thick = _intervals("variant", "users", CHANGE_TITLE, width=3)
    layers = (thick + _means("variant", CHANGE_TITLE) + _zero()).properties(width=WIDTH)
    return layers.facet(data=_data(rows), row=_alt().Row("scene:N", title=None, sort=None))


def draw_transfer(rows: Rows) -> Any:
    """Rows: the scene learned. Columns: whose cell. Blue is better than its own, orange worse."""
    base = _chart(rows).encode(
        x=_alt().X("cell:N", title="cell of", sort=None).axis(labelAngle=0),
        y=_alt().Y("scene:N", title="learned and measured on", sort=None),
    )
    most = max(abs(row["percent"] or 0) for row in rows) or 1
    colour = _alt().Color("percent:Q", title="% of own")
    colour = colour.scale(scheme="blueorange", reverse=True, domain=[-most, most])
    words = base.mark_text().encode(text=_alt().Text("ndcg:Q", format=".4f"))
    return (base.mark_rect(opacity=0.75).encode(color=colour) + words).properties(
        width=WIDTH, height=220
    )


# The layers of a panel have no rows of their own: those of the whole drawing are split by panel.
def _intervals(name: str, which: str, title: str, *, width: int) -> Any:
    return (
        _alt()
        .Chart()
        .mark_rule(strokeWidth=width, color="#12909C", opacity=0.6)
        .encode(
            x=_alt().X(f"{which}_low:Q", title=title),
            x2=f"{which}_high:Q",
            y=_alt().Y(f"{name}:N", title=None, sort=None),
        )
    )


def _means(name: str, title: str) -> Any:
    marks = _alt().Chart().mark_point(filled=True, size=60, color="#12909C", opacity=1)
    y = _alt().Y(f"{name}:N", title=None, sort=None)
    return marks.encode(x=_alt().X("mean:Q", title=title), y=y)


def _zero() -> Any:
    return _alt().Chart().mark_rule(color="#8C8C8C", strokeDash=[4, 3]).encode(x=_alt().datum(0))


def _chart(rows: Rows) -> Any:
    return _alt().Chart(_data(rows))


def _data(rows: Rows) -> Any:
    return _alt().Data(values=rows)


def _alt() -> Any:
    import altair  # with streamlit; the rows above need none

    return altair


FIGURES: dict[str, tuple[Callable[[Json], Rows], Callable[[Rows], Any], str]] = {
    "ablation-scenes": (
        scene_rows,
        draw_scenes,
        "Accuracy of students, controls and counts in percent of the teacher's.",
    ),
    "ablation-pooled": (
        pooled_rows,
        draw_pooled,
        "What the search is worth, pooled over scenes and seeds. Thick: 95 % interval with users "
        "drawn within the scenes; thin: with scenes and their runs drawn.",
    ),
    "ablation-losses": (
        loss_rows,
        draw_losses,
        "What changing one thing does to the student, with the 95 % interval over users.",
    ),
    "ablation-transfer": (
        transfer_rows,
        draw_transfer,
        "NDCG@10 with the cells of other scenes; the colour compares with the scene's own cell.",
    ),
}


def main() -> int:
    """Draws what there is and says what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "results")
    folder = parser.parse_args().folder
    path = folder / "ablation.json"
    if not path.is_file():
        sys.stderr.write(f"{path} is not there. Run `python -m adarec bench ablation` first.\n")
        return 2
    report = json.loads(path.read_text(encoding="utf-8"))
    lines = ["# Figures", "", "Drawn by `python benchmarks/draw.py` from `ablation.json`."]
    for name, (rows_of, draw, words) in FIGURES.items():
        rows = rows_of(report)
        if rows:
            draw(rows).save(folder / f"{name}.svg")
            lines += ["", f"![{words}]({name}.svg)", "", words]
        else:
            lines += ["", f"{name}: not run."]
    (folder / "figures.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
