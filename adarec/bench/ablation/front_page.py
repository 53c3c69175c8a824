"""The page of the front: predicted against distilled accuracy of cells of one search."""

from typing import Any

from adarec.bench.experiments.markdown import NOT_RUN, cell_words, paragraph, table

Json = dict[str, Any]
_WHAT = (
    "Cells that one search (preset `quick`, teacher nextitnet, seed 0) validated on its "
    "supernet: ten of its front, filled up with others where it has fewer, and the cell that it "
    "chose. Each is distilled from the supernet's weights for as many epochs as the "
    "chosen one. Predicted: validation NDCG@10 of the architecture slice's users, with the "
    "supernet's weights. Measured: NDCG@10 on the test item, all users, whole catalogue, not "
    "masked. Spearman's correlation of the two is 1 where the order held, 0 where it said "
    "nothing. On a front cost rises with predicted accuracy, so the correlation of cost and "
    "measured accuracy stands beside it: where it is as high, the supernet need not be asked."
)
_COLUMNS = ("scene", "cells", "Spearman", "of cost", "predicted, lowest to highest", "measured")
_POINT_COLUMNS = ("scene", "point", "cost, ms", "predicted", "measured", "on the front", "cell")


def front_page(report: Json) -> list[str]:
    """Does the predicted order hold?"""
    rows = report["front"]
    lines = ["# Predicted against distilled accuracy", "", *paragraph(_WHAT), ""]
    lines += table(_COLUMNS, [_row(row) for row in rows])
    lines += ["", "## The cells", ""]
    points = [_point(row["scene"], each) for row in rows if row["runs"] for each in row["points"]]
    return lines + table(_POINT_COLUMNS, points)


def _row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], NOT_RUN]
    return [
        row["scene"],
        str(len(row["points"])),
        _signed(row["correlation"]),
        _signed(row["correlation_of_cost"]),
        _span([each["predicted"] for each in row["points"]]),
        _span([each["measured"] for each in row["points"]]),
    ]


def _signed(correlation: float | None) -> str:
    return "–" if correlation is None else f"{correlation:+.2f}"


def _span(values: list[float]) -> str:
    return f"{min(values):.4f} to {max(values):.4f}" if values else "–"


def _point(scene: str, each: Json) -> list[str]:
    return [
        *(scene, str(each["point"]), f"{each['cost']:.4f}"),
        *(f"{each['predicted']:.4f}", f"{each['measured']:.4f}"),
        "yes" if each["on_front"] else "",
        cell_words(each["cell"], False),
    ]
