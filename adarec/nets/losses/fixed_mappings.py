"""Mappings in which each student layer learns from one teacher layer, the same to the end.

They are what EMD has to beat: BERT-PKD's and TinyBERT's choices, and chance. All need S <= T.
"""

import numpy as np

from adarec.nets.losses.hidden import MAPPINGS, Mapping


class FixedMapping(Mapping):
    """The base of the fixed ones: `assigned` [S] is the teacher layer of each student layer."""

    stored = (*Mapping.stored, "assigned")

    def __init__(self, num_student_layers: int, num_teacher_layers: int, *, seed: int = 0) -> None:
        """Equal weights of the student layers; a teacher layer weighs what learns from it."""
        super().__init__(num_student_layers, num_teacher_layers)
        rng = np.random.default_rng([seed, 3])
        self.assigned = self.assign(num_student_layers, num_teacher_layers, rng)
        counts = np.bincount(self.assigned, minlength=num_teacher_layers)
        self.teacher_weights = counts / num_student_layers

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """Teacher layers [S]."""
        raise NotImplementedError

    def flow(self, distance: np.ndarray) -> np.ndarray:
        """1 / S at each assigned pair, 0 elsewhere."""
        flow = np.zeros_like(distance)
        flow[np.arange(len(self.assigned)), self.assigned] = self.student_weights
        return flow


class LeftMapping(FixedMapping):
    """Student layer i learns from teacher layer i."""

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """The first S."""
        return np.arange(students)


class RightMapping(FixedMapping):
    """Student layers learn from the last teacher layers, in order."""

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """The last S."""
        return np.arange(teachers - students, teachers)


class SkipLeftMapping(FixedMapping):
    """The teacher's layers in S groups of neighbours; the first of each group teaches."""

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """floor(i T / S)."""
        return np.arange(students) * teachers // students


class SkipRightMapping(FixedMapping):
    """The teacher's layers in S groups of neighbours; the last of each group teaches."""

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """floor((i + 1) T / S) - 1, TinyBERT's rule."""
        return np.arange(1, students + 1) * teachers // students - 1


class RandomMapping(FixedMapping):
    """Each student layer learns from any teacher layer; two may draw the same."""

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """S independent draws, once."""
        return rng.integers(0, teachers, size=students)


MAPPINGS.register("left")(LeftMapping)
MAPPINGS.register("right")(RightMapping)
MAPPINGS.register("skip-left")(SkipLeftMapping)
MAPPINGS.register("skip-right")(SkipRightMapping)
MAPPINGS.register("random")(RandomMapping)
