"""How quick the app is with hundreds of runs in its workspace, as a visitor's browser sees it."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adarec import jobs
from adarec.bench.ui_app import RunningApp, running_app
from adarec.bench.ui_browser import Visitor, chromium, visitor
from adarec.bench.ui_pages import PAGES, address, measure_page
from adarec.bench.ui_workspace import fill_workspace, start_long_search
from adarec.bench.yardstick import yardstick_s
from adarec.environment import describe_environment
from adarec.runs.workspace import Workspace

SAMPLE_EVERY = 20  # page changes between two looks at the memory


def bench_ui(
    *,
    runs: int = 300,
    scenes: int = 50,
    repeats: int = 10,
    page_changes: int = 200,
    is_searching: bool = True,
) -> dict[str, Any]:
    """Time to content and of interactions on every page, memory of the app, its log.

    The workspace is temporary and synthetic; see `ui_workspace`.

    Args:
        runs: How many runs the workspace holds.
        scenes: How many scenes.
        repeats: Visits and interactions a page, of which the medians are taken.
        page_changes: Visits over which the app's memory is watched.
        is_searching: Whether a worker searches meanwhile, as a worker does: at nice 10.
    """
    yardstick = yardstick_s(threads=2)
    with tempfile.TemporaryDirectory(prefix="adarec-bench-") as folder:
        home = Path(folder)
        started = time.perf_counter()
        run = fill_workspace(home, num_runs=runs, num_scenes=scenes)
        filled_s = time.perf_counter() - started
        with _searching(home, is_searching) as live, running_app(home) as app:
            with chromium() as browser, visitor(browser, app.url) as someone:
                found = _measure(someone, app, run=run, live=live, repeats=repeats)
                found["memory_mb"] |= _watch_memory(someone, app, home, page_changes)
            found["heavy_imports"] = app.heavy_imports()
            found["exceptions"] = app.exceptions()
    return found | {
        "runs": runs,
        "scenes": scenes,
        "repeats": repeats,
        "is_searching": is_searching,
        "filled_s": round(filled_s, 1),
        "yardstick_s": round((yardstick + yardstick_s(threads=2)) / 2, 4),
        "environment": describe_environment(threads=1),
    }


def _measure(
    someone: Visitor, app: RunningApp, *, run: str, live: str | None, repeats: int
) -> dict[str, Any]:
    found: dict[str, Any] = {"memory_mb": {"start": app.rss_mb()}}
    pages = {page: run for page in PAGES} | ({"search, live": live} if live else {})
    measured = {
        name: measure_page(someone, app, name.split(",")[0], run=shown, repeats=repeats)
        for name, shown in pages.items()
    }
    slowest = [max(each["interaction_s"].values()) for each in measured.values()]
    return found | {
        "content_s": max(each["content_s"] for each in measured.values()),
        "interaction_s": max(slowest),
        "pages": measured,
    }


def _watch_memory(
    someone: Visitor, app: RunningApp, home: Path, page_changes: int
) -> dict[str, Any]:
    """Memory over many visits, each a new session of the app that looks at another run."""
    workspace = Workspace.open(home)
    runs = [run.run for run in workspace.store.run_summaries(states=["succeeded"])]
    workspace.close()
    names, samples = list(PAGES), [app.rss_mb()]
    for turn in range(page_changes):
        someone.open(address(names[turn % len(names)]), run=runs[turn % len(runs)])
        if (turn + 1) % SAMPLE_EVERY == 0:
            samples.append(app.rss_mb())
    half = len(samples) // 2
    growth = statistics.median(samples[half:]) - statistics.median(samples[:half] or samples)
    return {
        "samples": samples,
        "end": samples[-1],
        "growth_second_half": round(growth, 1),
        "page_changes": page_changes,
    }


@contextmanager
def _searching(home: Path, is_searching: bool) -> Iterator[str | None]:
    """A worker that searches for as long as the block lasts; gives the run's id."""
    if not is_searching:
        yield None
        return
    workspace = Workspace.open(home)
    run = start_long_search(workspace)
    try:
        yield run
    finally:
        jobs.stop_worker(workspace)
        workspace.close()
