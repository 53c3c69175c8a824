"""Claims of stage folders, with real processes where processes matter."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adarec.errors import ArtefactError, StopRequested
from adarec.runs.artefacts import ArtefactStore

HOLD = """
import sys, time
from pathlib import Path
from adarec.runs.artefacts import ArtefactStore
with ArtefactStore(Path(sys.argv[1])).claim("key", owner="r-dead") as folder:
    (folder / "checkpoint").write_text("half")
    time.sleep(60)
"""


@pytest.fixture
def artefacts(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "artefacts")


@pytest.fixture
def holder(artefacts: ArtefactStore):
    """A process that has claimed `key` and written half of it."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(artefacts.root)])
    checkpoint = artefacts.partial_path("key") / "checkpoint"
    wait_until(checkpoint.exists)
    yield process
    process.kill()
    process.wait()


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def compute(artefacts: ArtefactStore, text: str, **options) -> bool:
    with artefacts.claim("key", **options) as folder:
        if folder is None:
            return False
        (folder / "value").write_text(text)
    return True


def interrupt(artefacts: ArtefactStore, **options) -> None:
    """Write a checkpoint, then stop."""
    with artefacts.claim("key", **options) as folder:
        (folder / "checkpoint").write_text("3")
        raise StopRequested


def test_a_clean_exit_completes_the_folder(artefacts: ArtefactStore) -> None:
    assert artefacts.readable_path("key") is None
    with artefacts.claim("key") as folder:
        assert folder == artefacts.partial_path("key")
        assert artefacts.readable_path("key") == folder
        assert not artefacts.is_complete("key")
    assert artefacts.is_complete("key")
    assert artefacts.readable_path("key") == artefacts.path("key")
    assert not artefacts.partial_path("key").exists()


def test_a_complete_key_is_not_computed_again(artefacts: ArtefactStore) -> None:
    assert compute(artefacts, "first")
    assert not compute(artefacts, "second")
    assert (artefacts.path("key") / "value").read_text() == "first"


def test_an_exception_leaves_the_checkpoints_for_the_next_claim(artefacts: ArtefactStore) -> None:
    with pytest.raises(StopRequested):
        interrupt(artefacts)
    assert not artefacts.is_complete("key")
    with artefacts.claim("key") as folder:
        assert (folder / "checkpoint").read_text() == "3"


def test_fresh_replaces_and_keeps_the_old_folder_until_then(artefacts: ArtefactStore) -> None:
    compute(artefacts, "old")
    with artefacts.claim("key", fresh=True) as folder:
        assert not (folder / "value").exists()
        assert (artefacts.readable_path("key") / "value").read_text() == "old"
        (folder / "value").write_text("new")
    assert (artefacts.path("key") / "value").read_text() == "new"
    assert sorted(path.name for path in artefacts.root.iterdir()) == ["key", "key.lock"]


def test_fresh_empties_what_another_run_left(artefacts: ArtefactStore) -> None:
    with pytest.raises(StopRequested):
        interrupt(artefacts, owner="r-1")
    with artefacts.claim("key", fresh=True, owner="r-2") as folder:
        assert not (folder / "checkpoint").exists()


def test_a_resumed_fresh_run_goes_on_and_does_not_start_over(artefacts: ArtefactStore) -> None:
    compute(artefacts, "old")
    with pytest.raises(StopRequested):
        interrupt(artefacts, fresh=True, owner="r-1")
    with artefacts.claim("key", fresh=True, owner="r-1") as folder:
        assert (folder / "checkpoint").read_text() == "3"
    assert not compute(artefacts, "again", fresh=True, owner="r-1")
    assert compute(artefacts, "other", fresh=True, owner="r-2")


@pytest.mark.parametrize("key", ["", "../up", "a/b", ".hidden", "key.partial", "a b", "ä"])
def test_a_key_is_a_plain_name(artefacts: ArtefactStore, key: str) -> None:
    with pytest.raises(ArtefactError, match="not an artefact key"):
        artefacts.path(key)


def test_waiting_says_for_whom_and_can_be_stopped(
    artefacts: ArtefactStore, holder: subprocess.Popen[bytes]
) -> None:
    said: list[str] = []
    answers = iter([False, False, True])
    with (
        pytest.raises(StopRequested),
        artefacts.claim("key", should_stop=lambda: next(answers), on_wait=said.append),
    ):
        pytest.fail("claimed although somebody holds it")
    assert len(said) == 1
    assert f"process {holder.pid} " in said[0]


def test_a_held_key_cannot_be_deleted(
    artefacts: ArtefactStore, holder: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(ArtefactError, match=f"process {holder.pid}"):
        artefacts.delete("key")
    assert artefacts.partial_path("key").exists()


def test_a_key_is_deleted_whole_or_half(artefacts: ArtefactStore) -> None:
    compute(artefacts, "x")
    artefacts.delete("key")
    assert artefacts.readable_path("key") is None


def test_a_killed_owners_lock_is_free_and_its_checkpoint_kept(
    artefacts: ArtefactStore, holder: subprocess.Popen[bytes]
) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    waits: list[str] = []
    with artefacts.claim("key", on_wait=waits.append) as folder:
        assert (folder / "checkpoint").read_text() == "half"
    assert artefacts.is_complete("key")


def count_one_computation(root: Path, results: "multiprocessing.Queue[bool]") -> None:
    with ArtefactStore(root).claim("key") as folder:
        if folder is not None:
            with (folder / "computations").open("a") as file:
                file.write("x")
            time.sleep(0.3)
        results.put(folder is not None)


def test_two_processes_that_want_one_key_compute_it_once(artefacts: ArtefactStore) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    arguments = (artefacts.root, results)
    processes = [context.Process(target=count_one_computation, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    computed = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()
    assert sorted(computed) == [False, True]
    assert (artefacts.path("key") / "computations").read_text() == "x"


def test_threads_exclude_each_other_too(artefacts: ArtefactStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        computed = list(pool.map(lambda number: compute(artefacts, str(number)), range(4)))
    assert computed.count(True) == 1
