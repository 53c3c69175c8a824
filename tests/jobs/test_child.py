"""The process of one run: priority, memory, end."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from adarec.jobs import child as module
from adarec.jobs.child import Child, Outcome

DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT = """
import sys, time
from pathlib import Path
from adarec.jobs.child import Child
child = Child([sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def outcome_of(child: Child) -> Outcome:
    deadline = time.monotonic() + 120  # at nice 10, beside a busy machine
    while (outcome := child.poll()) is None:
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.02)
    return outcome


def test_an_outcome_has_the_exit_code_and_the_peak_memory(tmp_path: Path) -> None:
    # A child's peak starts at that of the process that forked it, here a large test process.
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    size_mb = own_mb + 150
    code = f"data = bytearray({int(size_mb * 1e6)}); raise SystemExit(7)"
    outcome = outcome_of(Child(python(code), tmp_path / "log"))
    assert outcome.code == 7
    assert not outcome.was_killed
    assert size_mb < outcome.peak_rss_mb < size_mb + 250
    assert "exit code 7" in outcome.describe()


def test_a_signal_is_named(tmp_path: Path) -> None:
    outcome = outcome_of(Child(python("import os; os.kill(os.getpid(), 9)"), tmp_path / "log"))
    assert outcome.was_killed
    assert "signal 9 (SIGKILL)" in outcome.describe()


def test_a_child_is_nice_and_writes_to_its_log(tmp_path: Path) -> None:
    child = Child(python("import os; print(os.nice(0)); print('bye')"), tmp_path / "log")
    outcome_of(child)
    assert (tmp_path / "log").read_text().split() == [str(min(19, os.nice(0) + 10)), "bye"]
    assert child.last_words() == "bye"


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel does not group by session"
)
def test_the_session_of_a_child_is_nice_too(tmp_path: Path) -> None:
    """Between sessions the niceness of a process alone counts for nothing."""
    child = Child(python("print(open('/proc/self/autogroup').read())"), tmp_path / "log")
    outcome_of(child)
    assert child.last_words().endswith("nice 10")


def test_a_deaf_child_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TERM_GRACE_S", 0.2)
    child = Child(python(DEAF), tmp_path / "log")
    while child.last_words() != "deaf":
        time.sleep(0.02)
    child.terminate()
    outcome = outcome_of(child)
    assert outcome.code == -signal.SIGKILL
    assert outcome.describe() == "the process was ended, as it had not stopped within 0.2 s"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_a_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    command = [*python(PARENT), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        # It must have become the command, as the leash is tied only after its first lines. While
        # it does, it has no words at all.
        while psutil.Process(pid).cmdline()[1:2] != ["-c"]:
            time.sleep(0.02)
        parent.kill()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.02)
