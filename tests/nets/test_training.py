"""The loop over epochs: early stopping, learning rates, what a search trains when, divergence."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from adarec.errors import RunError
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import epoch_seed, run_epochs, warm_cosine
from adarec.nets.students.sampling import ZERO, sample_ops
from adarec.nets.training import Validation, adamw
from tests.nets.schedules import small_search, small_training, validation_of
from tests.nets.small_models import Notes, cycle_walks


class Scripted(Validation):
    """Gives NDCG@10 by a script, one value an epoch, whatever the model does."""

    def __init__(self, values: list[float]) -> None:
        super().__init__(*vars(validation_of(cycle_walks(2))).values())
        object.__setattr__(self, "script", iter(values))

    def metrics(self, model: nn.Module, **call: object) -> dict[str, float]:
        return {"ndcg@10": next(self.script), "hr@10": 0.0}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "best", "last"),
    [
        ([0.1, 0.3, 0.2, 0.2, 0.9], 2, 4),  # two epochs without a better one
        ([0.5, 0.5, 0.5, 0.5, 0.5], 1, 3),  # an equal one is no better
        ([0.1, 0.2, 0.3, 0.2, 0.4], 5, 5),
    ],
)
def test_training_stops_early_and_keeps_the_best_epoch(
    values: list[float], best: int, last: int, tmp_path: Path
) -> None:
    training, weights = small_training(epochs=5, patience=2), {}
    training.validation = Scripted(values)

    class Keep(Notes):
        def epoch_done(self, epoch, metrics, arrays) -> None:  # type: ignore[no-untyped-def]
            super().epoch_done(epoch, metrics, arrays)
            weights[epoch] = {k: v.clone() for k, v in training.model.state_dict().items()}

    notes = Keep()
    run_epochs(training, Checkpoint(tmp_path), notes)
    assert (training.best_epoch, training.last_epoch) == (best, last)
    assert training.best_ndcg == max(values[:last])
    assert sorted(notes.epochs) == list(range(1, last + 1))
    for name, value in training.best_state.items():
        assert torch.equal(value, weights[best][name])
    assert not all(torch.equal(weights[1][name], weights[last][name]) for name in weights[1])


def test_a_given_last_epoch_ends_training_in_the_middle_of_the_longer_schedule(
    tmp_path: Path,
) -> None:
    rates: dict[int | None, list[float]] = {}
    for last in (None, 2):
        training = small_training(epochs=4, patience=4, last=last)

        class Rates(Notes):
            def tick(self, *, epoch, epochs, fraction, message="") -> None:  # type: ignore[no-untyped-def]  # noqa: E501
                rates[last].append(training.optimizer.param_groups[0]["lr"])  # noqa: B023

        rates[last], folder = [], tmp_path / str(last)
        folder.mkdir()
        run_epochs(training, Checkpoint(folder), Rates())
        assert training.last_epoch == (last or 4)
    assert rates[2] == rates[None][: len(rates[2])]
    assert len(rates[2]) == len(rates[None]) / 2


def test_progress_grows_to_one(tmp_path: Path) -> None:
    notes = Notes()
    run_epochs(small_training(), Checkpoint(tmp_path), notes)
    assert notes.fractions == sorted(notes.fractions)
    assert notes.fractions[0] > 0
    assert notes.fractions[-1] == 1.0


def test_an_epoch_records_its_losses(tmp_path: Path) -> None:
    notes = Notes()
    run_epochs(small_training(), Checkpoint(tmp_path), notes)
    parts = {"loss", "task_loss", "logit_loss", "embedding_loss", "hidden_loss"}
    assert parts | {"validation_ndcg@10", "validation_hr@10"} == set(notes.epochs[1])
    assert notes.epochs[3]["loss"] < notes.epochs[1]["loss"]
    assert set(notes.arrays[1]) == {
        "mapping",
        "distance",
        "student_layer_weights",
        "teacher_layer_weights",
    }


def test_a_search_records_what_pages_draw(tmp_path: Path) -> None:
    notes, search = Notes(), small_search()
    before = search.supernet.alphas.detach().clone()
    run_epochs(search, Checkpoint(tmp_path), notes)
    assert np.array_equal(notes.arrays[1]["alphas"], before.numpy()), "the warm-up moves no alpha"
    assert not np.array_equal(notes.arrays[2]["alphas"], before.numpy())
    np.testing.assert_allclose(notes.arrays[3]["op_weights"].sum(1), 1.0, rtol=1e-5)
    assert "alpha_loss" not in notes.epochs[1]
    wanted = {"alpha_loss", "efficiency_loss", "expected_cost", "expected_speedup", "task_loss"}
    wanted |= {"gumbel_temperature", "alpha_entropy", "validation_ndcg@10"}
    assert wanted <= set(notes.epochs[2])
    assert [notes.epochs[e]["gumbel_temperature"] for e in (1, 2, 3)] == [2.0, 2.0, 0.5]


def test_the_temperature_falls_geometrically() -> None:
    search = small_search(epochs=6, warmup_epochs=1, start_temperature=4.0, end_temperature=0.25)
    found = []
    for epoch in range(1, 7):
        search.begin_epoch(epoch)
        found.append(search.gumbel_temperature)
    assert found == pytest.approx([4.0, 4.0, 2.0, 1.0, 0.5, 0.25])


def test_a_weight_step_moves_no_alpha_and_an_alpha_step_no_weight() -> None:
    search = small_search()
    steps = search.begin_epoch(2)
    for kind in ("weight", "alpha"):
        item = next(step for step in steps if step[0] == kind)
        alphas = search.supernet.alphas.detach().clone()
        weights = {name: value.clone() for name, value in search.trained.state_dict().items()}
        search.step(item, done=0.5)
        same = all(torch.equal(v, weights[k]) for k, v in search.trained.state_dict().items())
        assert same == (kind == "alpha")
        assert torch.equal(search.supernet.alphas, alphas) == (kind == "weight")
    assert all(parameter.grad is None for parameter in search.teacher.parameters())
    assert all(parameter.requires_grad for parameter in search.trained.parameters())


def test_the_cost_term_starts_at_its_share_of_the_loss() -> None:
    search = small_search(efficiency_share=0.25)
    item = next(step for step in search.begin_epoch(2) if step[0] == "alpha")
    losses, _ = search.step(item, done=0.5)
    rest = losses["alpha_loss"] - losses["efficiency_loss"]
    assert losses["efficiency_loss"] == pytest.approx(0.25 * rest, rel=1e-5)
    weight = search.efficiency_weight
    search.step(item, done=0.5)
    assert search.efficiency_weight == weight, "the scale is set once"


def test_alphas_move_in_the_last_epoch_however_long_the_warm_up(tmp_path: Path) -> None:
    search, notes = small_search(epochs=2, warmup_epochs=5), Notes()
    before = search.supernet.alphas.detach().clone()
    run_epochs(search, Checkpoint(tmp_path), notes)
    assert np.array_equal(notes.arrays[1]["alphas"], before.numpy())
    assert not np.array_equal(notes.arrays[2]["alphas"], before.numpy())


def test_ops_are_drawn_uniformly_in_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    search, logits = small_search(), []

    def spy(alphas, **call):  # type: ignore[no-untyped-def]
        logits.append(alphas.detach().clone())
        return sample_ops(alphas, **call)

    monkeypatch.setattr("adarec.nets.search.sample_ops", spy)
    for epoch in (1, 2):
        item = next(step for step in search.begin_epoch(epoch) if step[0] == "weight")
        search.step(item, done=0.1)
    assert (logits[0] == 0).all()
    assert torch.equal(logits[1], search.supernet.alphas.detach())


@pytest.mark.parametrize("make", [small_training, small_search])
def test_a_loss_that_is_not_finite_fails_the_run_with_its_epoch(make, tmp_path: Path) -> None:
    work = make()
    model = getattr(work, "model", None) or work.supernet.student
    with torch.no_grad():
        model.item_table.embedding.weight[5] = torch.nan
    with pytest.raises(RunError, match=r"loss became nan in epoch 1.*learning_rate"):
        run_epochs(work, Checkpoint(tmp_path), Notes())


def test_scores_that_are_not_finite_fail_the_run_with_the_epoch_before(tmp_path: Path) -> None:
    training = small_training()

    class Broken:
        def metrics(self, model: nn.Module, **call: object) -> dict[str, float]:
            raise RunError("3 of 9 requests have scores that are not finite")

    training.validation = Broken()  # type: ignore[assignment]
    with pytest.raises(RunError, match=r"After epoch 1: 3 of 9 requests"):
        run_epochs(training, Checkpoint(tmp_path), Notes())


def test_weight_decay_spares_item_tables_norms_and_biases() -> None:
    module = nn.ModuleDict(
        {"table": nn.Embedding(5, 4), "norm": nn.LayerNorm(4), "linear": nn.Linear(4, 3)}
    )
    optimizer = adamw(module, learning_rate=0.1, weight_decay=0.5)
    decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    found = {name: decay[id(parameter)] for name, parameter in module.named_parameters()}
    assert found == {
        "table.weight": 0.0,
        "norm.weight": 0.0,
        "norm.bias": 0.0,
        "linear.weight": 0.5,
        "linear.bias": 0.0,
    }


def test_the_learning_rate_warms_up_and_falls_along_a_cosine() -> None:
    assert warm_cosine(0.0) < 0.05
    assert warm_cosine(0.05) == pytest.approx(1.0)
    assert warm_cosine(0.525) == pytest.approx(0.525)  # half-way: floor + half of the rest
    assert warm_cosine(1.0) == pytest.approx(0.05)
    assert warm_cosine(1.0, floor=0.2) == pytest.approx(0.2)
    rising = [warm_cosine(done) for done in np.linspace(0, 0.05, 20)]
    falling = [warm_cosine(done) for done in np.linspace(0.05, 1, 50)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_training_follows_the_schedule() -> None:
    training = small_training(learning_rate=0.04)
    rows = training.begin_epoch(1)[0]
    training.step(rows, done=0.525)
    assert {group["lr"] for group in training.optimizer.param_groups} == {0.04 * 0.525}


def test_epoch_seeds_differ() -> None:
    seeds = {epoch_seed(seed, epoch) for seed in range(30) for epoch in range(30)}
    assert len(seeds) == 900


@pytest.mark.parametrize(("limit", "presses"), [(0.0, True), (1e6, False)])
def test_cost_presses_only_while_the_expected_student_is_over_the_limit(
    limit: float, presses: bool
) -> None:
    """Zero's logits tell, because the task gives them no gradient."""
    search = small_search()
    search.limit = limit
    item = next(step for step in search.begin_epoch(2) if step[0] == "alpha")
    search.step(item, done=0.5)
    assert search.supernet.alphas.grad is not None
    felt = search.supernet.alphas.grad[:, ZERO].abs().min() > 1e-6
    assert bool(felt) == presses
