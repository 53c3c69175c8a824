"""Frozen settings of a run, the presets they start from, and their reading."""

from adarec.config.adaptation import (
    SECTION,
    AdaptationSettings,
    AdaptSettings,
    adapt_settings,
    read_run_settings,
)
from adarec.config.presets import preset_settings, reverse_model_settings
from adarec.config.reading import parse_overrides, read_as, read_settings
from adarec.config.run import RunSettings
from adarec.config.sections import (
    AdainSettings,
    AugmentSettings,
    DfaSettings,
    LossSettings,
    SearchSettings,
    Settings,
    StudentSettings,
    TeacherSettings,
)

__all__ = [
    "SECTION",
    "AdainSettings",
    "AdaptSettings",
    "AdaptationSettings",
    "AugmentSettings",
    "DfaSettings",
    "LossSettings",
    "RunSettings",
    "SearchSettings",
    "Settings",
    "StudentSettings",
    "TeacherSettings",
    "adapt_settings",
    "parse_overrides",
    "preset_settings",
    "read_as",
    "read_run_settings",
    "read_settings",
    "reverse_model_settings",
]
