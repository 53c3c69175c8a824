"""The app as a visitor starts it, watched from outside: its memory, its time, its log."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from adarec.errors import AdarecError
from adarec.runs.workspace import DATABASE_VARIABLE, HOME_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
START_S, END_S = 120.0, 20.0
# Compiled parts that a process has open as soon as the library is imported.
HEAVY = {"torch": re.compile(r"/torch/lib/"), "ot": re.compile(r"/ot/.*\.so")}


@dataclass(frozen=True)
class RunningApp:
    """Where the app answers, its process and its log."""

    url: str
    process: psutil.Process
    log: Path

    def rss_mb(self) -> float:
        """Memory of the process now, in MB."""
        return round(self.process.memory_info().rss / 1e6, 1)

    def cpu_s(self) -> float:
        """Seconds that the process has computed since its start."""
        times = self.process.cpu_times()
        return times.user + times.system

    def heavy_imports(self) -> list[str]:
        """Which of torch and ot the process has loaded."""
        paths = [each.path for each in self.process.memory_maps()]
        return [name for name, part in HEAVY.items() if any(part.search(path) for path in paths)]

    def exceptions(self) -> list[str]:
        """The last line of every traceback in the log."""
        found, is_inside = [], False
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lstrip().startswith("Traceback"):
                is_inside = True
            elif is_inside and line and not line[0].isspace():
                found.append(line)
                is_inside = False
        return found


@contextmanager
def running_app(home: Path) -> Iterator[RunningApp]:
    """`streamlit run app/main.py` on a free port with the workspace at `home`; ends it afterwards.

    Raises:
        AdarecError: The app is not there, or does not start.
    """
    entry = ROOT / "app" / "main.py"
    if not entry.is_file():
        raise AdarecError(f"{entry} is missing. Measure the app from a checkout of the project.")
    log, port = home / "server.log", free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(entry)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    # From another folder, as a visitor may start it, but with the code of this checkout.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        HOME_VARIABLE: str(home),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    environment.pop(DATABASE_VARIABLE, None)
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=home, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, server, log)
        yield RunningApp(url, psutil.Process(server.pid), log)
    finally:
        server.terminate()
        try:
            server.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    words = log.read_text(encoding="utf-8", errors="replace")[-500:]
    raise AdarecError(f"The app did not start: {words}")
