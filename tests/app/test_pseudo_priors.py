"""What the pages say of pseudo-priors: to whom they were given, and how to ask with them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from adarec.data.scene import read_scene
from adarec.runs.workspace import Workspace
from tests.app.fake_numbers import write_fake_uncertainty
from tests.app.filled_workspace import add_run, add_scene, fill
from tests.app.lengthened_run import lengthen
from tests.app.test_visits import home as home
from tests.app.test_visits import text_of, visit


def folder_of(home: Workspace, run: str, role: str) -> Path:
    keys = {step["role"]: step["key"] for step in home.store.run(run).steps}
    return home.artefacts.path(keys[role])


@pytest.fixture
def run(home: Workspace) -> str:
    """A finished run of a scene; the pseudo-priors are each test's own."""
    return fill(home, num_scenes=1, num_runs=1)[0]


@pytest.fixture
def users(home: Workspace, run: str) -> list[str]:
    """The users of the scene of the run, those with the shortest histories first."""
    scene = read_scene(home.artefacts.path("ingest-test-0"))
    return [scene.user_ids[user] for user in scene.lengths.argsort(kind="stable")]


def test_the_uncertainty_is_of_the_history_that_is_answered(
    home: Workspace, run: str, users: list[str]
) -> None:
    """The fake's variance is the number of items that it was asked with."""
    lengthen(home, run, {users[0]: ["i1", "i2", "i3"]})
    write_fake_uncertainty(folder_of(home, run, "measure"))
    variances = {}
    for user in users[:2]:
        app = visit("try", run=run, history_user=user)
        app.session_state["state_variance_numbers"] = True
        app.run()
        (along,) = [each.value for each in app.dataframe if "item number" in each.value.columns]
        numbers = along["item number"].tolist()
        variances[user] = [
            after - number
            for number, after in zip(numbers, along["total variance after it"], strict=True)
        ]
    assert set(variances[users[0]]) == {3}
    assert set(variances[users[1]]) == {0}


def test_pseudo_priors_are_announced_to_users_whose_requests_hold_some(
    home: Workspace, run: str, users: list[str]
) -> None:
    """A user of a few items, one without pseudo-priors, and two of 23 and 24 or more: the graph
    reads 24."""
    scene = read_scene(home.artefacts.path("ingest-test-0"))
    counts = dict(zip(scene.user_ids, scene.lengths - 1, strict=True))  # the last one is to come
    nearly_full = next(user for user in users if counts[user] == 23)
    full = next(user for user in users if counts[user] == 24)
    few = users[0]
    lengthen(home, run, {user: ["i1", "i2", "i3"] for user in (few, nearly_full, full)})
    said = {user: text_of(visit("try", run=run, history_user=user)) for user in users[:2]}
    assert "read 3 pseudo-prior items that the run wrote for this user" in said[few]
    assert "pseudo-prior" not in said[users[1]]
    assert "read 1 pseudo-prior item that" in text_of(
        visit("try", run=run, history_user=nearly_full)
    )
    assert "pseudo-prior" not in text_of(visit("try", run=run, history_user=full))


def test_the_export_page_asks_for_a_user_with_pseudo_priors(
    home: Workspace, run: str, users: list[str]
) -> None:
    app = visit("export", run=run)
    assert "--user" not in app.code[0].value
    assert "pseudo-prior" not in text_of(app)
    lengthen(home, run, {users[1]: ["i1", "i2"]})
    home.store.update_run(run, finished_at=2e9)  # what a folder holds is read once a finished run
    scene = read_scene(home.artefacts.path("ingest-test-0"))
    own = scene.history(scene.user_ids.index(users[1]))[:3]
    history = ",".join(scene.item_ids[item - 1] for item in own)
    app = visit("export", run=run)
    asked = f"recommend FOLDER --user {users[1]} --history {history}"
    assert asked in app.code[0].value
    assert "`--user` puts those of `pseudo_priors.parquet` in front" in text_of(app)


def test_accuracy_by_length_is_shown_before_and_after(home: Workspace, run: str) -> None:
    """Controls decide neither teacher nor student; a run of another seed, of other settings or of
    another log is no "before"."""
    lengthen(home, run, {"u0": ["i1"]})
    add_run(home, "shop 1", "ingest-test-0", seed=5)
    changed = add_run(home, "shop 1", "ingest-test-0", seed=0)
    settings = home.store.run(changed).settings
    home.store.update_run(changed, settings=settings | {"length_cap": 7})
    add_run(home, "shop 1", add_scene(home, "shop 1, newer", seed=9), seed=0)
    app = visit("tradeoffs", run=run)
    assert "the chart by length then shows both" in text_of(app)
    (command,) = [each.value for each in app.code]
    assert "--augment none" in command
    assert "augment." not in command
    assert not dashed(app)

    controls = {"controls": 3, "cells": {"cafe": "conv3,conv3,conv3,conv3,conv3,conv3"}}
    plain = add_run(home, "shop 1", "ingest-test-0", seed=0)
    home.store.update_run(plain, settings=settings | controls)
    app = visit("tradeoffs", run=run)
    assert "the chart by length then shows both" not in text_of(app)
    assert f"without augmentation, run {plain}" in text_of(app)
    assert dashed(app)
    assert not dashed(visit("tradeoffs", run=plain)), "there is nothing before it"


def dashed(app: AppTest) -> bool:
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    return any("teacher without augmentation" in chart for chart in charts)
