"""A cell of a table is a run of the workspace: what it is started with, and on which scenes."""

from dataclasses import dataclass, field, replace
from typing import Any

from adarec.config import RunSettings, adapt_settings, preset_settings

SCENES = (
    "ml-100k",
    "amazon-beauty",
    "foursquare-nyc",
    "retailrocket",
    "lastfm-s3rec",
    "yoochoose-100k",
)
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Cut:
    """A scene that is a part of a log.

    Attributes:
        name: The scene's.
        log: The name of the log that it is a part of.
        filters: Options of `ingest` that cut it out, without their dashes.
    """

    name: str
    log: str
    filters: dict[str, str]

    @property
    def options(self) -> list[str]:
        """The filters as options of the command line."""
        return [part for name, value in self.filters.items() for part in (f"--{name}", value)]


@dataclass(frozen=True)
class Pair:
    """The scenes of an adaptation."""

    source: Cut
    target: Cut


@dataclass(frozen=True)
class Cell:
    """One run: what the table calls it and what it is started with.

    Attributes:
        part: The table that it belongs to.
        scene: The scene's name, and its log's; of an adaptation the target's.
        variant: The row it belongs to.
        seed: Its seed; a row averages its seeds.
        teacher: A name of `catalog.TEACHERS`.
        preset: quick or paper.
        overrides: Settings by dotted key.
        foreign: Scenes whose found cells it distils, too.
        front_points: How many cells of its search's front it distils, too.
        pair: The scenes of an adaptation; None for a search.
    """

    part: str
    scene: str
    variant: str
    seed: int
    teacher: str = "nextitnet"
    preset: str = "quick"
    overrides: dict[str, Any] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    front_points: int = 0
    pair: Pair | None = None

    @property
    def name(self) -> str:
        """One line, unique among the cells."""
        return f"{self.part}: {self.scene}, {self.variant}, seed {self.seed}"

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The scenes that have to be cut out of a log."""
        return () if self.pair is None else (self.pair.source, self.pair.target)

    @property
    def logs(self) -> tuple[str, ...]:
        """Names of the logs that it reads."""
        return tuple(cut.log for cut in self.cuts) or (self.scene,)

    @property
    def unchanged(self) -> "Cell":
        """The same at the preset's own settings."""
        return replace(self, seed=0, overrides={}, foreign=(), front_points=0)

    @property
    def awaited(self) -> tuple[str, ...]:
        """Scenes whose search has to be there before it."""
        return self.foreign or ((self.scene,) if self.front_points else ())

    def settings(self, on_top: dict[str, Any], cells: dict[str, str] | None = None) -> RunSettings:
        """What its run is started with.

        Args:
            on_top: Settings by dotted key that every cell gets.
            cells: Name -> ops of the cells that it distils, too.
        """
        given = {f"cells.{name}": ops for name, ops in (cells or {}).items()}
        overrides = {"seed": self.seed, **self.overrides, **given, **on_top}
        if self.pair is None:
            return preset_settings(self.preset, teacher=self.teacher, overrides=overrides)
        scenes = {"source": self.pair.source.name, "target": self.pair.target.name}
        return adapt_settings(
            self.preset, teacher=self.teacher, adaptation=scenes, overrides=overrides
        )

    def finder_of(self, scene: str) -> "Cell":
        """The cell whose run finds a foreign scene's cell. Its controls do not matter."""
        return Cell("", scene, self.teacher, self.seed, teacher=self.teacher, preset=self.preset)
