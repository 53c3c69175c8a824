"""The one door to adarec: what it reads, and the words and commands it makes of it."""

import io
import shlex
import zipfile
from pathlib import Path

import pytest
import streamlit as st

from adarec.config import parse_overrides, preset_settings
from adarec.data.example import EXAMPLE_SCENE
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from app import gateway
from app.gateway.shelf import Shelf
from tests.app.filled_workspace import add_run, add_scene, fill


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the gateway opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (89, "89 s"), (150, "2 min"), (5000, "83 min"), (7000, "1 h 57 min")],
)
def test_durations_read_as_a_person_says_them(seconds: float, text: str) -> None:
    assert gateway.duration(seconds) == text


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(820, "820 B"), (14_200, "14.2 kB"), (3.1e6, "3.1 MB"), (5e12, "5000.0 GB")],
)
def test_sizes_keep_one_decimal(num_bytes: float, text: str) -> None:
    assert gateway.size(num_bytes) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "a request is 6.3x cheaper; missed the target of 10x.",
            "6.3× cheaper; missed the target of 10×.",
        ),
        ("x is 3 xylophones, 0x1f", "x is 3 xylophones, 0x1f"),
    ],
)
def test_times_have_one_sign(text: str, shown: str) -> None:
    assert gateway.with_times_sign(text).endswith(shown)


def test_the_workspace_is_the_one_that_the_environment_names(home: Workspace) -> None:
    assert gateway.workspace().home == home.home


def test_own_scenes_come_before_the_samples(home: Workspace) -> None:
    gateway.prepare_samples()
    add_scene(home, "mine", seed=1)
    names = [scene.name for scene in gateway.scenes()]
    assert names[0] == "mine"
    assert names[1] == EXAMPLE_SCENE, "on the first of the others counting is perfect"
    assert "cycle" in names[2:]


def test_curves_and_arrays_of_a_run_can_be_read_while_it_goes_on(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = gateway.run(add_run(home, "shop", key, state="running", until="search", epochs=2))
    assert gateway.curves(run, gateway.SEARCH)["expected_speedup"] == ([1, 2], [3.5, 4.0])
    arrays = gateway.epoch_arrays(run, gateway.SEARCH)
    assert arrays is not None
    assert arrays.arrays["op_weights"].shape == (2, 6, 8)
    assert gateway.curves(run, gateway.DISTIL) == {}
    assert gateway.epoch_arrays(run, gateway.DISTIL) is None
    assert gateway.genotype(run) is None


def test_a_growing_stage_is_read_again(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    first = gateway.run(add_run(home, "shop", key, state="running", until="search", epochs=2))
    assert len(gateway.epoch_arrays(first, gateway.SEARCH).epochs) == 2
    again = gateway.run(add_run(home, "shop", key, state="running", until="search", epochs=3))
    assert len(gateway.epoch_arrays(again, gateway.SEARCH).epochs) == 3


def test_progress_names_the_step_that_is_at_work(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = gateway.run(add_run(home, "shop", key, state="running", until="search"))
    steps = gateway.progress(run)
    assert [step.is_complete for step in steps] == [True, True, False, False, False]
    assert [step.role for step in steps if step.is_current] == ["search"]
    assert steps[2].fraction == 0.6


def test_each_scene_gives_its_newest_result_unless_a_run_is_asked_for(home: Workspace) -> None:
    runs = fill(home, num_scenes=2, num_runs=2)
    newest = gateway.newest_results()
    assert {result["run"] for result in newest.values()} == {runs[1], runs[3]}
    asked = gateway.newest_results(first=runs[0])
    assert next(iter(asked.values()))["run"] == runs[0]
    assert {result["run"] for result in asked.values()} == {runs[0], runs[3]}


def test_a_cell_taken_from_a_front_by_hand_is_not_the_cell_of_its_scene(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=2)
    by_hand = home.store.run(runs[1]).settings | {"point": 0}
    home.store.update_run(runs[1], settings=by_hand)
    assert [result["run"] for result in gateway.newest_results().values()] == [runs[0]]
    assert [r["run"] for r in gateway.newest_results(first=runs[1]).values()] == [runs[1]]
    home.store.update_run(runs[0], archived=True)
    assert [result["run"] for result in gateway.newest_results().values()] == [runs[1]]


def test_an_adaptation_stands_for_its_scene_only_where_nothing_was_searched(
    home: Workspace,
) -> None:
    (searched,) = fill(home, num_scenes=1, num_runs=1)
    adapted = add_run(home, "shop 1", "ingest-test-0", seed=3, adapted_from="shop 0")
    assert [result["run"] for result in gateway.newest_results().values()] == [searched]
    by_hand = home.store.run(searched).settings | {"point": 0}
    home.store.update_run(searched, settings=by_hand)
    assert [result["run"] for result in gateway.newest_results().values()] == [searched]
    assert [r["run"] for r in gateway.newest_results(first=adapted).values()] == [adapted]
    home.store.update_run(searched, archived=True)
    assert [result["run"] for result in gateway.newest_results().values()] == [adapted]


def test_results_follow_a_run_that_finishes(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=1)
    assert list(gateway.results(gateway.runs())) == runs
    runs += [add_run(home, "shop 1", "ingest-test-0", seed=5)]
    assert set(gateway.results(gateway.runs())) == set(runs)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"speedup": 7.5, "losses.mapping": "uniform"},
        {"teacher.epochs": 3, "search.candidates": 5},
        {"hand_made": True, "cells.another-shop": "conv3,zero,skip,zero,zero,skip"},
    ],
)
def test_the_repeat_command_means_the_same_settings(
    home: Workspace, overrides: dict[str, object]
) -> None:
    settings = preset_settings("standard", teacher="sasrec", overrides=overrides)
    record = home.store.create_run(
        scene="a shop", scene_key="k", settings=settings.model_dump(), steps=[], seed=0
    )
    words = shlex.split(gateway.repeat_command(record))
    assert words[:5] == ["python", "-m", "adarec", "search", "a shop"]
    options = list(zip(words[5::2], words[6::2], strict=True))
    named = {name: value for name, value in options if name != "--set"}
    chosen = parse_overrides([value for name, value in options if name == "--set"])
    keys = {"--mapping": "losses.mapping", "--cost": "cost", "--speedup": "speedup",
            "--seed": "seed", "--threads": "threads", "--controls": "controls"}  # fmt: skip
    chosen |= {key: named[option] for option, key in keys.items() if option in named}
    preset, teacher = named["--preset"], named["--teacher"]
    assert preset_settings(preset, teacher=teacher, overrides=chosen) == settings


def test_a_cell_of_a_front_is_repeated_in_two_commands(home: Workspace) -> None:
    settings = preset_settings("quick", overrides={"point": 3})
    record = home.store.create_run(
        scene="a shop", scene_key="k", settings=settings.model_dump(), steps=[], seed=0
    )
    search, distill = gateway.repeat_command(record).split("\n")
    assert search.startswith("python -m adarec search 'a shop'")
    assert "point" not in search
    assert distill.startswith("python -m adarec distill RUN --point 3")


def test_every_setting_of_a_preset_has_a_schema() -> None:
    schemas = gateway.setting_schemas()
    assert set(gateway.preset_values("quick", "nextitnet")) == set(schemas)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\evil.csv", "/tmp/x.csv", "a/b.csv.gz"])
def test_an_uploads_name_never_leads_out_of_its_folder(home: Workspace, name: str) -> None:
    path = gateway.keep_upload(name, io.BytesIO(b"user,item\n1,2\n"))
    assert path.read_bytes() == b"user,item\n1,2\n"
    assert path.parent.parent == home.home / "uploads"


def test_the_same_upload_is_kept_once(home: Workspace) -> None:
    first = gateway.keep_upload("a.csv", io.BytesIO(b"same"))
    assert gateway.keep_upload("a.csv", io.BytesIO(b"same")) == first
    assert gateway.keep_upload("a.csv", io.BytesIO(b"other")) != first


def test_an_upload_that_was_cut_off_is_not_taken_for_the_log(home: Workspace) -> None:
    class CutOff(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.copies and self.tell() > 0:
                raise OSError("the disk is full")
            return super().read(8 if self.copies else size)

        copies = False

        def seek(self, place: int, whence: int = 0) -> int:
            self.copies = True
            return super().seek(place, whence)

    content = b"user,item\n1,2\n1,3\n"
    with pytest.raises(OSError, match="the disk is full"):
        gateway.keep_upload("a.csv", CutOff(content))
    assert gateway.keep_upload("a.csv", io.BytesIO(content)).read_bytes() == content


def test_a_run_keeps_its_place_while_controls_are_added(home: Workspace) -> None:
    run = add_run(home, "shop", add_scene(home, "shop", seed=0))
    for state in ("queued", "running", "cancelled", "failed"):
        home.store.update_run(run, state=state)
        assert run in [each.run for each in gateway.finished_runs()], state
        assert run in gateway.results(gateway.finished_runs())
    home.store.update_run(run, archived=True)
    assert run not in [each.run for each in gateway.finished_runs()]
    assert run in [each.run for each in gateway.finished_runs(run)], "the address asks for it"


def test_results_are_read_once_and_again_when_a_run_finished_again() -> None:
    shelf, asked = Shelf(), []

    def read(runs: list[str]) -> dict[str, dict[str, str]]:
        asked.append(runs)
        return {run: {"of": f"{run} {len(asked)}"} for run in runs if run != "r-gone"}

    assert shelf.take({"r-1": 1.0, "r-gone": 2.0}, read) == {"r-1": {"of": "r-1 1"}}
    found = shelf.take({"r-1": 1.0, "r-2": 2.0}, read)
    assert found == {"r-1": {"of": "r-1 1"}, "r-2": {"of": "r-2 2"}}
    assert shelf.take({"r-1": 9.0, "r-2": 2.0}, read)["r-1"] == {"of": "r-1 3"}
    assert asked == [["r-1", "r-gone"], ["r-2"], ["r-1"]]


def test_the_shelf_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gateway.shelf.MOST_RESULTS", 2)
    shelf, asked = Shelf(), []

    def read(runs: list[str]) -> dict[str, dict[str, str]]:
        asked.append(runs)
        return {run: {} for run in runs}

    for run in ("a", "b", "c", "c", "a"):
        assert shelf.take({run: 1.0}, read) == {run: {}}
    assert asked == [["a"], ["b"], ["c"], [], ["a"]]


def test_charts_are_drawn_anew_when_an_epoch_was_recorded(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = gateway.run(add_run(home, "shop", key, state="running", until="search"))
    before = gateway.recorded_so_far(run)
    assert gateway.recorded_so_far(run) == before
    home.store.record_metrics(key_of(run, "search"), 6, {"loss": 1.0})
    assert gateway.recorded_so_far(run) != before


def key_of(run: RunRecord, role: str) -> str:
    return next(step["key"] for step in run.steps if step["role"] == role)


def test_the_zip_holds_what_the_page_lists(home: Workspace) -> None:
    run = gateway.run(fill(home, num_scenes=1, num_runs=1)[0])
    package = gateway.export_package(run)
    with zipfile.ZipFile(io.BytesIO(gateway.export_zip(run.run))) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
    names = [info.filename.removeprefix(f"adarec-{run.run}/") for info in infos]
    assert names == [name for name, _, _ in package.contents]
    assert "student.onnx" in names
    assert sum(info.file_size for info in infos) == package.num_bytes
    assert len(gateway.export_zip(run.run)) == package.zip_bytes
