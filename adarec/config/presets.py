"""The presets that settings start from, and what suits what where nothing was chosen."""

from collections.abc import Mapping
from typing import Any

from adarec import catalog
from adarec.config.reading import read_settings
from adarec.config.run import RunSettings
from adarec.config.sections import TeacherSettings
from adarec.errors import SettingsError

_PRESETS: dict[str, dict[str, Any]] = {
    "quick": {},
    "standard": {
        "teacher": {"num_blocks": 16, "num_layers": 8, "epochs": 80, "patience": 6},
        "student": {"num_cells": 4, "epochs": 80, "patience": 6},
        "search": {"epochs": 25, "warmup_epochs": 4, "finalist_epochs": 2},
        "dfa": {"epochs": 12, "warmup_epochs": 2},
        "augment": {"epochs": 80},
        "default_speedup": 10.0,
    },
    "paper": {
        "teacher": {"num_blocks": 16, "width": 256, "num_layers": 8, "epochs": 100, "patience": 8},
        "student": {"num_cells": 4, "epochs": 100, "patience": 8},
        "search": {"epochs": 50, "warmup_epochs": 8, "patience": 8, "finalist_epochs": 2},
        "dfa": {"epochs": 25, "warmup_epochs": 4},
        "augment": {"epochs": 100},
        "default_speedup": 10.0,
        "length_cap": 100,
    },
}

_SIZES_BUT_NEXTITNET: dict[str, dict[str, Any]] = {
    "quick": {"num_blocks": 4, "width": 64, "num_layers": 4},
    "standard": {"num_blocks": 8, "width": 128, "num_layers": 8},
    "paper": {"num_blocks": 8, "width": 128, "num_layers": 8, "num_heads": 4},
}


def preset_settings(
    preset: str = "quick", *, teacher: str | None = None, overrides: dict[str, Any] | None = None
) -> RunSettings:
    """Settings of a preset for a teacher, with overrides by dotted key (`teacher.epochs`) on top.

    Without a teacher it is the one that suits the augmentation: nextitnet where there is none.

    Raises:
        SettingsError: An unknown preset, key or value, or values that do not fit together.
    """
    if preset not in _PRESETS:
        raise SettingsError(
            f"No preset is called {preset!r}. Known: {', '.join(_PRESETS)}. Choose one of these."
        )
    if "preset" in (overrides or {}):
        raise SettingsError(
            "--set preset=… would only rename the run's sizes. Use --preset to choose them."
        )
    teacher = teacher or _usual_teacher(overrides or {})
    if (overrides or {}).get("teacher.name", teacher) != teacher:
        raise SettingsError(
            f"--set teacher.name=… would give it the sizes of {teacher}. Use --teacher."
        )
    tree = _merged({"preset": preset, "teacher": {"name": teacher}}, _PRESETS[preset])
    if teacher != "nextitnet":
        tree = _merged(tree, {"teacher": _SIZES_BUT_NEXTITNET[preset]})
    for key, value in (overrides or {}).items():
        branch: dict[str, Any] = {key.rsplit(".", 1)[-1]: value}
        for name in reversed(key.split(".")[:-1]):
            branch = {name: branch}
        tree = _merged(tree, branch)
    return read_settings(tree)


def reverse_model_settings(settings: RunSettings) -> TeacherSettings:
    """Settings of the SASRec that reads histories backwards: the teacher's own where that is a
    SASRec, whose start it can then be, else those of the preset's SASRec.
    """
    if settings.teacher.name == "sasrec":
        return settings.teacher
    return preset_settings(settings.preset, teacher="sasrec").teacher


def _usual_teacher(overrides: Mapping[str, Any]) -> str:
    asked = str(overrides.get("augment.name", "none"))
    usual = {entry.name: entry.teacher for entry in catalog.AUGMENTATIONS}
    return usual.get(asked, "nextitnet")  # a wrong name is refused with all other settings


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = (
            _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged
