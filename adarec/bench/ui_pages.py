"""What a visitor does on each page while the clock runs."""

import json
import statistics
from collections.abc import Callable
from typing import Any

from adarec.bench.ui_app import RunningApp
from adarec.bench.ui_browser import Visitor, browser_cpu_s
from adarec.bench.ui_workspace import SCENE

# A step of the visitor: gives seconds until its result is on the screen.
Step = Callable[[Visitor, int], float]
_START_PERCENT = 10  # where the page's slider stands at first


def _picked(key: str, name: str) -> Step:
    """Chooses the next entry of the box `key`; the address then says another `name`."""

    def step(visitor: Visitor, turn: int) -> float:
        said = f"new URLSearchParams(location.search).get('{name}')"
        before = visitor.read(said)
        box = visitor.page.locator(f".st-key-{key} input").first
        box.click()
        box.press("ArrowDown")
        box.press("Enter")
        return visitor.since_action(f"{said} !== {json.dumps(before)}")

    return step


def _find_runs(visitor: Visitor, turn: int) -> float:
    """Narrows the list of runs down to those of one scene."""
    words = f"{SCENE} {turn + 10}"
    box = visitor.page.locator(".st-key-find input")
    if not box.count():  # beside a run that goes on the list is folded
        visitor.page.locator(".st-key-all_runs summary").click()
    box.fill(words)
    box.press("Enter")
    said = "new URLSearchParams(location.search).get('find')"
    return visitor.since_action(f"{said} === {json.dumps(words)} && {_shows('runs match.')}")


def _move_epoch(visitor: Visitor, turn: int) -> float:
    """One epoch back, from the first one forth again; the picture's title then says that epoch."""
    thumb = visitor.page.locator(".st-key-epoch_slider input[type=range]")
    last = int(thumb.get_attribute("max") or 1)
    is_back = turn // last % 2 == 0
    wanted = int(thumb.get_attribute("aria-valuetext") or 0) + (-1 if is_back else 1)
    thumb.press("ArrowLeft" if is_back else "ArrowRight")
    titles = "[...document.querySelectorAll('.gtitle')]"
    return visitor.since_action(f"{titles}.some((e) => e.textContent.endsWith('epoch {wanted}'))")


def _allow_loss(visitor: Visitor, turn: int) -> float:
    """One percent more on the slider that says what may be shipped."""
    visitor.page.locator(".st-key-at_most_below input[type=range]").press("ArrowRight")
    return visitor.since_action(_shows(f"at most {_START_PERCENT + turn + 1} % below"))


def _change_cost(visitor: Visitor, turn: int) -> float:
    """Another cost, later the first one again; the picture's title then says so."""
    title = "document.querySelector('.gtitle').textContent"
    before = visitor.read(title)
    box = visitor.page.locator(".st-key-cost input").first
    box.click()
    box.press("ArrowUp" if turn % 2 else "ArrowDown")
    box.press("Enter")
    return visitor.since_action(f"{title} !== {json.dumps(before)}")


def _choose_user(visitor: Visitor, turn: int) -> float:
    """The next user's history and both answers to it."""
    shown = "document.querySelector('[data-testid=\"stMain\"]').innerText"
    before = visitor.read(shown)
    box = visitor.page.locator(".st-key-history_user input").first
    box.click()
    box.press("ArrowDown")
    box.press("Enter")
    return visitor.since_action(f"{shown} !== {json.dumps(before)}")


def _change_scenes(visitor: Visitor, turn: int) -> float:
    """One scene more in the comparison, then one less."""
    cells = f"document.querySelectorAll('[class*=\"st-key-cell_{SCENE}\"]').length"
    before = int(visitor.read(cells))
    box = visitor.page.locator(".st-key-compared_scenes")
    if turn % 2 == 0:
        box.locator("input").first.click()
        box.locator("input").first.press("ArrowDown")
        box.locator("input").first.press("Enter")
    else:
        box.locator("[data-tag] button").last.click()
    return visitor.since_action(f"{cells} !== {before}")


def _shows(words: str) -> str:
    main = "document.querySelector('[data-testid=\"stMain\"]')"
    return f"{main}.innerText.includes({json.dumps(words)})"


_RUN = {"run picker": _picked("run_picker", "run")}
PAGES: dict[str, dict[str, Step]] = {
    "scenes": {"scene picker": _picked("scene_picker", "scene")},
    "search": {**_RUN, "find runs": _find_runs},
    "architecture": {**_RUN, "epoch slider": _move_epoch},
    "distillation": {**_RUN, "epoch slider": _move_epoch},
    "tradeoffs": {
        **_RUN,
        "allowed loss": _allow_loss,
        "cost axis": _change_cost,
    },
    "compare": {"scenes": _change_scenes},
    "try": {**_RUN, "user": _choose_user},
    "export": _RUN,
    "adapt": {"source picker": _picked("source_picker", "source")},
}


def address(page: str) -> str:
    """Where the page is: the first one is at the root."""
    return "" if page == "scenes" else page


def measure_page(
    visitor: Visitor, app: RunningApp, page: str, *, run: str, repeats: int
) -> dict[str, Any]:
    """Times of one page: content after a full load, then each interaction; medians in seconds."""
    spent = _Spent(app)
    with spent:
        first = visitor.open(address(page), run=run)
    contents = []
    for _ in range(repeats):
        with spent:
            contents.append(visitor.open(address(page), run=run))
    found: dict[str, Any] = {
        "first_content_s": round(first, 3),
        "content_s": _median(contents),
        "content_cpu_s": spent.medians(),
        "interaction_s": {},
        "interaction_cpu_s": {},
    }
    for name, step in PAGES[page].items():
        visitor.open(address(page), run=run)
        spent, seconds = _Spent(app), []
        for turn in range(repeats):
            with spent:
                seconds.append(step(visitor, turn))
        found["interaction_s"][name] = _median(seconds)
        found["interaction_cpu_s"][name] = spent.medians()
    return found


class _Spent:
    """Processor time of the app and of the browser, visit by visit: on a machine with other work
    it says more than the clock."""

    def __init__(self, app: RunningApp) -> None:
        self.app = app
        self.seconds: list[tuple[float, float]] = []

    def __enter__(self) -> None:
        self.before = (self.app.cpu_s(), browser_cpu_s())

    def __exit__(self, *_: object) -> None:
        app, browser = self.before
        self.seconds.append((self.app.cpu_s() - app, browser_cpu_s() - browser))

    def medians(self) -> dict[str, float]:
        app, browser = zip(*self.seconds, strict=True)
        return {"app": _median(app), "browser": _median(browser)}


def _median(values: Any) -> float:
    return round(statistics.median(values), 3)
