"""Readers and writers of what stages leave in their folders: weights as safetensors, sizes as
JSON.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from adarec.data.transitions import Transitions
from adarec.genotype import Genotype
from adarec.nets.counts import BlendWeights, CountBlend
from adarec.nets.encoding import SequenceModel
from adarec.nets.students.student import build_student
from adarec.nets.teachers import build_teacher
from adarec.runs.files import read_json, write_json

REVERSE_WEIGHTS = "reverse.safetensors"  # of the model that wrote a scene's pseudo-priors


def write_teacher(folder: Path, teacher: SequenceModel, description: dict[str, Any]) -> None:
    """Weights and what `read_teacher` needs to build the model: name, num_items, length, sizes,
    dropout.
    """
    save_file(_contiguous(teacher.state_dict()), folder / "teacher.safetensors")
    write_json(folder / "teacher.json", description)


def read_teacher(folder: Path, blend: Path | None = None) -> SequenceModel:
    """The trained teacher, frozen and in evaluation mode, blended by what `blend` holds."""
    described = read_json(folder / "teacher.json")
    teacher = build_teacher(
        described["name"],
        num_items=described["num_items"],
        length=described["length"],
        sizes=described["sizes"],
        dropout=described["dropout"],
    )
    teacher.load_state_dict(load_file(folder / "teacher.safetensors"))
    teacher.blend = None if blend is None else read_blend(blend)
    return teacher.eval().requires_grad_(False)


def write_student(folder: Path, student: SequenceModel, description: dict[str, Any]) -> None:
    """Weights and what `read_student` needs: num_items, dropout, width, num_cells and genotype;
    or, where the genotype is None, the `model` (a teacher's name), its `sizes` and the length.
    """
    save_file(_contiguous(student.state_dict()), folder / "student.safetensors")
    write_json(folder / "student.json", description)


def read_student(folder: Path, blend: Path | None = None) -> tuple[SequenceModel, dict[str, Any]]:
    """The distilled student in evaluation mode, blended by what `blend` holds, and its
    description.
    """
    described = read_json(folder / "student.json")
    student = _untrained_student(described)
    student.load_state_dict(load_file(folder / "student.safetensors"))
    student.blend = None if blend is None else read_blend(blend)
    student.eval().requires_grad_(False)
    return student, described


def _untrained_student(described: dict[str, Any]) -> SequenceModel:
    if described["genotype"] is None:
        return build_teacher(
            described["model"],
            num_items=described["num_items"],
            length=described["length"],
            sizes=described["sizes"],
            dropout=described["dropout"],
        )
    return build_student(
        num_items=described["num_items"],
        width=described["width"],
        num_cells=described["num_cells"],
        genotype=Genotype.from_json(described["genotype"]),
        dropout=described["dropout"],
    )


def write_blend(folder: Path, transitions: Transitions, weights: BlendWeights) -> None:
    """Leaves counts.npz and weights.json for `read_blend`."""
    np.savez(
        folder / "counts.npz",
        allow_pickle=False,
        successors=transitions.successors,
        probabilities=transitions.probabilities,
    )
    write_json(folder / "weights.json", vars(weights))


def read_blend(folder: Path) -> CountBlend:
    """The blend that `write_blend` wrote."""
    with np.load(folder / "counts.npz", allow_pickle=False) as arrays:
        transitions = Transitions(arrays["successors"], arrays["probabilities"])
    return CountBlend(transitions, BlendWeights(**read_json(folder / "weights.json")))


def write_weights(path: Path, state: dict[str, Tensor]) -> None:
    """A state dict as safetensors."""
    save_file(_contiguous(state), path)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict written by `write_weights`."""
    return load_file(path)


def _contiguous(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.clone(value).contiguous() for name, value in state.items()}
