"""The pictures of a run's records, for pages and for the report: data and figure, None where
nothing is recorded."""

from adarec import catalog
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.cells.cell_graph import draw_cell_graph
from app.figures.cells.op_heat_map import draw_op_heat_map, op_heat_map_info
from app.figures.labels import edge_labels
from app.figures.layers.layer_matrix import draw_layer_matrix, layer_matrix_info
from app.figures.learning.alpha_entropy import alpha_entropy_info, draw_alpha_entropy
from app.figures.learning.cost_curve import cost_curve_info, draw_cost_curve
from app.figures.learning.loss_curves import draw_loss_curves, loss_curves_info
from app.figures.learning.op_curves import draw_op_curves, op_curves_info
from app.figures.learning.validation_curves import draw_validation_curves, validation_curves_info
from app.figures.results.augmented_histories import (
    augmented_histories_info,
    draw_augmented_histories,
)
from app.figures.results.metrics_by_length import draw_metrics_by_length, metrics_by_length_info
from app.gateway import AGGREGATION, DISTIL, SEARCH, TEACHER
from app.panels.cells.cell_graphs import graphs_of_run
from app.panels.chart import Picture as Picture

Recorded = dict[str, dict[str, gateway.Curve]]

_MODELS = {"Teacher": TEACHER, "Supernet": SEARCH, "Student": DISTIL}
LEARNING_STEPS = (TEACHER, SEARCH, AGGREGATION, DISTIL)  # in the order of a run


def recorded_curves(run: RunRecord) -> Recorded:
    """Every metric that the steps of a run recorded that learn: role -> name -> curve."""
    return {role: gateway.curves(run, role) for role in LEARNING_STEPS}


def losses_picture(run: RunRecord, recorded: Recorded, *, role: str = "") -> Picture | None:
    """The losses of the step with that role, of the newest one that has recorded something by
    default."""
    if not role:
        role = next((each for each in reversed(LEARNING_STEPS) if recorded[each]), "")
    stage = gateway.step_stage(run, role)
    if stage is None or not recorded[role]:
        return None
    info = loss_curves_info(
        recorded[role],
        stage_title=catalog.find(catalog.STAGES, stage).title,
        factors=gateway.loss_factors(run, role),
        efficiency_share=gateway.setting(run, "search.efficiency_share"),
    )
    return info, draw_loss_curves(info)


def validation_picture(run: RunRecord, recorded: Recorded) -> Picture | None:
    """NDCG@10 of teacher, supernet and student on the validation item."""
    curves = {model: recorded[role].get("validation_ndcg@10") for model, role in _MODELS.items()}
    if not any(curves.values()):
        return None
    info = validation_curves_info(
        curves, baselines=gateway.validation_baselines(gateway.learned_scene_key(run))
    )
    return info, draw_validation_curves(info)


def cost_picture(run: RunRecord, recorded: Recorded) -> Picture | None:
    """The speed-up that the search expects, against its target."""
    searched = recorded[SEARCH]
    if "expected_speedup" not in searched or "expected_cost" not in searched:
        return None
    epochs, speedups = searched["expected_speedup"]
    info = cost_curve_info(
        epochs,
        searched["expected_cost"][1],
        speedups,
        target=gateway.target_speedup(run),
        cost=str(gateway.setting(run, "cost", "latency")),
    )
    return info, draw_cost_curve(info)


def entropy_picture(run: RunRecord, recorded: Recorded) -> Picture | None:
    """How undecided the edges of the search's cell still are."""
    searched = recorded[SEARCH]
    if "alpha_entropy" not in searched:
        return None
    epochs, entropies = searched["alpha_entropy"]
    arrays = gateway.epoch_arrays(run, SEARCH)
    weights = None if arrays is None else arrays.arrays.get("op_weights")
    info = alpha_entropy_info(
        epochs,
        entropies,
        num_ops=len(catalog.OP_NAMES) if weights is None else weights.shape[2],
        temperatures=searched["gumbel_temperature"][1],
    )
    return info, draw_alpha_entropy(info)


def op_curves_picture(run: RunRecord) -> Picture | None:
    """How the op probabilities of every edge moved."""
    arrays = gateway.epoch_arrays(run, SEARCH)
    if arrays is None or "op_weights" not in arrays.arrays:
        return None
    weights = arrays.arrays["op_weights"]
    edges = edge_labels(weights.shape[1], gateway.num_own_cells(run))
    info = op_curves_info(arrays.epochs, weights, edges)
    return info, draw_op_curves(info)


def op_weights_picture(run: RunRecord) -> Picture | None:
    """The op probabilities of the search's last epoch."""
    arrays = gateway.epoch_arrays(run, SEARCH)
    if arrays is None or "op_weights" not in arrays.arrays:
        return None
    weights = arrays.arrays["op_weights"][-1]
    edges = edge_labels(len(weights), gateway.num_own_cells(run))
    info = op_heat_map_info(weights, epoch=int(arrays.epochs[-1]), edges=edges)
    return info, draw_op_heat_map(info)


def cell_pictures(run: RunRecord) -> list[Picture]:
    """The cell that the search chose, or each of its cells; empty while it has not chosen."""
    cell = gateway.genotype(run)
    if cell is None:
        return []
    return [(info, draw_cell_graph(info)) for info in graphs_of_run(run, cell)]


def mapping_picture(run: RunRecord) -> Picture | None:
    """The layer mapping of the final student's last epoch."""
    arrays = gateway.epoch_arrays(run, DISTIL)
    if arrays is None or "mapping" not in arrays.arrays:
        return None
    info = layer_matrix_info(
        arrays.arrays["mapping"][-1],
        kind="mapping",
        epoch=int(arrays.epochs[-1]),
        mapping=gateway.layer_mapping(run, DISTIL),
    )
    return info, draw_layer_matrix(info)


def by_length_picture(run: RunRecord) -> Picture | None:
    """NDCG@10 by the length of the users' training histories; of an augmented run beside that
    without the augmentation, where there is such a run."""
    entries = gateway.metrics_by_length(run)
    if not entries:
        return None
    plain = gateway.run_without_augmentation(run)
    info = metrics_by_length_info(
        entries,
        plain=gateway.metrics_by_length(plain) if plain else (),
        plain_run=plain.run if plain else "",
    )
    return info, draw_metrics_by_length(info)


def augmented_picture(run: RunRecord) -> Picture | None:
    """Some histories with pseudo-priors in front."""
    examples = gateway.augmented_histories(run)
    if not examples:
        return None
    info = augmented_histories_info(examples)
    return info, draw_augmented_histories(info)
