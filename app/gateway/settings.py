"""Settings of runs: what a form may offer, and the command that repeats a run."""

import shlex
from collections.abc import Mapping
from typing import Any

from adarec.config import AdaptationSettings, RunSettings, preset_settings
from adarec.errors import SettingsError
from adarec.runs.records import RunRecord

_ADAPTATION = "adaptation."
# Settings that have an option of their own on the command line, in the order in which it reads
# well.
_OPTIONS = {
    "losses.mapping": "--mapping",
    "augment.name": "--augment",
    "cost": "--cost",
    "speedup": "--speedup",
    "seed": "--seed",
    "threads": "--threads",
    "controls": "--controls",
}


def preset_values(preset: str, teacher: str) -> dict[str, Any]:
    """Every setting of a preset by dotted key, for example `search.epochs`."""
    return flat(preset_settings(preset, teacher=teacher).model_dump())


def setting_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of every setting by dotted key: type, limits, description.

    A setting that holds names of the user's own (`cells`) is for the command line.
    """
    schema = RunSettings.model_json_schema()
    found: dict[str, dict[str, Any]] = {}
    for name, entry in schema["properties"].items():
        reference = entry.get("$ref") or entry.get("allOf", [{}])[0].get("$ref", "")
        section = schema["$defs"].get(reference.rsplit("/", 1)[-1])
        if entry.get("type") == "object":
            continue
        if section is None:
            found[name] = entry
        else:
            found |= {f"{name}.{key}": each for key, each in section["properties"].items()}
    return found


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as dotted keys."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def setting(run: RunRecord, key: str, default: Any = None) -> Any:
    """One setting of a run by dotted key."""
    return flat(run.settings).get(key, default)


def settings_of(run: RunRecord) -> dict[str, Any]:
    """All settings of a run by dotted key; those that came after it are the preset's."""
    values = flat(run.settings)
    preset, teacher = values.get("preset", "quick"), values.get("teacher.name", "nextitnet")
    return preset_values(preset, teacher) | values


def asked_speedup(run: RunRecord) -> float:
    """How many times cheaper than the teacher the run was asked to make its student."""
    values = flat(run.settings)
    return float(values.get("speedup") or values.get("default_speedup") or 1.0)


def repeat_command(run: RunRecord) -> str:
    """The command line that computes the same run from the same log; for a cell of a front a
    second line, which distils it from what the first has found.
    """
    values = flat(run.settings)
    point = values.pop("point", None)
    adaptation = {key: values.pop(key) for key in list(values) if key.startswith(_ADAPTATION)}
    if adaptation:
        values.pop("augment.name", None)  # no option of `adapt`, and always none
    preset, teacher = values.get("preset", "quick"), values.get("teacher.name", "nextitnet")
    try:
        usual = preset_values(preset, teacher)
    except SettingsError:
        usual = {}
    parts = _command(run.scene, adaptation)
    parts += [f"--preset {preset}", f"--teacher {teacher}"]
    parts += [
        f"{option} {_plain(values[key])}"
        for key, option in _OPTIONS.items()
        if values.get(key) is not None
    ]
    parts += [
        f"--set {shlex.quote(f'{key}={_plain(value)}')}"
        for key, value in values.items()
        if key not in _OPTIONS and key not in ("preset", "teacher.name")
        if key not in usual or usual[key] != value
    ]
    command = " ".join(parts)
    if point is None:
        return command
    return f"{command}\npython -m adarec distill RUN --point {point}  # RUN as printed above"


def _command(scene: str, adaptation: Mapping[str, Any]) -> list[str]:
    """The command, its scenes, and what an adaptation was asked beyond the defaults."""
    if not adaptation:
        return ["python -m adarec search", shlex.quote(scene)]
    values = {key.removeprefix(_ADAPTATION): value for key, value in adaptation.items()}
    parts = ["python -m adarec adapt", shlex.quote(values.pop("source")), shlex.quote(scene)]
    parts.append(f"--paradigm {values.pop('paradigm')}")
    if (items_map := values.pop("items_map", None)) is not None:
        parts.append(f"--items-map {shlex.quote(items_map)}")
    usual = {name: field.default for name, field in AdaptationSettings.model_fields.items()}
    return parts + [
        f"--set {_ADAPTATION}{name}={_plain(value)}"
        for name, value in values.items()
        if name != "target" and usual.get(name) != value
    ]


def _plain(value: Any) -> str:
    # Every digit: a rounded setting is another run.
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
