"""What stands on the accuracy-cost plane."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FrontierPoint:
    """One model of one run; `interval` bounds the accuracy where a bootstrap interval is known."""

    run: str
    scene: str
    role: str
    name: str
    cost: float | None
    accuracy: float
    interval: tuple[float, float] | None = None
    on_front: bool = False
    loss: float | None = None  # of a student: the share of its teacher's accuracy that it lacks
    is_fastest: bool = False  # the cheapest student of its scene that loses no more than allowed
    # Of a student: the best count baseline of its scene, where that is more accurate.
    beaten_by: tuple[str, float] | None = None
    run_name: str = ""  # what a person called the run

    @property
    def title(self) -> str:
        """What the run is called: its name, else its id."""
        return self.run_name or self.run


@dataclass(frozen=True)
class PredictedCell:
    """A cell that the search compared: its cost by the table, the supernet's NDCG@10 with it, and
    its number on the front of the search, by which it can be distilled."""

    run: str
    ops: str
    cost: float
    accuracy: float
    on_front: bool
    point: int | None = None
