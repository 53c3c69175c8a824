"""The command line: what it prints, that `--json` is one object, and one line for each mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adarec.ranking import METRIC_NAMES
from adarec.runs.workspace import Workspace
from tests.command_line import CommandLine
from tests.conftest import ROOT
from tests.finished_run import FinishedRun, as_options, no_graphs


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "200")  # no table is wrapped
    return CommandLine(monkeypatch, capfd)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where an empty workspace will be."""
    return tmp_path / "home"


@pytest.fixture(scope="module")
def finished_home(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the finished run, for tests that leave it as it is."""
    home = tmp_path_factory.mktemp("cli") / "home"
    finished_run.copy_to(home).close()
    return home


@pytest.fixture
def own_home(finished_run: FinishedRun, home: Path) -> Path:
    """A workspace with the finished run, for one test that adds to it."""
    finished_run.copy_to(home).close()
    return home


@pytest.fixture(scope="module")
def exported(finished_home: Path, finished_run: FinishedRun) -> Path:
    """An exported folder."""
    from adarec.runs.export import export_run

    workspace, folder = Workspace.open(finished_home), finished_home.parent / "export"
    export_run(workspace, finished_run.run, folder)
    workspace.close()
    return folder


def test_ingest_prints_the_scene(command: CommandLine, home: Path, cycle_log: Path) -> None:
    code, out, _ = command.run("ingest", cycle_log, "--name", "ring", "--home", home)
    assert code == 0
    assert "ring" in out
    assert "40" in out  # users
    assert "12" in out  # items
    (scene,) = command.json("scenes", "--home", home)[:1]
    assert {scene["name"] for scene in command.json("scenes", "--home", home)} >= {"ring"}
    assert set(scene) >= {"name", "key", "users", "items", "interactions"}


def test_ingest_takes_its_options(command: CommandLine, home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.tsv"
    rows = [f"u{u}\ti{i % 5}\t{u * 10 + i}\t{3 + i % 2}" for u in range(6) for i in range(8)]
    log.write_text("who\twhat\twhen\tstars\n" + "\n".join(rows) + "\n")
    options = ["--user", "who", "--item", "what", "--time", "when", "--format", "tsv"]
    options += ["--rating", "stars", "--min-rating", "4", "--min-user-interactions", "2"]
    code, _, err = command.run("ingest", log, "--name", "rated", *options, "--home", home)
    assert code == 0, err
    scenes = {scene["name"]: scene for scene in command.json("scenes", "--home", home)}
    assert (scenes["rated"]["users"], scenes["rated"]["interactions"]) == (6, 24)


def test_ingest_says_what_is_doubtful_and_drops_repeats(
    command: CommandLine, home: Path, cycle_log: Path
) -> None:
    header, *rows = cycle_log.read_text().splitlines()
    log = cycle_log.with_name("twice.csv")
    log.write_text("\n".join([header, *rows, *rows[:50]]))
    _, out, _ = command.run("ingest", log, "--name", "twice", "--home", home)
    words = " ".join(out.split())
    assert "Note: Only 40 users" in words
    assert "Note: 50 rows repeat another one exactly" in words
    assert "`ingest --deduplicate exact`" in words
    dropping = ("--deduplicate", "exact")
    mistake = command.mistake("ingest", log, "--name", "twice", *dropping, "--home", home)
    assert "rename or delete that scene on the Scenes page" in mistake
    _, out, _ = command.run("ingest", log, "--name", "once", *dropping, "--home", home)
    words = " ".join(out.split())
    assert "Dropped 50 rows: same user, item and time again." in words
    assert "repeat another one" not in words


def test_the_sample_scenes_are_there_at_first_start(command: CommandLine, home: Path) -> None:
    names = {scene["name"] for scene in command.json("scenes", "--home", home)}
    assert names == {"cycle", "rhythm", "echo", "drift"}
    assert command.json("runs", "--home", home) == []


def test_runs_and_show(command: CommandLine, finished_home: Path, finished_run) -> None:
    (run,) = command.json("runs", "--home", finished_home)
    assert run["run"] == finished_run.run
    assert (run["scene"], run["state"], run["mapping"]) == ("cycle", "succeeded", "emd")
    result = command.json("show", finished_run.run, "--home", finished_home)
    assert result == json.loads(json.dumps(finished_run.result))
    for arguments, words in (["runs"], "nextitnet"), (["show", finished_run.run], "not need"):
        code, out, _ = command.run(*arguments, "--home", finished_home)
        assert code == 0
        assert "1.0000" in out
        assert words in out


def test_a_search_prints_its_result_as_one_object_and_re_uses_what_is_there(
    command: CommandLine, own_home: Path, finished_run: FinishedRun
) -> None:
    options = [*as_options(), "--home", own_home]
    result = command.json("search", "cycle", *options)
    assert result["reused"] == ["costs", "teacher", "search", "student", "measure"]
    assert result["run"] != finished_run.run
    for role in ("teacher", "student"):
        assert result[role]["metrics"] == dict.fromkeys(METRIC_NAMES, 1.0)
    assert command.json("show", result["run"], "--home", own_home)["run"] == result["run"]


def test_a_search_of_a_log_ingests_it_and_prints_a_table(
    command: CommandLine, home: Path, cycle_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    sizes = {"teacher.epochs": 1, "student.epochs": 1, "search.epochs": 1, "teacher.width": 16}
    sizes |= {"teacher.num_blocks": 4, "student.width": 8}
    log = cycle_log.rename(cycle_log.with_name("ring.log.csv"))
    arguments = ["search", log, "--cost", "flops", "--threads", 1, "--seed", 3]
    arguments += ["--teacher", "sasrec", "--mapping", "uniform", *as_options(sizes)]
    code, out, err = command.run(*arguments, "--home", home)
    assert code == 0, err
    assert "teacher (sasrec)" in out
    assert "most often after the last item" in out
    (run,) = command.json("runs", "--home", home)
    assert (run["scene"], run["seed"], run["teacher"]) == ("ring.log", 3, "sasrec")


def test_export_and_recommend(
    command: CommandLine, finished_home: Path, finished_run: FinishedRun, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    code, out, err = command.run(
        "export", finished_run.run, "--to", folder, "--home", finished_home
    )
    assert code == 0, err
    assert sorted(out.split()) == sorted(str(path) for path in folder.iterdir())
    history = ["--history", "c004, c005,c006"]
    answer = command.json("recommend", folder, *history, "--top", 3)
    assert answer["items"][0]["item_id"] == "c007"
    assert len(answer["items"]) == 3
    assert answer["unknown"] == []
    code, out, err = command.run("recommend", folder, "--history", "c004,nothing")
    assert code == 0
    assert out.splitlines()[0].split()[:2] == ["1", "c005"]
    assert "nothing" in err


MISTAKES = [
    (["search", "nowhere"], "'nowhere' is neither a scene nor a file", "cycle"),
    (["search", "cycle", "--preset", "quik"], "'quik'", "quick, standard, paper"),
    (["search", "cycle", "--teacher", "gpt"], "'gpt' is unknown", "nextitnet, sasrec"),
    (["search", "cycle", "--mapping", "best"], "'best' is unknown", "emd"),
    (["search", "cycle", "--cost", "money"], "found 'money'", "'latency', 'flops' or 'params'"),
    (["search", "cycle", "--set", "epochs"], "'epochs' has no '='", "--set KEY=VALUE"),
    (["search", "cycle", "--set", "teacher.epochs=x"], "teacher.epochs", "found 'x'"),
    (["search", "cycle", "--set", "teacher.colour=1"], "teacher.colour", "docs/settings.md"),
    (["search", "cycle", "--set", "point=3"], "point", "distill RUN --point"),
    (["adapt", "a", "b", "--set", "adaptation.source=c"], "adaptation.source", "as SOURCE"),
    (["adapt", "a", "b", "--set", "adaptation.paradigm=warm"], "paradigm", "by --paradigm"),
    (["search", "cycle", "--set", "teacher.name=sasrec"], "teacher.name", "Use --teacher"),
    (["search", "cycle", "--set", "losses.task=inf"], "losses.task", "finite"),
    (["search", "cycle", "--seed", "1", "--set", "seed=2"], "1 by its option, 2 by", "Leave one"),
    (["search", "cycle", "--speedup", "fast"], "'--speedup'", "--help"),
    (["search", "cycle", "--seed", "-1"], "seed", "found -1"),
    (["ingest", "missing.csv", "--name", "x"], "missing.csv", "."),
    (["ingest"], "Missing argument", "--help"),
    (["show", "r-none"], "'r-none'", "python -m adarec runs"),
    (["export", "r-none", "--to", "x"], "'r-none'", "python -m adarec runs"),
    (["distill", "r-none", "--point", "0"], "'r-none'", "python -m adarec runs"),
    (["distill", "r-none"], "'--point'", "--help"),
    (["look", "cycle"], "'look'", "--help"),
    (["scenes", "--jason"], "--jason", "--help"),
]


@pytest.mark.parametrize(("arguments", "found", "needed"), MISTAKES)
def test_a_mistake_is_one_line(
    command: CommandLine, finished_home: Path, arguments: list[str], found: str, needed: str
) -> None:
    in_home = [] if arguments[0] == "look" else ["--home", finished_home]
    line = command.mistake(*arguments, *in_home)
    assert found in line
    assert needed in line


def test_a_format_that_does_not_exist(command: CommandLine, home: Path, cycle_log: Path) -> None:
    arguments = ["ingest", cycle_log, "--name", "x", "--format", "excel", "--home", home]
    line = command.mistake(*arguments)
    assert "format" in line
    assert "'excel'" in line
    assert "movielens" in line


def test_a_log_that_holds_nothing(command: CommandLine, home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty" in command.mistake("ingest", empty, "--name", "x", "--home", home)
    assert "empty" in command.mistake("search", empty, "--home", home)


def test_a_speed_up_out_of_reach_leaves_a_run_without_a_result(
    command: CommandLine, own_home: Path
) -> None:
    in_home = ["--home", own_home]
    options = [*as_options(), "--speedup", "900", "--set", "speedup=900", *in_home]
    line = command.mistake("search", "cycle", *options, "--json")
    assert "within reach" in line
    assert "a lower speed-up (--speedup)" in line
    (failed,) = (run for run in command.json("runs", *in_home) if run["state"] == "failed")
    assert "no result yet" in command.mistake("show", failed["run"], *in_home)
    export = ["export", failed["run"], "--to", "x", *in_home]
    assert "only a finished run" in command.mistake(*export)


def test_an_export_into_a_foreign_folder(
    command: CommandLine, finished_home: Path, finished_run: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("do not lose me")
    arguments = ["export", finished_run.run, "--to", tmp_path / "letters"]
    line = command.mistake(*arguments, "--home", finished_home)
    assert "not an earlier export" in line
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
    assert (tmp_path / "letters" / "dear.txt").read_text() == "do not lose me"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--history", "x1,x2"], "None of the 2 ids"),
        (["--history", ""], "None of"),
        (["--history", "c001", "--top", "0"], "'--top'"),
        ([], "'--history'"),
    ],
)
def test_a_request_that_cannot_be_answered(
    command: CommandLine, exported: Path, arguments: list[str], found: str
) -> None:
    assert found in command.mistake("recommend", exported, *arguments)


def test_a_folder_that_is_no_export(command: CommandLine, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        line = command.mistake("recommend", folder, "--history", "a")
        assert "Name a folder that `export` wrote" in line


def test_help_lists_every_command(command: CommandLine) -> None:
    code, out, _ = command.run("--help")
    assert code == 0
    for name in ("ingest", "scenes", "runs", "show", "search", "export", "recommend", "worker"):
        assert name in out
    assert command.run()[:2] == (0, out), "without a command, too"


def test_as_a_program_without_torch(exported: Path) -> None:
    """`python -m adarec`: exit codes reach the shell, and a request needs no torch."""
    run = [sys.executable, "-X", "importtime", "-m", "adarec", "recommend", str(exported)]
    done = subprocess.run(
        [*run, "--history", "c010", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["items"][0]["item_id"] == "c011"
    assert not [line for line in done.stderr.splitlines() if line.endswith(" torch")]
