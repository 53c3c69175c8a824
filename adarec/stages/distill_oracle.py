"""Distil the oracle: the student that adaptation would give if the target's labels were known."""

from adarec.data.scene import read_scene
from adarec.nets.batches import joined_sequences
from adarec.stages.context import StageContext, duration_in, training_sequences, validation_of
from adarec.stages.distillation import chosen_cell, distill


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves. It learns from the labels of both scenes, and the target's
    validation items choose its epoch: an upper bound, never a parent of the adapted student.
    """
    genotype, described = chosen_cell(context)
    source, target = (read_scene(context.parents[side]) for side in ("scene", "target"))
    both = [training_sequences(scene, context.settings) for scene in (source, target)]
    length = context.settings["length"]
    distill(
        context,
        genotype,
        duration=duration_in(context.settings["student"]),
        described=described,
        learned=(
            joined_sequences(both),
            validation_of(target, length=length, seed=context.seed),
        ),
    )
