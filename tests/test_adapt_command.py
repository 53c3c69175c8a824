"""`adapt` from end to end at tiny sizes: its result, its mistakes, and what comes after it."""

import json
from pathlib import Path
from typing import Any

import pytest

from adarec.config import AdaptSettings, read_run_settings
from adarec.data.ingest import ingest_log
from adarec.data.settings import IngestSettings
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from adarec.submission import add_controls, create_run, find_unfinished, point_settings
from tests.finished_run import as_options
from tests.stages.test_result import KEYS, MODEL_KEYS
from tests.test_cli import CommandLine, command  # noqa: F401  (a fixture)

pytestmark = pytest.mark.whole_run

OPTIONS = [*as_options(), "--set", "teacher.epochs=2", "--set", "student.epochs=2"]
OPTIONS += ["--set", "search.epochs=2", "--set", "search.candidates=3"]


def write_log(path: Path, users: range, *, prefix: str = "i", lost: int = 0) -> Path:
    """Users around a ring of 12 items, an event a minute; the first `lost` events are left out."""
    rows = [
        f"u{user},{prefix}{(user + step) % 12},{1_600_000_000 + 60 * (40 * user + step)}"
        for user in users
        for step in range(lost, 10 + user % 5)
    ]
    path.write_text("user_id,item_id,timestamp\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two scenes of one catalogue and one of another."""
    home = tmp_path_factory.mktemp("adapt") / "home"
    workspace = Workspace.open(home)
    for name, users, prefix in (
        ("early", range(40), "i"),
        ("late", range(40, 70), "i"),
        ("apart", range(30), "x"),
    ):
        log = write_log(home.parent / f"{name}.csv", users, prefix=prefix)
        ingest_log(workspace, log, name=name)
    workspace.close()
    return home


@pytest.fixture(scope="module")
def adapted(home: Path) -> dict[str, Any]:
    """The result of `adapt early late`, computed once."""
    from adarec.config import adapt_settings, parse_overrides
    from adarec.search_command import run_adaptation
    from adarec.terminal import Terminal

    settings = adapt_settings(
        adaptation={"source": "early", "target": "late"},
        overrides=parse_overrides([part for part in OPTIONS if part != "--set"]),
    )
    workspace = Workspace.open(home)
    result = run_adaptation(workspace, settings, Terminal(quiet=True), fresh=False)
    workspace.close()
    return result


def test_the_result_has_the_usual_shape_and_the_rivals(adapted: dict[str, Any]) -> None:
    assert set(adapted) >= KEYS | {"source_only", "oracle", "adaptation"}
    assert json.loads(json.dumps(adapted, allow_nan=False)) == adapted
    assert adapted["scene"]["name"] == "late"
    assert (adapted["scene"]["users"], adapted["scene"]["items"]) == (30, 12)
    assert adapted["settings"]["adaptation"]["source"] == "early"
    for role in ("source_only", "oracle"):
        assert set(adapted[role]) >= MODEL_KEYS | {"difference"}
        difference = adapted[role]["difference"]["ndcg@10"]
        mean = adapted["student"]["metrics"]["ndcg@10"] - adapted[role]["metrics"]["ndcg@10"]
        assert difference["mean"] == pytest.approx(mean)
        assert difference["low"] <= difference["mean"] <= difference["high"]
        assert adapted[role]["params"] == adapted["student"]["params"]
    assert adapted["adaptation"] == {
        "source": "early",
        "target": "late",
        "paradigm": "both",
        "shared_items": 12,
        "source_items": 12,
        "target_items": 12,
        "shared_item_share": 1.0,
        "learnable_event_share": 1.0,
        "unlearnable_test_share": 0.0,
    }
    assert "Adaptation" in adapted["verdict"]
    stages = {"train_teacher", "measure_costs", "search_student", "distill_student", "adapt_scene"}
    assert set(adapted["seconds"]) == stages | {"distill_oracle", "measure"}


def test_the_command_prints_it_and_uses_finished_stages(
    command: CommandLine,  # noqa: F811
    home: Path,
    adapted: dict[str, Any],
) -> None:
    again = command.json("adapt", "early", "late", *OPTIONS, "--home", home)
    assert again["run"] != adapted["run"]
    roles = ["costs", "teacher", "search", "student", "source_only", "oracle", "measure"]
    assert again["reused"] == roles
    for key in ("student", "source_only", "oracle", "difference", "verdict"):
        assert again[key] == adapted[key]
    code, out, _ = command.run("show", adapted["run"], "--home", home)
    assert code == 0
    for word in ("source only", "oracle", "late"):
        assert word in out
    assert "late, adapted from early" in command.run("runs", "--home", home)[1]
    runs = command.json("runs", "--home", home)
    assert {run["scene"] for run in runs} == {"late"}
    assert (runs[0]["adapted_from"], runs[0]["tags"]) == ("early", [])


def test_an_adapted_student_is_exported(
    command: CommandLine,  # noqa: F811
    home: Path,
    adapted: dict[str, Any],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "deploy"
    code, _, err = command.run("export", adapted["run"], "--to", folder, "--home", home)
    assert code == 0, err
    card = (folder / "README.md").read_text()
    assert "Adapted to this scene from early" in card
    answer = command.json("recommend", folder, "--history", "i3,i4", "--top", 2)
    assert len(answer["items"]) == 2


@pytest.mark.slow
def test_paradigm_source_is_the_student_of_the_source(
    command: CommandLine,  # noqa: F811
    home: Path,
    adapted: dict[str, Any],
) -> None:
    found = command.json(
        "adapt", "early", "late", "--paradigm", "source", *OPTIONS, "--home", home
    )
    assert found["student"]["metrics"] == adapted["source_only"]["metrics"]
    difference = found["source_only"]["difference"]["ndcg@10"]
    assert difference == {"mean": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.slow
def test_rivals_of_a_hybrid_student_tell_their_own_weights(
    command: CommandLine,  # noqa: F811
    home: Path,
) -> None:
    found = command.json("adapt", "early", "late", "--blend", "hybrid", *OPTIONS, "--home", home)
    workspace = Workspace.open(home)
    steps = {step["role"]: step["key"] for step in workspace.store.run(found["run"]).steps}
    workspace.close()
    for role, step in (("student", "hybrid"), ("oracle", "hybrid-oracle")):
        stored = read_json(home / "artefacts" / steps[step] / "weights.json")
        assert found[role]["blend"] == stored


@pytest.mark.slow
def test_a_map_joins_scenes_without_a_common_id(
    command: CommandLine,  # noqa: F811
    home: Path,
    tmp_path: Path,
) -> None:
    items_map = tmp_path / "map.csv"
    items_map.write_text("\n".join(f"x{i},i{i}" for i in range(10)))
    log = write_log(tmp_path / "other.csv", range(25), prefix="x")
    found = command.json("adapt", "early", log, "--items-map", items_map, *OPTIONS, "--home", home)
    assert found["scene"]["name"] == "other"
    assert found["scene"]["items"] == 14
    assert found["adaptation"]["shared_items"] == 10
    assert found["settings"]["adaptation"]["items_map"] == str(items_map)
    folder = tmp_path / "deploy"
    assert command.run("export", found["run"], "--to", folder, "--home", home)[0] == 0
    answer = command.json("recommend", folder, "--history", "x3,x4", "--top", 3)
    assert answer["unknown"] == []


MISTAKES = [
    (["early", "apart"], "share no item id: 12", "--items-map"),
    (["early", "early"], "both 'early'", "two scenes are needed"),
    (["early", "nowhere"], "'nowhere' is neither a scene nor a file", "Name one of them"),
    (["early", "late", "--paradigm", "all"], "found 'all'", "'both' or 'warm'"),
    (["early", "late", "--items-map", "gone.csv"], "gone.csv", "."),
    (["early", "late", "--set", "adaptation.pseudo=x"], "adaptation.pseudo", "found 'x'"),
    (["early"], "Missing argument", "--help"),
]


@pytest.mark.parametrize(("arguments", "found", "needed"), MISTAKES)
def test_a_mistake_is_one_line(
    command: CommandLine,  # noqa: F811
    home: Path,
    arguments: list[str],
    found: str,
    needed: str,
) -> None:
    line = command.mistake("adapt", *arguments, "--home", home)
    assert found in line
    assert needed in line


def test_a_search_takes_no_setting_of_an_adaptation(
    command: CommandLine,  # noqa: F811
    home: Path,
) -> None:
    line = command.mistake("search", "late", "--set", "adaptation.source=early", "--home", home)
    assert "adaptation" in line


def test_controls_are_added_although_the_scenes_were_renamed(
    home: Path, adapted: dict[str, Any], tmp_path: Path
) -> None:
    workspace = Workspace.open(home)
    before = workspace.store.run(adapted["run"])
    workspace.store.rename_scene("early", "first")
    try:
        after = add_controls(workspace, adapted["run"], 1)
        assert after.steps[: len(before.steps)] == before.steps
        added = [step["role"] for step in after.steps[len(before.steps) :]]
        own = ["equal-random", "control-random-1", "control-all-skip", "measure-controls"]
        assert added == own
    finally:
        workspace.store.rename_scene("first", "early")
        workspace.close()


def test_a_point_of_the_front_can_be_adapted(home: Path, adapted: dict[str, Any]) -> None:
    workspace = Workspace.open(home)
    settings = point_settings(workspace, adapted["run"], 0)
    workspace.close()
    assert isinstance(settings, AdaptSettings)
    assert settings.point == 0


def test_the_same_command_finds_what_it_left_unfinished(
    home: Path, adapted: dict[str, Any]
) -> None:
    workspace = Workspace.open(home)
    done = read_run_settings(adapted["settings"])
    other = done.model_copy(update={"seed": 5})
    left = create_run(workspace, "late", other, state="failed")
    found = find_unfinished(workspace, "late", other)
    assert found is not None
    assert found.run == left.run
    assert find_unfinished(workspace, "late", done) is None
    workspace.store.delete_run(left.run)
    workspace.close()


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (IngestSettings(until="2020-09-14"), IngestSettings(since="2020-09-14")),
        (IngestSettings(until="1600050000"), IngestSettings(since="1600050000")),
        (IngestSettings(min_length=12), IngestSettings(max_length=11)),
    ],
    ids=["by date", "by seconds", "by length"],
)
def test_one_log_makes_a_pair(tmp_path: Path, early: IngestSettings, late: IngestSettings) -> None:
    """The ways in which docs/adaptation.md cuts a log in two."""
    workspace = Workspace.open(tmp_path / "home")
    log = write_log(tmp_path / "log.csv", range(40))
    first = ingest_log(workspace, log, name="first", settings=early)
    second = ingest_log(workspace, log, name="second", settings=late)
    total = ingest_log(workspace, log, name="all").summary["interactions"]
    assert first.summary["interactions"] + second.summary["interactions"] == total
    workspace.close()
