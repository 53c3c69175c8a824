"""The same measurement for the controls, with the found student beside them."""

from typing import Any

import numpy as np

from adarec.data.scene import read_scene
from adarec.data.sequences import evaluation_histories
from adarec.genotype import Genotype
from adarec.nets.batches import Sequences
from adarec.nets.folders import read_student
from adarec.nets.measurement import model_size, rank_test_items, time_models
from adarec.ranking import ndcg_per_user, paired_bootstrap
from adarec.runs.files import read_json, write_json
from adarec.stages.context import StageContext, requests


def run(context: StageContext) -> None:
    """Leaves controls.json (an M each, the found student minus it, and the found student's times
    beside them) and ranks.npz.
    """
    length = context.settings["length"]
    scene = read_scene(context.parents["scene"])
    held_out = evaluation_histories(scene, length=length, split="test")
    targets = held_out.targets.astype(np.int64)
    consumed = Sequences(held_out.consumed_items, held_out.consumed_offsets)
    roles = ["student"] + sorted(role for role in context.parents if role.startswith("control-"))
    models, found = {}, {}
    for index, role in enumerate(roles):
        context.say(f"Ranking the test items: {role}", 0.6 * index / len(roles))
        counts = "hybrid" if role == "student" else f"hybrid-{role}"
        models[role], described = read_student(context.parents[role], context.parents.get(counts))
        found[role] = {
            "name": role.removeprefix("control-"),
            **_architecture(described, length),
            **model_size(models[role], length=length),
        }
    ranks = {
        role: rank_test_items(model, requests(held_out), targets, consumed)
        for role, model in models.items()
    }
    context.say("Timing all cells in turn", 0.7)
    times = time_models(models, context.folder, length=length, num_items=scene.num_items)
    per_user = {role: ndcg_per_user(found.unmasked, 10) for role, found in ranks.items()}
    controls = []
    for role in roles[1:]:
        difference = paired_bootstrap(per_user["student"], per_user[role], seed=0)
        epochs = read_json(context.parents[role] / "training.json")["epochs"]
        controls.append(
            found[role]
            | times[role]
            | ranks[role].metrics()
            | {"epochs": epochs, "student_minus_control": {"ndcg@10": difference}}
        )
    report: dict[str, Any] = {"controls": controls, "student_beside_controls": times["student"]}
    random_cells = [per_user[role] for role in roles if role.startswith("control-random")]
    if random_cells:
        difference = paired_bootstrap(per_user["student"], np.mean(random_cells, axis=0), seed=0)
        report["student_minus_random_mean"] = {"ndcg@10": difference}
    write_json(context.folder / "controls.json", report)
    np.savez(
        context.folder / "ranks.npz",
        allow_pickle=False,
        **{role: found.unmasked for role, found in ranks.items()},
    )
    for role in roles:
        (context.folder / f"{role}.onnx").unlink()


def _architecture(described: dict[str, Any], length: int) -> dict[str, Any]:
    """The cell and what follows from it; a student without cells has none and sees all items."""
    if described["genotype"] is None:
        sizes = {"genotype": None, "collapsed": False, "receptive_field": length}
        return sizes | {"architecture": described["model"], "width": described["sizes"]["width"]}
    genotype = Genotype.from_json(described["genotype"])
    return {
        "genotype": genotype.to_json(),
        "collapsed": genotype.is_collapsed,
        "receptive_field": genotype.receptive_field(described["num_cells"]),
    }
