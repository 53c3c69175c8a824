"""The commands that work on what a run has found: distil another cell, take the student away, ask
it.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from adarec.data.id_list import split_ids
from adarec.runs.export import export_run
from adarec.runs.workspace import Workspace
from adarec.terminal import Terminal, print_result

Home = Annotated[
    Path | None, typer.Option(help="Workspace folder (default: ADAREC_HOME, else .adarec).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def distill(
    run: Annotated[str, typer.Argument(help="A run whose search is complete.")],
    point: Annotated[int, typer.Option(help="Point of its front: its place in front.json.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Distil and measure a point of a search's front; everything before is used again."""
    from adarec.search_command import run_distill  # torch loads only where it is needed

    result = run_distill(Workspace.open(home), run, point, Terminal(quiet=as_json))
    print_result(result, as_json=as_json)


def export(
    run: str,
    to: Annotated[Path, typer.Option(help="A new or empty folder.")],
    home: Home = None,
) -> None:
    """Write a finished run's student to a folder to deploy, with a model card."""
    for path in export_run(Workspace.open(home), run, to):
        typer.echo(path)


def recommend(
    folder: Annotated[Path, typer.Argument(help="A folder that export wrote.")],
    history: Annotated[
        str,
        typer.Option(
            help="Item ids, oldest first, separated by commas; in quotes an id that has one."
        ),
    ],
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many items.")] = 10,
    user: Annotated[
        str | None, typer.Option(help="Whose history it is: adds the user's pseudo-priors.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer one request from an exported folder, with onnxruntime alone."""
    from adarec.serving import Recommender  # onnxruntime loads only where it is needed

    answer = Recommender.open(folder).recommend(split_ids(history), top=top, user=user)
    rows = [
        {"item_id": item, "title": title, "score": score} for item, title, score in answer.items
    ]
    if as_json:
        found = {"items": rows, "milliseconds": answer.milliseconds, "unknown": answer.unknown}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for place, row in enumerate(rows, start=1):
        typer.echo(f"{place:3}  {row['item_id']}  {row['title'] or ''}  {row['score']:.3f}")
    if answer.unknown:
        typer.echo(f"Left out, not in the model's log: {', '.join(answer.unknown)}", err=True)
