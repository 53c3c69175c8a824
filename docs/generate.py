"""Writes docs/catalogue.md and docs/settings.md from the code (`make docs`); a test compares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from adarec import catalog, config

FOLDER = Path(__file__).resolve().parent

SECTIONS = {
    "STAGES": "Stages",
    "PARADIGMS": "Paradigms of `adapt` (`--paradigm`)",
    "TEACHERS": "Teachers (`--teacher`)",
    "ATTENTIONS": "Attention of dt4sr (`--set teacher.attention=NAME`)",
    "OPS": "Candidate ops of an edge",
    "MAPPINGS": "Layer mappings (`--mapping`)",
    "AUGMENTATIONS": "Augmentation of short histories (`--augment`)",
    "HIDDEN_DISTANCES": "Distances of hidden layers (`--set losses.hidden_distance=NAME`)",
    "COSTS": "Costs (`--cost`)",
    "PRESETS": "Presets (`--preset`)",
}
LIMITS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}


def table(header: str, rows: list[str]) -> list[str]:
    """Lines of a Markdown table; `header` and rows are written `a | b`."""
    rule = "|".join(["---"] * (header.count(" | ") + 1))
    return [f"| {header} |", f"|{rule}|", *(f"| {row} |" for row in rows), ""]


def catalogue_page() -> str:
    """The text of docs/catalogue.md: every name a setting may take."""
    lines = ["# Names", "", "Everything a setting, the command line or a form may name."]
    lines += ["Written by `make docs` from `adarec/catalog/`.", ""]
    for variable, entries in vars(catalog).items():
        if isinstance(entries, tuple) and all(isinstance(e, catalog.Entry) for e in entries):
            lines += [f"## {SECTIONS.get(variable, variable.capitalize())}", ""]
            rows = [f"`{entry.name}` | {entry.title} | {entry.description}" for entry in entries]
            lines += table("name | title | what it is", rows)
    return "\n".join(lines)


def setting_rows(settings: type[BaseModel], values: list[Any], prefix: str = "") -> Iterator[str]:
    """One table row a setting: key, its value in each preset, limits, description."""
    for name, field in settings.model_fields.items():
        inner = [getattr(value, name) for value in values]
        if isinstance(inner[0], BaseModel):
            yield from setting_rows(type(inner[0]), inner, f"{prefix}{name}.")
        else:
            shown = " | ".join(str(value) for value in inner)
            yield f"`{prefix}{name}` | {shown} | {limits(field)} | {field.description or ''}"


def limits(field: FieldInfo) -> str:
    """The range of a setting in words, empty when there is none."""
    found = {
        name: getattr(item, name)
        for item in field.metadata
        for name in LIMITS
        if hasattr(item, name)
    }
    return ", ".join(LIMITS[name].format(value) for name, value in found.items())


def settings_page() -> str:
    """The text of docs/settings.md: every key of `--set` with its value in each preset."""
    lines = [
        "# Settings",
        "",
        "Every key of `--set KEY=VALUE`, with its value in each preset for the",
    ]
    lines += ["default teacher. Written by `make docs` from `adarec/config`.", ""]
    presets = [preset.name for preset in catalog.PRESETS]
    values = [config.preset_settings(name) for name in presets]
    header = f"key | {' | '.join(presets)} | range | what it is"
    lines += table(header, list(setting_rows(config.RunSettings, values)))
    lines += ["## Of `adapt` alone", ""]
    own = config.AdaptationSettings(source="…", target="…")
    rows = list(setting_rows(config.AdaptationSettings, [own], f"{config.SECTION}."))
    return "\n".join(lines + table("key | default | range | what it is", rows))


if __name__ == "__main__":
    (FOLDER / "catalogue.md").write_text(catalogue_page(), encoding="utf-8")
    (FOLDER / "settings.md").write_text(settings_page(), encoding="utf-8")
