"""The part `transfer`: is a scene's own cell better for it than the cells of other scenes?"""

from collections.abc import Sequence
from dataclasses import asdict

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence, ops_of
from adarec.bench.experiments.rows import FOUND, Json, result_of
from adarec.bench.pooling import gain_over_scenes
from adarec.genotype import Genotype
from adarec.nets.costs import cost_model
from adarec.runs.records import RunRecord


def transfer_table(evidence: Evidence, cells: Sequence[Cell]) -> Json:
    """Every scene with its own and the others' cells, and own minus others over all scenes.

    All cells of a row are distilled on the row's scene, from its supernet, for as many epochs.
    """
    states = [evidence.state(cell) for cell in cells]
    done = [(state.cell, state.run) for state in states if state.run is not None]
    pooled = None
    if len(done) > 1 and len(done) == len(cells):
        scenes = {
            cell.scene: [
                {"own": evidence.ranks(run)[FOUND]}
                | {
                    f"other-{place}": evidence.ranks(run)[_role(other)]
                    for place, other in enumerate(cell.foreign)
                }
            ]
            for cell, run in done
        }
        others = [f"other-{place}" for place in range(len(cells) - 1)]
        pooled = asdict(gain_over_scenes(scenes, "own", others))
    return {
        "scenes": [cell.scene for cell in cells],
        "rows": [_row(evidence, cell, run) for cell, run in done],
        "pooled": pooled,
    }


def _role(scene: str) -> str:
    return f"control-from-{scene}"


def _row(evidence: Evidence, cell: Cell, run: RunRecord) -> Json:
    result = result_of(run)
    controls = {control["name"]: control for control in result["controls"]}
    models = {scene: controls[f"from-{scene}"] for scene in cell.foreign}
    models[cell.scene] = result["student"]
    return {
        "scene": cell.scene,
        "run": run.run,
        "seed": run.seed,
        "own_cell": ops_of(run),
        "ndcg@10": {scene: model["metrics"]["ndcg@10"] for scene, model in models.items()},
        "latency_body_ms": {
            scene: model["latency_body_ms"]["p50"] for scene, model in models.items()
        },
        "own_minus": {
            scene: asdict(evidence.gain([run], FOUND, [_role(scene)])) for scene in cell.foreign
        },
        "over_limit": [
            scene
            for scene in cell.foreign
            if is_over_limit(evidence, run, Genotype.from_json(models[scene]["genotype"]))
        ],
    }


def is_over_limit(evidence: Evidence, run: RunRecord, genotype: Genotype) -> bool:
    """Whether the run's search would have refused the cell, by its cost table."""
    facts = evidence.facts(run)
    model = cost_model(facts.costs, of_body=facts.target["of"] == "body")
    return model.of(genotype) > facts.target["limit"]
