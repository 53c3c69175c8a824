"""The last choice: a short distillation of each finalist, that can be stopped and go on."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from adarec.errors import StopRequested
from adarec.genotype import Genotype
from adarec.nets.finalists import (
    Contender,
    Finalist,
    Origin,
    choose_finalists,
    distil_finalists,
)
from adarec.nets.losses.distillation import Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.selection import Candidate
from adarec.nets.training import Training, Validation, distilled_loss, freeze
from tests.nets.schedules import schedule, validation_of
from tests.nets.small_models import (
    EVERY_LOSS,
    WIDTH,
    Notes,
    cycle_walks,
    packed,
    small_student,
    small_teacher,
)

FIRST_OPS = ("conv3", "maxpool3", "skip")


def candidates() -> list[Candidate]:
    """Three cells, best predicted first."""
    return [
        Candidate(Genotype(2, (op, "skip", "skip")), 10.0, 0.5 - 0.1 * k, within_limit=True)
        for k, op in enumerate(FIRST_OPS)
    ]


def chosen(count: int, **always: object) -> list[tuple[str, str]]:
    """The first op of each finalist among the three, and what made it one."""
    contenders = choose_finalists(candidates(), count, **always)  # type: ignore[arg-type]
    return [(each.candidate.genotype.ops[0], each.origin) for each in contenders]


def test_the_stack_takes_the_last_place_unless_it_has_one() -> None:
    conv, _, skip = (candidate.genotype for candidate in candidates())
    two_best = [("conv3", "predicted"), ("maxpool3", "predicted")]
    assert chosen(2, stack=None) == two_best
    assert chosen(2, stack=skip) == [("conv3", "predicted"), ("skip", "stack")]
    assert chosen(2, stack=conv) == two_best
    assert chosen(1, stack=skip) == [("conv3", "predicted")]
    assert chosen(9, stack=skip) == [*two_best, ("skip", "predicted")]


def test_cells_that_were_drawn_are_finalists_besides() -> None:
    _, pool, skip = (candidate.genotype for candidate in candidates())
    conv = ("conv3", "predicted")
    assert chosen(1, stack=None, drawn=[skip, pool]) == [conv]
    assert chosen(2, stack=None, drawn=[skip, pool]) == [
        conv,
        ("maxpool3", "predicted"),
        ("skip", "random"),
    ]
    drawn_too = [conv, ("skip", "stack"), ("maxpool3", "random")]
    assert chosen(2, stack=skip, drawn=[skip, pool]) == drawn_too


def contenders() -> list[Contender]:
    """The three, the last of them a random one."""
    origins: tuple[Origin, ...] = ("predicted", "predicted", "random")
    return [Contender(*pair) for pair in zip(candidates(), origins, strict=True)]


class ByFirstOp(Validation):
    """NDCG@10 as a script says, epoch by epoch."""

    def __init__(self, values: list[float]) -> None:
        super().__init__(*vars(validation_of(cycle_walks(2))).values())
        object.__setattr__(self, "script", iter(values))

    def metrics(self, model: nn.Module, **call: object) -> dict[str, float]:
        return {"ndcg@10": next(self.script), "hr@10": 0.0}  # type: ignore[attr-defined]


def prepare(genotype: Genotype, validation: Validation | None = None) -> Training:
    student = small_student(genotype.ops, num_cells=2, dropout=0.2)
    torch.manual_seed(0)
    projections, mapping = Projections(WIDTH, WIDTH), MAPPINGS["emd"](2, 4)
    return Training(
        student,
        sequences=packed(cycle_walks(40)),
        batch_loss=distilled_loss(
            student,
            freeze(small_teacher(num_layers=4)),
            projections=projections,
            mapping=mapping,
            weights=EVERY_LOSS,
        ),
        validation=validation or validation_of(cycle_walks(15, seed=1)),
        schedule=schedule(epochs=2, patience=2),
        extra=projections,
        mapping=mapping,
    )


def scripted(scripts: dict[str, list[float]], tmp_path: Path) -> list[Finalist]:
    def scripted_training(genotype: Genotype) -> Training:
        return prepare(genotype, ByFirstOp(scripts[genotype.ops[0]]))

    return distil_finalists(contenders(), scripted_training, folder=tmp_path, watch=Notes())


def test_the_better_validated_one_comes_first_whatever_was_predicted(tmp_path: Path) -> None:
    scripts = {"conv3": [0.1, 0.2], "maxpool3": [0.1, 0.3], "skip": [0.4, 0.1]}
    found = scripted(scripts, tmp_path)
    assert [each.candidate.genotype.ops[0] for each in found] == ["skip", "maxpool3", "conv3"]
    assert [each.validation_ndcg for each in found] == [0.4, 0.3, 0.2]
    assert [each.epochs for each in found] == [2, 2, 2]
    assert [each.to_json()["origin"] for each in found] == ["random", "predicted", "predicted"]
    assert found[0].to_json()["predicted_ndcg@10"] == pytest.approx(0.3)
    assert found[0].to_json()["validation_ndcg@10"] == 0.4


def test_equal_ones_stay_in_the_order_of_the_prediction(tmp_path: Path) -> None:
    scripts = {"conv3": [0.1, 0.2], "maxpool3": [0.2, 0.2], "skip": [0.1, 0.3]}
    found = scripted(scripts, tmp_path)
    assert [each.candidate.genotype.ops[0] for each in found] == ["skip", "conv3", "maxpool3"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Finalist]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return distil_finalists(contenders(), prepare, folder=folder, watch=Notes())


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_a_stopped_choice_resumes_to_the_same_one(
    undisturbed: list[Finalist], share: float, tmp_path: Path
) -> None:
    whole = Notes()
    distil_finalists(contenders(), prepare, folder=tmp_path / "whole", watch=whole)
    stop_at = int(share * len(whole.fractions))
    with pytest.raises(StopRequested):
        distil_finalists(
            contenders(), prepare, folder=tmp_path / "stopped", watch=Notes(stop_at=stop_at)
        )
    rest = Notes()
    found = distil_finalists(contenders(), prepare, folder=tmp_path / "stopped", watch=rest)
    assert found == undisturbed
    assert rest.fractions[0] > whole.fractions[stop_at - 1]
    assert len(rest.fractions) == len(whole.fractions) - stop_at


def test_progress_grows_over_all_finalists_and_their_epochs_are_not_the_stages(
    tmp_path: Path,
) -> None:
    notes = Notes()
    distil_finalists(contenders(), prepare, folder=tmp_path, watch=notes)
    assert notes.epochs == {}
    assert notes.fractions == sorted(notes.fractions)
    assert notes.fractions[-1] == pytest.approx(1.0)
    assert np.diff(notes.fractions).max() < 0.2
