"""The last choice between the best candidates: each is distilled for a few epochs, from the same
supernet, and validated on users of the whole scene.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from adarec.genotype import Genotype
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import PartWatch, Watch, run_epochs
from adarec.nets.selection import Candidate
from adarec.nets.training import Training

Origin = Literal["predicted", "stack", "random"]


class Contender(NamedTuple):
    """A candidate that is to be distilled for a short time, and what chose it for that."""

    candidate: Candidate
    origin: Origin


@dataclass(frozen=True)
class Finalist:
    """A contender after its short distillation.

    Attributes:
        candidate: The cell, its cost, and what was predicted of it.
        origin: What made it a finalist.
        validation_ndcg: NDCG@10 of its best epoch over users of the whole scene.
        epochs: That it was distilled for.
    """

    candidate: Candidate
    origin: Origin
    validation_ndcg: float
    epochs: int

    def to_json(self) -> dict[str, object]:
        """Plain data for finalists.json."""
        return self.candidate.to_json() | {
            "origin": self.origin,
            "validation_ndcg@10": self.validation_ndcg,
            "epochs": self.epochs,
        }


def choose_finalists(
    ranked: Sequence[Candidate],
    count: int,
    *,
    stack: Genotype | None,
    drawn: Collection[Genotype] = (),
) -> list[Contender]:
    """The first `count` candidates, in their order, with `stack` in place of the last one where it
    is not among them; then those that were drawn.

    Args:
        ranked: Best first; `stack` and `drawn` are among them.
        count: 1 chooses the first alone, whatever else there is.
        stack: A genotype that a short distillation has to beat; None where there is none.
        drawn: Genotypes that no prediction chose.
    """
    best = ranked[:count]
    if count > 1 and stack is not None and all(c.genotype != stack for c in best):
        best = best[:-1]
    chosen = [Contender(candidate, "predicted") for candidate in best]
    if count == 1:
        return chosen
    others = [candidate for candidate in ranked if candidate not in best]
    chosen += [Contender(c, "stack") for c in others if c.genotype == stack]
    return chosen + [
        Contender(c, "random") for c in others if c.genotype in drawn and c.genotype != stack
    ]


def distil_finalists(
    contenders: Sequence[Contender],
    prepare: Callable[[Genotype], Training],
    *,
    folder: Path,
    watch: Watch,
) -> list[Finalist]:
    """The contenders after a short distillation, best validated first; the better predicted one
    where two are equal.

    Args:
        contenders: Distinct, best predicted first.
        prepare: The training of a genotype, ready for its first epoch.
        folder: Keeps a checkpoint for each, also of those that are done, until the stage ends.
        watch: Hears of progress; the epochs are not the stage's.

    Raises:
        StopRequested: The watch asked to stop; the same call goes on from there.
    """
    found = []
    for number, (candidate, origin) in enumerate(contenders):
        own = folder / f"finalist-{number + 1}"
        own.mkdir(parents=True, exist_ok=True)
        training = prepare(candidate.genotype)
        part = PartWatch(
            watch,
            number / len(contenders),
            (number + 1) / len(contenders),
            f"Finalist {number + 1} of {len(contenders)}",
        )
        run_epochs(training, Checkpoint(own), part)
        found.append(Finalist(candidate, origin, training.best_ndcg, training.last_epoch))
    return sorted(found, key=lambda finalist: -finalist.validation_ndcg)
