"""Two of the visitor's questions that need more than the example: what a search does now, and
whether scenes want different cells. Asked of a workspace of labelled clones, in a browser.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from adarec.bench import ui_browser
from adarec.bench.ui_app import running_app
from adarec.bench.ui_browser import Visitor
from adarec.bench.ui_workspace import fill_workspace, start_long_search
from adarec.jobs import stop_worker
from adarec.runs.workspace import Workspace
from tests.browser.conftest import ARTEFACTS
from tests.browser.test_questions import chart, expect_titles, look

pytestmark = pytest.mark.browser

SCROLL = "document.querySelector('[data-testid=\"stMain\"]').scrollTop"
# While a new epoch replaces the chart there may be none.
CHART = "document.querySelector('.st-key-losses .js-plotly-plot')"
LINES = f"({CHART}?.data ?? [])"
HIDDEN = f"{LINES}.filter(line => line.visible === 'legendonly').map(line => line.name).join()"
AXIS = f"{CHART}?.layout?.xaxis"
RANGE = f"{AXIS}?.range?.join()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes with two finished runs each."""
    folder = tmp_path_factory.mktemp("two") / "home"
    folder.mkdir()
    fill_workspace(folder, num_runs=4, num_scenes=2)
    return folder


@pytest.fixture(scope="module")
def someone(home: Path, chromium: str) -> Iterator[Visitor]:
    """A visitor at the app of that workspace."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    with (
        running_app(home) as app,
        ui_browser.chromium() as browser,
        ui_browser.visitor(browser, app.url) as found,
    ):
        yield found
        assert app.log.read_text().count("Traceback") == 0


def test_do_scenes_want_different_architectures(someone: Visitor) -> None:
    page = someone.page
    someone.open("compare")
    expect(page.get_by_text("Verdict.")).to_have_count(2)
    expect_titles(page, "Cell of", "Ops of each cell", "Character of each scene")
    expect_titles(page, "Distance of the cells", "NDCG@10 on the test item")
    expect(chart(page, "scene_metrics")).to_contain_text("count baseline")
    expect(page.locator(".st-key-distil_cells button")).to_be_visible()
    look(page, "question-6-compare")


def test_what_is_the_search_doing_now(someone: Visitor, home: Path) -> None:
    page = someone.page
    workspace = Workspace.open(home)
    run = start_long_search(workspace)
    try:
        someone.open("search", run=run)
        progress = page.get_by_test_id("stProgress")
        expect(progress).to_contain_text(re.compile(r"Epoch \d+ of at most 1000"))
        for key in ("losses", "validation", "op_curves", "cost"):
            chart(page, key)
        epochs_drawn(page, at_least=3)
        hide_a_loss(page, "Embedding (× 0.2)")
        zoom_into_the_losses(page)
        zoomed, drawn = page.evaluate(RANGE), epochs_drawn(page)
        scrolled = page.evaluate(SCROLL)
        assert scrolled > 0
        # It goes on by itself, and the page stays where the visitor left it.
        epochs_drawn(page, at_least=drawn + 1)
        assert page.evaluate(SCROLL) == scrolled
        page.wait_for_function(f"{RANGE} === '{zoomed}' && {HIDDEN} === 'Embedding (× 0.2)'")
        look(page, "question-2-live")
    finally:
        stop_worker(workspace)
        workspace.close()


def epochs_drawn(page: Page, *, at_least: int = 1) -> int:
    """How many epochs the chart of the losses shows, once it shows so many."""
    longest = f"Math.max(0, ...{LINES}.map(line => line.x.length ?? line.x.shape ?? 0))"
    page.wait_for_function(f"{longest} >= {at_least}", timeout=120_000)
    return int(page.evaluate(longest))


def zoom_into_the_losses(page: Page) -> None:
    """Drags over the middle of the chart: about two of three epochs stay in view."""

    def drag() -> None:
        box = page.evaluate(
            "(() => { const plot = document.querySelector('.st-key-losses .nsewdrag');"
            " plot.scrollIntoView({ block: 'center' });"
            " return plot.getBoundingClientRect().toJSON(); })()"
        )
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.3 * box["width"], middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], middle, steps=5)
        page.mouse.up()

    until(page, drag, f"{AXIS} && !{AXIS}.autorange")


def hide_a_loss(page: Page, name: str) -> None:
    """Clicks on it in the legend."""
    entry = page.locator(".st-key-losses .traces", has_text=name).locator(".legendtoggle").first
    until(page, lambda: entry.click(timeout=5_000), f"{HIDDEN} === '{name}'")


def until(page: Page, act: Callable[[], object], condition: str) -> None:
    """Acts until `condition` (JavaScript) holds and stays: a new epoch may replace the chart while
    somebody points at it."""
    for _ in range(20):
        try:
            act()
        except Error:  # the chart went away under the pointer
            continue
        page.wait_for_timeout(1000)  # a click becomes a double click, or not, and is heard of
        if page.evaluate(condition):
            return
    raise AssertionError(f"20 times in vain: {condition}")
