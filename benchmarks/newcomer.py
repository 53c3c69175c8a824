"""A newcomer by the clock: writes docs/results/newcomer.json and .md.

    python benchmarks/newcomer.py [LOG] [--json]

Twice from an empty workspace, in Chromium, clicking only, nothing set: a search of the first
sample scene until it is finished, and a log of one's own (ml-100k where no other is given) until
its search draws the first live chart. Seconds run from the command that starts the app, and from
the choice of the file. Run it alone.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from adarec.bench.ui_app import ROOT, running_app
from adarec.bench.ui_browser import chromium
from adarec.environment import cpu_model
from adarec.jobs import stop_worker
from adarec.runs.workspace import Workspace

RESULTS = ROOT / "docs" / "results"
CHART = "[data-testid='stPlotlyChart'] .main-svg"
SEARCH_LINK = re.compile(r"Start a search for .+ →")
WAIT_MS = 900_000


@dataclass
class Journey:
    """What a newcomer did.

    Attributes:
        name: What it was.
        clicks: Clicks so far; choosing a file is one.
        first_chart_s: Seconds from the beginning to the first chart of the running search.
        finished_s: Seconds to the finished run; None where nobody waited for it.
    """

    name: str
    clicks: int = 0
    first_chart_s: float = 0.0
    finished_s: float | None = None

    def click(self, what: Locator) -> None:
        """One click, when the thing is there."""
        what.click()
        self.clicks += 1


def main() -> int:
    """Walks both ways and rewrites the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    data = Path(os.environ.get("ADAREC_BENCH_DATA") or ROOT.parent / "shared" / "data")
    log = Path(asked.log) if asked.log else data / "ml-100k.csv.gz"
    if not log.is_file():
        sys.stderr.write(f"{log} is not there. Name a log, or set ADAREC_BENCH_DATA.\n")
        return 2
    expect.set_options(timeout=WAIT_MS)
    journeys = [sample_scene(), own_log(log)]
    found = {"cpu": cpu_model(), "journeys": [asdict(journey) for journey in journeys]}
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (RESULTS / "newcomer.json").write_text(text, encoding="utf-8")
    (RESULTS / "newcomer.md").write_text(page_of(journeys), encoding="utf-8")
    if asked.json:
        sys.stdout.write(text)
    return 0


def sample_scene() -> Journey:
    """From the command that starts the app to a finished run on the scene that is shown first."""
    journey, began = Journey("a sample scene, from the start of the app"), time.monotonic()
    with fresh_app() as page:
        starts(journey, page, began)
        expect(page.locator("[data-testid='stProgress']")).to_contain_text("Finished")
        journey.finished_s = round(time.monotonic() - began, 1)
    return journey


def own_log(log: Path) -> Journey:
    """From the choice of a file to the first chart of its search."""
    journey = Journey(f"{log.name}, from the choice of the file")
    with fresh_app() as page:
        upload = page.locator(".st-key-upload_log input[type=file]")
        upload.wait_for(state="attached")
        began = time.monotonic()
        upload.set_input_files(log)
        journey.clicks += 1
        journey.click(page.locator(".st-key-save_scene button"))
        expect(page.get_by_text("is saved. Look")).to_be_visible()
        starts(journey, page, began)
    return journey


def starts(journey: Journey, page: Page, began: float) -> None:
    """Starts the search that is offered for the scene, and waits for its first chart."""
    journey.click(page.get_by_text(SEARCH_LINK))
    journey.click(page.locator(".st-key-start_search button"))
    expect(page.locator(CHART).first).to_be_visible()
    journey.first_chart_s = round(time.monotonic() - began, 1)


@contextmanager
def fresh_app() -> Iterator[Page]:
    """A tab at the app of an empty workspace; the app and its worker end afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            with running_app(home) as app, chromium() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                page.set_default_timeout(WAIT_MS)
                page.goto(app.url)
                yield page
        finally:
            stop_worker(Workspace.open(home))


def page_of(journeys: list[Journey]) -> str:
    """The Markdown page."""
    lines = [
        "# A newcomer by the clock",
        "",
        "Written by `python benchmarks/newcomer.py`: an empty workspace, Chromium, `quick` as it",
        "is offered. Seconds contain the start of the worker and all waiting for pages.",
        "",
        "| way | clicks | first live chart, s | finished run, s |",
        "| --- | --- | --- | --- |",
    ]
    for way in journeys:
        finished = "-" if way.finished_s is None else f"{way.finished_s:.1f}"
        lines += [f"| {way.name} | {way.clicks} | {way.first_chart_s:.1f} | {finished} |"]
    return "\n".join([*lines, "", f"Machine: {cpu_model()}.", ""])


if __name__ == "__main__":
    sys.exit(main())
