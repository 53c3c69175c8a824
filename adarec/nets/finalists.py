"""The last choice between the best candidates: each is distilled for a few epochs, from the same
supernet, and validated on users of the whole scene.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from adarec.genotype import Genotype
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import PartWatch, Watch, run_epochs
from adarec.nets.selection import Candidate
from adarec.nets.training import Training


@dataclass(frozen=True)
class Finalist:
    """A candidate, the validation NDCG@10 of its best epoch over users of the whole scene, and the
    epochs that it was distilled for.
    """

    candidate: Candidate
    validation_ndcg: float
    epochs: int

    def to_json(self) -> dict[str, object]:
        """Plain data for finalists.json."""
        return self.candidate.to_json() | {
            "validation_ndcg@10": self.validation_ndcg,
            "epochs": self.epochs,
        }


def choose_finalists(
    ranked: Sequence[Candidate],
    count: int,
    *,
    stack: Genotype | None,
    drawn: Collection[Genotype] = (),
) -> list[Candidate]:
    """The first `count` candidates, in their order, with `stack` in place of the last one where it
    is not among them; then those that were drawn.

    Args:
        ranked: Best first; `stack` and `drawn` are among them.
        count: 1 chooses the first alone, whatever else there is.
        stack: A genotype that a short distillation has to beat; None where there is none.
        drawn: Genotypes that no prediction chose.
    """
    chosen = list(ranked[:count])
    if count == 1:
        return chosen
    if stack is not None and all(c.genotype != stack for c in chosen):
        chosen[-1] = next(c for c in ranked if c.genotype == stack)
    return chosen + [c for c in ranked if c.genotype in drawn and c not in chosen]


def distil_finalists(
    candidates: Sequence[Candidate],
    prepare: Callable[[Genotype], Training],
    *,
    folder: Path,
    watch: Watch,
) -> list[Finalist]:
    """The candidates after a short distillation, best validated first; the better predicted one
    where two are equal.

    Args:
        candidates: Distinct, best predicted first.
        prepare: The training of a genotype, ready for its first epoch.
        folder: Keeps a checkpoint for each, also of those that are done, until the stage ends.
        watch: Hears of progress; the epochs are not the stage's.

    Raises:
        StopRequested: The watch asked to stop; the same call goes on from there.
    """
    found = []
    for number, candidate in enumerate(candidates):
        own = folder / f"finalist-{number + 1}"
        own.mkdir(parents=True, exist_ok=True)
        training = prepare(candidate.genotype)
        part = PartWatch(
            watch,
            number / len(candidates),
            (number + 1) / len(candidates),
            f"Finalist {number + 1} of {len(candidates)}",
        )
        run_epochs(training, Checkpoint(own), part)
        found.append(Finalist(candidate, training.best_ndcg, training.last_epoch))
    return sorted(found, key=lambda finalist: -finalist.validation_ndcg)
