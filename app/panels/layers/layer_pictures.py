"""Mapping, distances and flow between layers at one epoch: of a run, or of two side by side."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from adarec import catalog
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.layers.layer_flow import draw_layer_flow, layer_flow_info
from app.figures.layers.layer_matrix import (
    LayerMatrixInfo,
    draw_layer_matrix,
    layer_matrix_info,
    on_one_scale,
)
from app.gateway import EpochArrays
from app.panels.chart import show_chart
from app.panels.errors import as_text

_LONGEST_NAME = 20
STEPS = {
    "Final student": gateway.DISTIL,
    "Search for the aggregation": gateway.AGGREGATION,
    "During the search": gateway.SEARCH,
}


@dataclass(frozen=True)
class RecordedLayers:
    """What the step `step` (a title in `STEPS`) of a run recorded of its layers; `mapping` is the
    layer mapping by which it distilled."""

    run: RunRecord
    step: str
    mapping: str
    arrays: EpochArrays

    @property
    def title(self) -> str:
        """The mapping, and what a person calls the run; a long name is cut, as a chart cuts it."""
        name = self.run.title
        if len(name) > _LONGEST_NAME:
            name = f"{name[: _LONGEST_NAME - 1]}…"
        return f"{self.mapping}, {name}"

    @property
    def has_distances(self) -> bool:
        """Whether the distances of the layers were recorded, too."""
        return "distance" in self.arrays.arrays

    def place_of(self, epoch: int) -> int:
        """Where `epoch` is in the arrays; the newest place where it is not."""
        (found,) = np.nonzero(self.arrays.epochs == epoch)
        return int(found[0]) if len(found) else len(self.arrays.epochs) - 1

    def matrix(self, kind: str, place: int, *, of: str = "") -> LayerMatrixInfo:
        """The matrix `kind` (`mapping` or `distance`) of the epoch at `place`."""
        return layer_matrix_info(
            self.arrays.arrays[kind][place],
            kind=kind,
            epoch=int(self.arrays.epochs[place]),
            mapping=self.mapping,
            of=of,
        )


def recorded_layers(run: RunRecord) -> dict[str, RecordedLayers]:
    """What each step of the run recorded of its layers, by the step's title; newest step first."""
    found = {}
    for title, role in STEPS.items():
        arrays = gateway.epoch_arrays(run, role)
        if arrays is not None and "mapping" in arrays.arrays:
            mapping = gateway.layer_mapping(run, role)
            found[title] = RecordedLayers(run, title, mapping, arrays)
    return found


def beside(first: RecordedLayers, second: RunRecord) -> tuple[RecordedLayers | None, list[str]]:
    """What `second` has to put beside `first`, None where it has nothing, and what a reader must
    know of the two."""
    if second.mapping == "none":
        why = "was asked to distil no hidden layers (mapping: none)"
        return None, [f"{second.title} {why}, so there is no mapping to put beside this one."]
    recorded = recorded_layers(second)
    if not recorded:
        return None, [f"{second.title} has not recorded a layer mapping."]
    other = recorded.get(first.step) or next(iter(recorded.values()))
    notes = []
    if other.step != first.step:
        notes.append(
            f"{second.title} has recorded nothing of the step “{first.step}”: beside it stands "
            f"its step “{other.step}”."
        )
    layers, others = (each.arrays.arrays["mapping"].shape[1:] for each in (first, other))
    if layers != others:
        notes.append(
            f"{first.run.title} has {layers[0]} student and {layers[1]} teacher layers, "
            f"{second.title} has {others[0]} and {others[1]}: layers of one number are not the "
            "same layer."
        )
    return other, notes


def show_layers(first: RecordedLayers, place: int) -> None:
    """Mapping, distances and flow of the epoch at `place`."""
    for column, kind in zip(st.columns(2), ("mapping", "distance"), strict=True):
        if kind in first.arrays.arrays:
            with column:
                _show_matrix(first.matrix(kind, place), key=kind)
    _show_flow(first, place, key="flow")


def show_two_mappings(first: RecordedLayers, second: RecordedLayers, place: int) -> None:
    """Mapping, distances and flow of both, at the epoch at `place` of the first; of the second at
    its newest where it has no such epoch."""
    epoch = int(first.arrays.epochs[place])
    pair = ((first, place), (second, second.place_of(epoch)))
    newest = int(second.arrays.epochs[pair[1][1]])
    if newest != epoch:
        st.caption(
            as_text(
                f"{second.run.title} has no epoch {epoch} in this step: epoch {newest}, its "
                "newest, stands beside it."
            )
        )
    for column, (each, _) in zip(st.columns(2), pair, strict=True):
        name = catalog.find(catalog.MAPPINGS, each.mapping).title
        column.markdown(f"**{name}** ({each.mapping}) · {as_text(each.run.title)}")
    kinds = ["mapping"] + ["distance"] * (first.has_distances and second.has_distances)
    for kind in kinds:
        infos = on_one_scale([each.matrix(kind, at, of=each.title) for each, at in pair])
        for column, info, key in zip(st.columns(2), infos, (kind, f"second_{kind}"), strict=True):
            with column:
                _show_matrix(info, key=key)
    for column, (each, at), key in zip(st.columns(2), pair, ("flow", "second_flow"), strict=True):
        with column:
            _show_flow(each, at, key=key, of=each.title)


def _show_matrix(info: LayerMatrixInfo, *, key: str) -> None:
    show_chart(info, draw_layer_matrix(info), key=key)


def _show_flow(layers: RecordedLayers, place: int, *, key: str, of: str = "") -> None:
    info = layer_flow_info(
        layers.arrays.arrays["mapping"][place],
        epoch=int(layers.arrays.epochs[place]),
        mapping=layers.mapping,
        of=of,
    )
    show_chart(info, draw_layer_flow(info), key=key)
