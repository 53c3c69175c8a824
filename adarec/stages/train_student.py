"""Train the student on labels alone, from fresh weights: what no teacher has touched."""

from adarec.stages.context import StageContext
from adarec.stages.distillation import chosen_cell, train_alone


def run(context: StageContext) -> None:
    """Leaves student.safetensors, student.json and training.json."""
    genotype, _ = chosen_cell(context)
    student = context.settings["student"]
    train_alone(context, genotype, epochs=student["epochs"], patience=student["patience"])
