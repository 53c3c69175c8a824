"""Train the student on labels alone, from fresh weights: what no teacher has touched."""

from adarec.stages.context import StageContext, duration_in
from adarec.stages.distillation import chosen_cell, train_alone


def run(context: StageContext) -> None:
    """Leaves student.safetensors, student.json and training.json."""
    genotype, _ = chosen_cell(context)
    train_alone(context, genotype, duration=duration_in(context.settings["student"]))
