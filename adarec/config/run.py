"""Frozen settings of a whole run, and what has to fit together in them."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from adarec import catalog
from adarec.config.sections import (
    AdainSettings,
    AugmentSettings,
    DfaSettings,
    LossSettings,
    SearchSettings,
    Settings,
    StudentSettings,
    TeacherSettings,
)

Preset = Literal["quick", "standard", "paper"]


class RunSettings(Settings):
    """Everything that decides the result of a run, but for the scene."""

    preset: Preset = Field(
        "quick", description="Sizes and epochs to start from; every other setting can change them."
    )
    teacher: TeacherSettings = TeacherSettings()
    student: StudentSettings = StudentSettings()
    search: SearchSettings = SearchSettings()
    losses: LossSettings = LossSettings()
    augment: AugmentSettings = AugmentSettings()
    dfa: DfaSettings = DfaSettings()
    adain: AdainSettings = AdainSettings()
    cost: Literal["latency", "flops", "params"] = Field(
        "latency", description="What --speedup limits."
    )
    speedup: float | None = Field(
        None,
        gt=1,
        le=1000,
        description="How many times cheaper than the teacher a request has to be; none = "
        "the preset's target (5 at quick, else 10), on the body where histories are short, and a "
        "lower one where a light teacher leaves no room for a convolution.",
    )
    default_speedup: float = Field(
        5.0, gt=1, description="The preset's target where no speed-up is asked for."
    )
    blend: Literal["none", "counts", "hybrid"] = Field(
        "none", description="Mix the probabilities of two count baselines into the scores."
    )
    length_cap: int = Field(
        50, ge=2, le=512, description="Longest history L; shorter where the scene's are."
    )
    controls: int = Field(
        0, ge=0, le=20, description="Random cells of equal cost to compare with."
    )
    hand_made: bool = Field(
        False,
        description="Compare with hand-made students of equal cost, too: convolutions, GRU, "
        "SASRec; and with the found student without distillation.",
    )
    cells: dict[str, str] = Field(
        {},
        description="Cells to distil as controls, such as those of other scenes: "
        "cells.NAME=conv3,skip,zero,…, one op an edge, of one cell or of one after the other.",
    )
    point: int | None = Field(
        None,
        ge=0,
        description="Point of the search's front to distil; none = the cell that it chose.",
    )
    seed: int = Field(
        0, ge=0, lt=2**31, description="Same seed, same result; another one shows what is chance."
    )
    threads: int = Field(2, ge=1, le=256, description="Threads of training.")

    @model_validator(mode="after")
    def _fits_together(self) -> "RunSettings":
        named: list[tuple[str, str, Sequence[catalog.Entry]]] = [
            ("teacher", self.teacher.name, catalog.TEACHERS),
            ("mapping", self.losses.mapping, catalog.MAPPINGS),
            ("augment", self.augment.name, catalog.AUGMENTATIONS),
        ]
        for kind, name, entries in named:
            names = [entry.name for entry in entries]
            if name not in names:
                raise ValueError(f"{kind} {name!r} is unknown; known: {', '.join(names)}")
        if self.teacher.num_layers < 2 * self.student.num_cells:
            raise ValueError(
                f"the teacher offers {self.teacher.num_layers} layers to {self.student.num_cells} "
                "cells; it needs at least two a cell"
            )
        if self.teacher.num_blocks % self.teacher.num_layers:
            raise ValueError("teacher.num_blocks must be a multiple of teacher.num_layers")
        if self.teacher.width % self.teacher.num_heads:
            raise ValueError("teacher.width must be a multiple of teacher.num_heads")
        self._check_distance()
        self._check_cells()
        return self

    def _check_distance(self) -> None:
        losses = self.losses
        mapping = catalog.find(catalog.MAPPINGS, losses.mapping)
        if not mapping.reads_distance and losses.hidden_distance != "mse":
            readers = ", ".join(each.name for each in catalog.MAPPINGS if each.reads_distance)
            raise ValueError(
                f"losses.hidden_distance is {losses.hidden_distance!r}, but the mapping "
                f"{mapping.name} compares no layers by it; leave it at 'mse', or choose a mapping "
                f"that does: {readers}"
            )

    def _check_cells(self) -> None:
        num_edges = self.student.num_nodes * (self.student.num_nodes + 1) // 2
        for name, ops in self.cells.items():
            unknown = [op for op in ops.split(",") if op not in catalog.OP_NAMES]
            in_stack = num_edges * self.student.num_cells
            if unknown or len(ops.split(",")) not in (num_edges, in_stack):
                raise ValueError(
                    f"cells.{name} is {ops!r}; a cell of {self.student.num_nodes} nodes needs "
                    f"{num_edges} ops of {', '.join(catalog.OP_NAMES)}, with commas between, or "
                    f"{in_stack} for the {self.student.num_cells} cells one after the other"
                )
            if not re.fullmatch(r"[\w-]+", name):
                raise ValueError(f"a cell's name has letters, digits, '_' and '-'; found {name!r}")
