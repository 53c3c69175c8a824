"""Five live sessions against one: how much a search slows down while more people watch it.

A real browser opens the Search page once, and what it says to the server is written down. Each
session is then a websocket that says the same at the same pace, so that no browser's drawing takes
time from the search.
"""

import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from adarec import jobs
from adarec.bench.ui_app import RunningApp, running_app
from adarec.bench.ui_browser import chromium, visitor
from adarec.bench.ui_workspace import fill_workspace, start_long_search, step_key
from adarec.bench.yardstick import yardstick_s
from adarec.environment import describe_environment
from adarec.errors import AdarecError
from adarec.runs.workspace import Workspace

LISTEN_S, SETTLE_S, BLOCK_S = 12.0, 5.0, 60.0
Said = list[tuple[float, bytes]]  # seconds since the page was opened, what the browser said then


def bench_sessions(
    *, sessions: int = 5, minutes: float = 10.0, runs: int = 300, scenes: int = 50
) -> dict[str, Any]:
    """Epochs a minute of a search with one live session and with `sessions`, in turn.

    Args:
        sessions: How many people watch at once.
        minutes: How long the search is watched by one, and by all; both take turns of a minute.
        runs: How many runs the workspace holds.
        scenes: How many scenes.
    """
    yardstick = yardstick_s(threads=2)
    with tempfile.TemporaryDirectory(prefix="adarec-bench-") as folder:
        home = Path(folder)
        fill_workspace(home, num_runs=runs, num_scenes=scenes)
        workspace = Workspace.open(home)
        run = start_long_search(workspace)
        try:
            with running_app(home) as app:
                said = _listen(app, run)
                watch = _Watch(workspace, app, run, said)
                turns = _take_turns(watch, sessions, minutes)
                exceptions = app.exceptions()
        finally:
            jobs.stop_worker(workspace)
            workspace.close()
    one, many = (_summary(turns, count) for count in (1, sessions))
    return {
        "one": one,
        "many": many,
        "slowdown": round(1 - many["epochs_per_minute"] / one["epochs_per_minute"], 3),
        "exceptions": exceptions,
        "turns": turns,
        "sessions": sessions,
        "minutes": minutes,
        "yardstick_s": round((yardstick + yardstick_s(threads=2)) / 2, 4),
        "environment": describe_environment(threads=1),
    }


def _listen(app: RunningApp, run: str) -> Said:
    """What a browser says while it shows the Search page of a run that goes on."""
    said: Said = []
    with chromium() as browser, visitor(browser, app.url) as someone:
        started = time.monotonic()

        def note(payload: bytes | str) -> None:
            if isinstance(payload, bytes):
                said.append((time.monotonic() - started, payload))

        someone.page.on("websocket", lambda socket: socket.on("framesent", note))
        someone.open("search", run=run)
        someone.page.wait_for_timeout(1000 * LISTEN_S)
    if len(said) < 2:
        raise AdarecError("The Search page did not ask for news of a run that goes on.")
    return said


class _Watch:
    """The search, the app, and people who watch."""

    def __init__(self, workspace: Workspace, app: RunningApp, run: str, said: Said) -> None:
        self.workspace, self.app, self.said = workspace, app, said
        self.step = step_key(workspace, run)

    def epochs(self) -> float:
        """Epochs that the search has done, the begun one as its share."""
        row = self.workspace.store.progress([self.step])[self.step]
        return row.fraction * row.epochs

    def turn(self, sessions: int, seconds: float) -> dict[str, Any]:
        """One measurement with so many people."""
        with ExitStack() as stack:
            people = [
                stack.enter_context(_Session(self.app.url, self.said)) for _ in range(sessions)
            ]
            time.sleep(SETTLE_S)
            begun, epochs, cpu = time.monotonic(), self.epochs(), self.app.cpu_s()
            heard = sum(person.num_bytes for person in people)
            time.sleep(seconds)
            passed = time.monotonic() - begun
            return {
                "sessions": sessions,
                "epochs_per_minute": round(60 * (self.epochs() - epochs) / passed, 3),
                "app_cpu_share": round((self.app.cpu_s() - cpu) / passed, 4),
                "kb_per_second": round(
                    (sum(person.num_bytes for person in people) - heard) / passed / 1000, 2
                ),
                "lost": sum(person.is_lost for person in people),
            }


def _take_turns(watch: _Watch, sessions: int, minutes: float) -> list[dict[str, Any]]:
    count = max(1, round(60 * minutes / BLOCK_S))
    seconds = 60 * minutes / count
    order = [(1, sessions) if place % 2 == 0 else (sessions, 1) for place in range(count)]
    return [watch.turn(people, seconds) for pair in order for people in pair]


def _summary(turns: list[dict[str, Any]], sessions: int) -> dict[str, float]:
    """Medians over the turns of that many people."""
    turns = [turn for turn in turns if turn["sessions"] == sessions]
    names = ("epochs_per_minute", "app_cpu_share", "kb_per_second")
    found = {name: statistics.median(turn[name] for turn in turns) for name in names}
    return found | {"lost": sum(turn["lost"] for turn in turns)}


class _Session:
    """A websocket that says what the browser said, and the second half of it for ever."""

    def __init__(self, url: str, said: Said) -> None:
        self._url, self._said = url, said
        self._ends = threading.Event()
        self.num_bytes, self.is_lost = 0, False

    def __enter__(self) -> "_Session":
        from websockets.sync.client import connect  # Streamlit brings it
        from websockets.typing import Origin, Subprotocol

        self._socket = connect(
            self._url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(self._url),
            max_size=None,
        )
        self._threads = [threading.Thread(target=task) for task in (self._speak, self._hear)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _speak(self) -> None:
        opened = [each for each in self._said if each[0] < LISTEN_S / 2] or self._said[:1]
        again = [each for each in self._said if each not in opened]
        begun = time.monotonic()
        for at, words in opened:
            self._say(begun + at - opened[0][0], words)
        while again and not self._ends.is_set():
            begun = time.monotonic()
            for at, words in again:
                self._say(begun + at - again[0][0], words)
            self._ends.wait(max(0.0, begun + again[-1][0] - again[0][0] + 1 - time.monotonic()))

    def _say(self, at: float, words: bytes) -> None:
        self._ends.wait(max(0.0, at - time.monotonic()))
        if not self._ends.is_set():
            self._socket.send(words)

    def _hear(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            for message in self._socket:
                self.num_bytes += len(message)
        except ConnectionClosed:
            pass
        self.is_lost = not self._ends.is_set()
