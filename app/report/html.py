"""The parts of a report: one closed HTML page, sections, tables, interactive figures."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from app.figures.chart import ChartInfo

Picture = tuple[ChartInfo, go.Figure]

_STATIC = Path(__file__).resolve().parents[1] / "static"
_NUMBER = ' class="number"'
_CONFIG = {
    "displaylogo": False,
    # Plotly would upload the chart to a cloud of its own; a report stays with its reader.
    "showSendToCloud": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["toImage", "sendChartToCloud", "select2d", "lasso2d"],
}
# The browser itself then refuses to load anything, whatever a text in the report says.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
<script>{plotly}</script>
</head>
<body>
<main>
{body}
</main>
<script>
{script}</script>
</body>
</html>
"""


def html_page(title: str, sections: Iterable[str]) -> str:
    """The whole file: everything that it needs is inside."""
    return _PAGE.format(
        policy=_POLICY,
        title=escape(title),
        style=(_STATIC / "report.css").read_text(encoding="utf-8"),
        script=(_STATIC / "report.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        body="\n".join(sections),
    )


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it."""
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def figures(pictures: Iterable[Picture | None]) -> list[str]:
    """The pictures that there are, in order; a sentence where there is none."""
    found = [picture for picture in pictures if picture is not None]
    return [_figure(*picture) for picture in found] or ["<p>Nothing was recorded.</p>"]


def _figure(info: ChartInfo, figure: go.Figure) -> str:
    """The interactive drawing, its sentence, and its numbers folded away."""
    figure.update_layout(template="plotly_white", font={"family": "system-ui, sans-serif"})
    drawing = figure.to_html(full_html=False, include_plotlyjs=False, config=_CONFIG)
    rows = info.rows()
    columns = list(rows[0]) if rows else []
    numbers = table(columns, ([row.get(name) for name in columns] for row in rows))
    return (
        f'<figure aria-label="{escape(info.title)}">{drawing}'
        f"<figcaption>{escape(info.explanation)}</figcaption>"
        f"<details><summary>Numbers as a table</summary>{numbers}</details></figure>"
    )


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, first_number: int | None = None
) -> str:
    """An HTML table; columns from `first_number` on are aligned as numbers."""

    def cells(tag: str, values: Sequence[Any]) -> str:
        number = len(values) if first_number is None else first_number
        return "".join(
            f"<{tag}{_NUMBER if place >= number else ''}>{escape(_words(value))}</{tag}>"
            for place, value in enumerate(values)
        )

    lines = [f"<tr>{cells('td', list(row))}</tr>" for row in rows]
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{cells("th", columns)}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
