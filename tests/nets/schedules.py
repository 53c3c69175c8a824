"""Short schedules and validations for the tests of training and search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from adarec.nets.adaptation import (
    Adaptation,
    PseudoLabelling,
    Unlabelled,
    history_loss,
    labelled_loss,
)
from adarec.nets.aggregation import AggregationSchedule, AggregationSearch
from adarec.nets.batches import Sequences
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import run_epochs
from adarec.nets.losses.dfa import BridgeConnectors, aggregation_window
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS, Mapping, layer_distances
from adarec.nets.masked import InTurn, MaskedTraining, masked_item_loss
from adarec.nets.search import Search
from adarec.nets.search_schedule import SearchSchedule
from adarec.nets.training import (
    Duration,
    Training,
    TrainingSchedule,
    Validation,
    distilled_loss,
    freeze,
    next_item_loss,
)
from tests.nets.small_models import (
    EVERY_LOSS,
    NUM_ITEMS,
    WIDTH,
    Notes,
    cycle_walks,
    packed,
    small_costs,
    small_student,
    small_supernet,
    small_teacher,
)


def schedule(
    *, epochs: int = 3, patience: int = 3, last: int | None = None, **changed: float
) -> TrainingSchedule:
    """A schedule of three epochs in batches of about 64 positions."""
    fields = {"learning_rate": 1e-2, "weight_decay": 0.01}
    fields |= {"batch_positions": 64, "clip_norm": 5.0, "seed": 7}
    return TrainingSchedule(
        Duration(epochs, patience, last),
        **(fields | changed),  # type: ignore[arg-type]
    )


def search_schedule(**changed: float | str) -> SearchSchedule:
    """A schedule of three epochs, the first of which is the warm-up."""
    fields = {"epochs": 3, "warmup_epochs": 1, "learning_rate": 1e-2, "weight_decay": 0.01}
    fields |= {"alpha_learning_rate": 0.05, "batch_positions": 64, "clip_norm": 5.0, "seed": 7}
    fields |= {"start_temperature": 2.0, "end_temperature": 0.5, "efficiency_share": 0.1}
    return SearchSchedule(**(fields | changed))  # type: ignore[arg-type]


def validation_of(walks: Sequence[Sequence[int]]) -> Validation:
    """The last item of each walk is to be found after the others."""
    histories = packed([walk[:-1] for walk in walks], with_targets=False)
    return Validation(histories, np.array([walk[-1] for walk in walks]))


OWN_SETTINGS: dict[str, dict[str, Any]] = {
    "dfa": {"aggregation": [[0.7, 0.3, 0.0, 0.0], [0.0, 0.0, 0.2, 0.8]]},
    "adain": {"weight": 0.5},
}


def set_up_mapping(name: str, projections: Projections) -> Mapping:
    """The mapping between two cells and four teacher layers, as a run would use it."""
    mapping = MAPPINGS[name](2, 4)
    mapping.set_up(OWN_SETTINGS.get(name, {}), projections.hidden)
    return mapping


def small_training(mapping: str = "emd", **changed: float) -> Training:
    """A derived student with dropout, distilled from an untrained teacher."""
    student = small_student(["conv3", "skip", "maxpool3"], num_cells=2, dropout=0.2)
    teacher = freeze(small_teacher(num_layers=4))
    projections = Projections(WIDTH, WIDTH)
    layers = set_up_mapping(mapping, projections)
    return Training(
        student,
        sequences=packed(cycle_walks(40)),
        batch_loss=distilled_loss(
            student, teacher, projections=projections, mapping=layers, weights=EVERY_LOSS
        ),
        validation=validation_of(cycle_walks(15, seed=1)),
        schedule=schedule(**changed),
        extra=projections,
        mapping=layers,
    )


def small_in_turn(*, masked: int = 1, causal: int = 2, **changed: float) -> InTurn:
    """A bert4rec with dropout: epochs on masked items, then on the next one."""
    model = small_teacher("bert4rec", dropout=0.2)
    walks, validation = packed(cycle_walks(40)), validation_of(cycle_walks(15, seed=1))
    on_masked = MaskedTraining(
        model,
        sequences=walks,
        batch_loss=masked_item_loss(model, mask_probability=0.4),
        validation=validation,
        schedule=schedule(**changed | {"epochs": masked}),
    )
    on_next = Training(
        model,
        sequences=walks,
        batch_loss=next_item_loss(model),
        validation=validation,
        schedule=schedule(**changed | {"epochs": causal}),
    )
    return InTurn([on_masked, on_next])


def small_search(
    mapping: str = "emd", *, alphas_per_cell: bool = False, **changed: float | str
) -> Search:
    """A search with dropout on walks around the ring; the alphas' walks are others than the
    weights'."""
    supernet = small_supernet(dropout=0.2, alphas_per_cell=alphas_per_cell)
    teacher = freeze(small_teacher(num_layers=4))
    projections = Projections(WIDTH, WIDTH)  # the teacher has set the seed
    return Search(
        supernet,
        teacher,
        weight_sequences=packed(cycle_walks(40)),
        alpha_sequences=packed(cycle_walks(12, seed=3)),
        validation=validation_of(cycle_walks(15, seed=1)),
        projections=projections,
        mapping=set_up_mapping(mapping, projections),
        weights=EVERY_LOSS,
        costs=small_costs(),
        limit=0.0,
        schedule=search_schedule(**changed),
    )


def aggregation_schedule(**changed: float) -> AggregationSchedule:
    """A schedule of three epochs, the first of which is the warm-up."""
    fields = {"epochs": 3, "warmup_epochs": 1, "learning_rate": 1e-2, "weight_decay": 0.01}
    fields |= {"layer_learning_rate": 0.02, "batch_positions": 64, "clip_norm": 5.0, "seed": 7}
    fields |= {"student_to_teacher": 1.0, "teacher_to_student": 1.0}
    return AggregationSchedule(**(fields | changed))  # type: ignore[arg-type]


def small_aggregation(
    *,
    teacher: SequenceModel | None = None,
    num_cells: int = 2,
    window: str = "group",
    **changed: float,
) -> AggregationSearch:
    """A search for the aggregation of a teacher's layers, two a cell, on walks around the ring;
    the layers' walks are others than the weights'."""
    student = small_student(["conv3", "skip", "maxpool3"], num_cells=num_cells, dropout=0.2)
    taught_by = freeze(small_teacher(num_layers=2 * num_cells)) if teacher is None else teacher
    return AggregationSearch(
        student,
        taught_by,
        weight_sequences=packed(cycle_walks(40)),
        slice_sequences=packed(cycle_walks(12, seed=3)),
        connectors=BridgeConnectors(nn.Linear(WIDTH, WIDTH), num_cells),
        inside=aggregation_window(num_cells, taught_by.num_layers, window=window),
        distance=layer_distances,
        schedule=aggregation_schedule(**changed),
    )


SOURCE = cycle_walks(40)
OTHER = cycle_walks(30, seed=5)


def inputs_of(walks: list[list[int]]) -> Unlabelled:
    """The inputs of training windows, without labels, as a stage gives them."""
    windows = packed(walks)
    return Unlabelled(Sequences(windows.items, windows.offsets))


def small_adaptation(
    *,
    target: list[list[int]] = OTHER,
    target_weight: float = 1.0,
    pseudo: float = 0.4,
    quantile: float = 0.5,
    dropout: float = 0.2,
    on_source: bool = True,
    teacher: SequenceModel | None = None,
    source: list[list[int]] = SOURCE,
    num_items: int = NUM_ITEMS,
    weights: LossWeights = EVERY_LOSS,
    **changed: float,
) -> Adaptation:
    """A student on the labels of one scene and the histories of another; it starts from the same
    weights each time."""
    student = small_student(["conv3", "skip", "maxpool3"], dropout=dropout, num_items=num_items)
    teacher = freeze(small_teacher(num_layers=2)) if teacher is None else teacher
    torch.manual_seed(1)
    parts: dict[str, Any] = {
        "projections": Projections(WIDTH, WIDTH),
        "mapping": MAPPINGS["emd"](1, 2),
        "weights": weights,
    }
    labelling = PseudoLabelling(
        pseudo, quantile, torch.ones(num_items, dtype=torch.bool), repeat=True
    )
    return Adaptation(
        student,
        sequences=packed(source),
        batch_loss=distilled_loss(student, teacher, **parts)
        if on_source
        else labelled_loss(student, weight=weights.task),
        validation=validation_of(source[:15]),
        schedule=schedule(**changed),
        extra=parts["projections"],
        mapping=parts["mapping"],
        histories=inputs_of(target),
        history_loss=history_loss(student, teacher, labelling=labelling, **parts),
        target_weight=target_weight,
    )


def trained(work: Training, folder: Path, *, stop_at: int | None = None) -> Notes:
    """What a training tells; it runs in `folder`, or goes on from the checkpoint there."""
    notes = Notes(stop_at=stop_at)
    folder.mkdir(exist_ok=True)
    run_epochs(work, Checkpoint(folder), notes)
    return notes
