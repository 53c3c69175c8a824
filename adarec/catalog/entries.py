"""The kinds of entries: what the catalogue says of a stage, a teacher, an op, a layer mapping."""

from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Entry:
    """One offer of the catalogue: its name, and how a page introduces it."""

    name: str
    title: str
    description: str


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Stage(Entry):
    """A step of a run; `version` is part of its key."""

    version: int


@dataclass(frozen=True)
class Op(Entry):
    """A candidate operation; `reach` is how many positions back from its own it can see."""

    reach: int
    parametric: bool


@dataclass(frozen=True)
class Teacher(Entry):
    """A heavy model; `own_settings` are those teacher settings that no other teacher reads."""

    own_settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Augmentation(Entry):
    """A way to lengthen short histories; `teacher` is the one that a run has if it names none."""

    teacher: str


@dataclass(frozen=True)
class LayerMapping(Entry):
    """How teacher layers teach student layers.

    Attributes:
        section: The section of the run's settings that it alone reads, "" where there is none.
        stage: The stage that prepares it between search and distillation, "" where none has to.
            The search itself, whose cells change at each step, then maps uniformly.
        reads_distance: It compares layers by the distance that the run's settings choose.
    """

    section: str = ""
    stage: str = ""
    reads_distance: bool = True

    @property
    def in_search(self) -> str:
        """The mapping that the search uses in its place."""
        return "uniform" if self.stage else self.name
