"""What an experiment on one system is made of: rows that are compared, on which scenes."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from adarec.bench.experiments.cell import SEEDS, Cell, Pair

BOTH_MODELS = {"teacher": "teacher", "student": "student"}
# What the cells were searched with when the first of their runs were kept. All rows of a table
# have it, and what they compare lies elsewhere; days of runs would be lost with today's default.
_AS_KEPT = {
    "search.ties": "accuracy",
    "search.plain_stack": False,
    "search.drawn_finalists": 0,
}


@dataclass(frozen=True)
class Variant:
    """A row: its name, its teacher, and the settings by dotted key that make it."""

    name: str
    teacher: str = "nextitnet"
    overrides: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One model minus another: of which variant, in which role of its runs."""

    words: str
    own: tuple[str, str]
    rival: tuple[str, str]


@dataclass(frozen=True)
class System:
    """The experiment on one system.

    Attributes:
        name: The mode of `bench`.
        title: Of its page.
        question: What it asks.
        method: How it is answered, in a sentence or two.
        variants: Its rows; the first ones are worth running first.
        differences: What is compared.
        scenes: Where, cheapest first.
        pairs: The scenes of an adaptation, instead.
        roles: Models whose accuracy is printed: the role in a run, and the table's word.
        by_length: Whether differences are split by the length of the users' histories.
    """

    name: str
    title: str
    question: str
    method: str
    variants: tuple[Variant, ...]
    differences: tuple[Difference, ...]
    scenes: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    roles: dict[str, str] = field(default_factory=lambda: BOTH_MODELS)
    by_length: bool = False

    def where(self) -> tuple[str, ...]:
        """The scenes that are measured, cheapest first."""
        return self.scenes or tuple(pair.target.name for pair in self.pairs)

    def cells(self, scenes: Collection[str]) -> list[Cell]:
        """Every row on these scenes: one seed of all of them before the next."""
        pairs = {pair.target.name: pair for pair in self.pairs}
        return [
            Cell(
                self.name,
                scene,
                variant.name,
                seed,
                teacher=variant.teacher,
                overrides=_AS_KEPT | variant.overrides,
                pair=pairs.get(scene),
            )
            for seed in SEEDS
            for scene in scenes
            for variant in self.variants
        ]
