"""The Architecture page says how a search came from op probabilities to its cell."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from adarec import catalog
from adarec.data.example import EXAMPLE_FOLDER, register_example
from adarec.data.samples import register_samples
from adarec.genotype import Genotype
from adarec.runs.files import read_epoch_arrays, read_json, write_json
from adarec.runs.records import EXAMPLE_RUN, RunRecord
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.gateway.choice import CellChoice
from app.panels.cells.cell_choice import gap_in_words, in_words
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit

CHOICE = CellChoice(
    validated=177,
    within=60,
    limit=0.0803,
    speedup=5.0,
    of="request",
    unit="ms",
    cost=0.0302,
    finalists=[{"cell": "0>1 conv3", "origin": "predicted"}] * 4,
    epochs=1,
    ties="capacity",
    discretisation=None,
    leading=3,
    edges=6,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def of_origins(*origins: str | None) -> CellChoice:
    """A choice between finalists of these origins."""
    return replace(CHOICE, finalists=[{"origin": origin} for origin in origins])


def test_the_words_name_a_finalist_that_is_always_one() -> None:
    words = in_words(of_origins("stack", "predicted", "predicted"))
    always = "the 2 that were ranked first and the largest plain stack of convolutions"
    assert f"3 of them ({always}) were distilled for 1 epoch each" in words


def test_the_words_name_finalists_that_were_drawn() -> None:
    words = in_words(of_origins("random", "predicted", "stack", "random"))
    assert "the largest plain stack of convolutions and 2 random cells that cost nearly" in words
    words = in_words(of_origins("predicted", "random", "predicted", "predicted"))
    assert "4 of them (the 3 that were ranked first and 1 random cell that cost" in words


def test_the_words_guess_nothing_of_finalists_of_an_older_run() -> None:
    assert "4 of them were distilled" in in_words(of_origins(None, None, None, None))


def test_the_words_name_every_step() -> None:
    words = in_words(CHOICE)
    for part in (
        "177 cells",
        "60 may be chosen",
        "ranked by validation NDCG@10, and by size where that cannot tell them from the best one",
        "0.0803 ms a request",
        "the 4 that were ranked first were distilled for 1 epoch each",
        "costs 0.0302 ms",
        "3 of 6 edges",
    ):
        assert part in words


def test_the_gap_is_told_with_its_ends() -> None:
    found = {"users": 4096, "sampled_supernet": 0.1, "chosen_on_supernet": 0.15}
    words = gap_in_words(found | {"derived_student": 0.2, "gap": -0.1})
    for part in (
        "same 4,096 users",
        "0.1000 with",
        "this cell 0.1500",
        "0.2000 once",
        "is -0.1000",
    ):
        assert part in words


def test_the_example_says_what_its_files_say(home: Workspace) -> None:
    register_samples(home)
    register_example(home)
    folder = EXAMPLE_FOLDER / "search"
    stored = {
        name: read_json(folder / f"{name}.json") for name in ("search", "genotype", "finalists")
    }
    choice = gateway.cell_choice(gateway.run(EXAMPLE_RUN))
    assert choice is not None
    assert choice.validated == stored["search"]["validated_cells"]
    ndcg = [each["validation_ndcg@10"] for each in stored["finalists"]]
    assert [each["distilled"] for each in choice.finalists] == sorted(ndcg, reverse=True)
    chosen = Genotype.from_json(stored["genotype"])
    assert choice.finalists[0]["cell"] == chosen.describe()
    assert choice.edges == len(chosen.ops)


def test_edges_with_the_most_probable_op_are_counted(home: Workspace) -> None:
    run = finished(home)
    folder = search_folder(home, run)
    ops = Genotype.from_json(read_json(folder / "genotype.json")).ops
    weights = read_epoch_arrays(folder).arrays["op_weights"][-1]
    write_json(folder / "search.json", account())
    choice = gateway.cell_choice(run)
    assert choice is not None
    names = catalog.OP_NAMES
    by_hand = sum(names[int(np.argmax(row))] == op for row, op in zip(weights, ops, strict=True))
    assert choice.leading == by_hand
    assert f"On {by_hand} of {len(ops)} edges" in text_of(visit("architecture", run=run.run))


def test_finalists_open_with_what_decided_between_them(home: Workspace) -> None:
    register_samples(home)
    register_example(home)
    app = visit("architecture", run=EXAMPLE_RUN)
    before = len(app.dataframe)
    app.session_state[state.FINALISTS] = True
    app.run()
    assert not app.exception
    assert len(app.dataframe) == before + 1
    (table,) = [each.value for each in app.dataframe if "distilled" in each.value]
    expected = ["distilled", "confirmed", "predicted", "origin", "cost (ms)", "cell"]
    assert list(table) == expected
    assert set(table["origin"]) <= {"ranked first", "plain stack", "random cell"}
    assert table["distilled"].is_monotonic_decreasing


def test_a_search_without_an_account_says_nothing(home: Workspace) -> None:
    run = finished(home)
    write_json(search_folder(home, run) / "search.json", {"target": {}})
    assert gateway.cell_choice(run) is None
    assert "How it was chosen" not in text_of(visit("architecture", run=run.run))


def finished(home: Workspace) -> RunRecord:
    return gateway.run(add_run(home, "shop", add_scene(home, "shop", seed=0), seed=0))


def search_folder(home: Workspace, run: RunRecord) -> Path:
    key = next(step["key"] for step in run.steps if step["role"] == "search")
    return home.artefacts.path(str(key))


def account() -> dict[str, object]:
    target = {"of": "body", "speedup": 4.0, "limit": 0.05, "unit": "ms"}
    return {"target": target, "cost": 0.04, "validated_cells": 9}
