"""A stop of a bench reaches the run that goes on, whenever it comes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adarec.bench.experiments.running import STOPPED, _run


@pytest.fixture
def in_the_background() -> Iterator[None]:
    """As a shell starts what is to go on behind it: Ctrl-C is for others."""
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, earlier)


def long_run(done: Path, first: str = "") -> list[str]:
    """A run that leaves `done` where no stop ends it before."""
    code = f"import os, signal, time; {first}time.sleep(20); open({str(done)!r}, 'w')"
    return [sys.executable, "-c", code]


def test_a_stop_in_the_first_moments_of_a_run(in_the_background: None, tmp_path: Path) -> None:
    ask = "os.kill(os.getppid(), signal.SIGTERM); "
    assert _run(long_run(tmp_path / "done", ask)) == STOPPED
    assert not (tmp_path / "done").exists()


def test_a_stop_before_there_is_a_run(
    in_the_background: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start = subprocess.Popen

    def stopped_first(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", stopped_first)
    assert _run(long_run(tmp_path / "done")) == STOPPED
    assert not (tmp_path / "done").exists()


def test_a_run_that_nobody_stops(tmp_path: Path) -> None:
    earlier = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert _run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == earlier
