"""Settings of a run that carries a student from a labelled scene to one without labels."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from adarec.config.presets import preset_settings
from adarec.config.reading import read_as
from adarec.config.run import RunSettings
from adarec.config.sections import Settings

SECTION = "adaptation"


class AdaptationSettings(Settings):
    """Which scenes, and what the student learns from the target's histories."""

    source: str = Field(description="Scene whose labels are used.")
    target: str = Field(description="Scene whose histories are used, without what follows them.")
    paradigm: Literal["source", "target", "both", "warm"] = Field(
        "both", description="Where the teacher is listened to."
    )
    items_map: str | None = Field(
        None, description="File of target id, source id; none = equal ids are one item."
    )
    target_weight: float = Field(
        1.0, ge=0, le=100, description="Factor d of every loss on the target."
    )
    pseudo: float = Field(
        0.3, ge=0, description="Factor of the cross-entropy on the teacher's pseudo-labels."
    )
    pseudo_quantile: float = Field(
        0.5,
        ge=0,
        lt=1,
        description="Share of a batch whose pseudo-labels are dropped, the least confident ones.",
    )


class AdaptSettings(RunSettings):
    """Everything that decides the result of an adaptation, but for the scenes' content."""

    adaptation: AdaptationSettings

    @model_validator(mode="after")
    def _fits_an_adaptation(self) -> "AdaptSettings":
        if self.augment.name != "none":
            raise ValueError(
                f"augment.name is {self.augment.name!r}; histories of an adaptation are not "
                "lengthened, choose none"
            )
        wanted = self.controls or self.cells or self.hand_made
        if wanted and self.adaptation.paradigm == "warm":
            raise ValueError(
                "there are controls, but the student of a warm start fits one cell alone; choose "
                "the paradigm both, or no controls, cells or hand-made students"
            )
        return self

    def between(self, source: str, target: str) -> "AdaptSettings":
        """The same settings for other scenes."""
        scenes = {"source": source, "target": target}
        return self.model_copy(update={"adaptation": self.adaptation.model_copy(update=scenes)})


def adapt_settings(
    preset: str = "quick",
    *,
    teacher: str | None = None,
    adaptation: Mapping[str, Any],
    overrides: Mapping[str, Any] | None = None,
) -> AdaptSettings:
    """Settings of a preset for an adaptation.

    Args:
        preset: Name of the preset.
        teacher: Name of the teacher; None means nextitnet.
        adaptation: Fields of `AdaptationSettings`; source and target are needed.
        overrides: By dotted key; `adaptation.pseudo_quantile` and the like come before the fields
            above.

    Raises:
        SettingsError: An unknown key or value, or values that do not fit together.
    """
    mine = f"{SECTION}."
    given = dict(overrides or {})
    own = {key.removeprefix(mine): given.pop(key) for key in list(given) if key.startswith(mine)}
    base = preset_settings(preset, teacher=teacher, overrides=given)
    return read_as(AdaptSettings, base.model_dump() | {SECTION: {**adaptation, **own}})


def read_run_settings(tree: Mapping[str, Any]) -> RunSettings:
    """The settings in a run's record: of an adaptation where they name its scenes.

    Raises:
        SettingsError: They do not fit.
    """
    return read_as(AdaptSettings if SECTION in tree else RunSettings, tree)
