"""The commands that start a run, and the options that they share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from adarec import catalog
from adarec.cli_results import AsJson, Home
from adarec.config import adapt_settings, parse_overrides, preset_settings
from adarec.data.samples import register_samples
from adarec.errors import SettingsError
from adarec.runs.workspace import Workspace
from adarec.terminal import Terminal, print_result


def _choices(entries: Sequence[catalog.Entry]) -> str:
    """The names that an option takes, each with what it means."""
    return " | ".join(f"{entry.name} = {entry.description.rstrip('.')}" for entry in entries)


Preset = Annotated[str, typer.Option(help=_choices(catalog.PRESETS))]
Teacher = Annotated[str | None, typer.Option(help=_choices(catalog.TEACHERS))]
Mapping = Annotated[str | None, typer.Option(help=_choices(catalog.MAPPINGS))]
Cost = Annotated[str | None, typer.Option(help=_choices(catalog.COSTS))]
Blend = Annotated[str | None, typer.Option(help=_choices(catalog.BLENDS))]
Speedup = Annotated[
    float | None,
    typer.Option(
        help="The student is at least so many times cheaper than the teacher, by --cost: a limit, "
        "within which the most accurate cell is searched. Without it the preset's."
    ),
]
Seed = Annotated[int | None, typer.Option(help="Same seed, same result.")]
Threads = Annotated[int | None, typer.Option(help="Threads of training.")]
Controls = Annotated[int | None, typer.Option(help="Random cells of equal cost to compare with.")]
HandMade = Annotated[
    bool, typer.Option("--hand-made", help="Compare with hand-made students, too.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Compute every stage again.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, any setting.")]

# Options whose setting is called otherwise.
_KEYS = {"mapping": "losses.mapping", "augment": "augment.name"}


def search(
    scene_or_log: Annotated[
        str, typer.Argument(help="A scene's name, or a log, which is ingested first.")
    ],
    preset: Preset = "quick",
    teacher: Teacher = None,
    mapping: Mapping = None,
    augment: Annotated[
        str | None, typer.Option(help="|".join(a.name for a in catalog.AUGMENTATIONS))
    ] = None,
    cost: Cost = None,
    blend: Blend = None,
    speedup: Speedup = None,
    seed: Seed = None,
    threads: Threads = None,
    controls: Controls = None,
    hand_made: HandMade = False,
    fresh: Fresh = False,
    set_: Set = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Train a teacher, search a cell, distil and measure; resumes what is unfinished."""
    overrides = _chosen_settings(
        set_,
        mapping=mapping,
        augment=augment,
        cost=cost,
        blend=blend,
        speedup=speedup,
        seed=seed,
        threads=threads,
        controls=controls,
        hand_made=hand_made,
    )
    from adarec.search_command import SearchRequest, run_search  # torch loads only for a search

    settings = preset_settings(preset, teacher=teacher, overrides=overrides)
    request = SearchRequest(scene_or_log=scene_or_log, settings=settings, fresh=fresh)
    result = run_search(opened_workspace(home), request, Terminal(quiet=as_json))
    print_result(result, as_json=as_json)


def adapt(
    source: Annotated[str, typer.Argument(help="The labelled scene, or its log.")],
    target: Annotated[str, typer.Argument(help="The scene without labels, or its log.")],
    paradigm: Annotated[
        str, typer.Option(help="|".join(p.name for p in catalog.PARADIGMS))
    ] = "both",
    items_map: Annotated[
        Path | None, typer.Option(help="Text file: target id, source id of the same item.")
    ] = None,
    preset: Preset = "quick",
    teacher: Teacher = None,
    mapping: Mapping = None,
    cost: Cost = None,
    blend: Blend = None,
    speedup: Speedup = None,
    seed: Seed = None,
    threads: Threads = None,
    controls: Controls = None,
    hand_made: HandMade = False,
    fresh: Fresh = False,
    set_: Set = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Carry a student from a labelled scene to one whose next items it never sees."""
    overrides = _chosen_settings(
        set_,
        mapping=mapping,
        cost=cost,
        blend=blend,
        speedup=speedup,
        seed=seed,
        threads=threads,
        controls=controls,
        hand_made=hand_made,
    )
    from adarec.search_command import run_adaptation  # torch loads only for a search

    own: dict[str, Any] = {"source": source, "target": target, "paradigm": paradigm}
    own["items_map"] = None if items_map is None else str(items_map.absolute())
    settings = adapt_settings(preset, teacher=teacher, adaptation=own, overrides=overrides)
    terminal = Terminal(quiet=as_json)
    result = run_adaptation(opened_workspace(home), settings, terminal, fresh=fresh)
    print_result(result, as_json=as_json)


def opened_workspace(home: Path | None) -> Workspace:
    """The workspace, with the sample scenes at its first opening."""
    workspace = Workspace.open(home)
    register_samples(workspace)
    return workspace


_ADAPTED = ("source", "target", "paradigm", "items_map")  # what `adapt` has arguments for


def _chosen_settings(set_: list[str] | None, **options: Any) -> dict[str, Any]:
    """What the options ask for, by dotted key.

    Raises:
        SettingsError: `--set` says otherwise than an option, or asks for what is a command's own.
    """
    given = {
        _KEYS.get(name, name): value
        for name, value in options.items()
        if value is not None and value is not False
    }
    more = parse_overrides(set_ or [])
    for key, value in more.items():
        asked = given.get(key, value)
        if value not in (str(asked), f"{asked:g}" if isinstance(asked, float) else asked):
            raise SettingsError(
                f"{key} was asked for twice: {asked} by its option, {value} by --set. "
                "Leave one of them out."
            )
    twice = [name for name in _ADAPTED if f"adaptation.{name}" in more]
    if twice:
        raise SettingsError(
            f"--set adaptation.{twice[0]}=… would overrule what was asked for. The scenes are "
            "named as SOURCE and TARGET, the others by --paradigm and --items-map."
        )
    if "point" in more:
        raise SettingsError(
            "--set point=… would choose a point of a front that is not there yet. Use "
            "`python -m adarec distill RUN --point K` when the run has finished."
        )
    return given | more
