"""A visitor with a real browser, and how long each of the visitor's steps takes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil

from adarec.errors import AdarecError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT_MS, POLL_MS = 120_000, 15
WIDTH, HEIGHT = 1280, 1000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# A page is settled when its script has ended, its heading is there, nothing is stale or a
# placeholder, and every chart is drawn. What a visitor does is timed from the browser's own event.
_WATCH = """
window.adarecActed = 0;
for (const kind of ["keydown", "pointerdown"])
  window.addEventListener(kind, () => { window.adarecActed = performance.now(); }, true);
window.adarecSettled = () => {
  const one = (selector) => document.querySelector(`[data-testid="${selector}"]`);
  const app = one("stApp");
  if (app === null || app.getAttribute("data-test-script-state") !== "notRunning") return false;
  if (document.querySelector('[data-testid="stMain"] h1') === null) return false;
  if (one("stSkeleton") !== null || document.querySelector('[data-stale="true"]') !== null)
    return false;
  const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
  return charts.every((chart) => chart.querySelector(".main-svg") !== null);
};
"""


class Visitor:
    """One browser tab at the app."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page, self.url = page, url
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(_WATCH)

    def open(self, path: str, **query: str) -> float:
        """Seconds from going to the address until the page is settled."""
        words = "&".join(f"{name}={value}" for name, value in query.items())
        self.page.goto(f"{self.url}/{path}?{words}", wait_until="commit")
        return self._wait("performance.now()")

    def settle(self) -> None:
        """Waits until the page is settled."""
        self._wait("1")

    def since_action(self, condition: str) -> float:
        """Seconds from the visitor's last key or click until the page is settled and `condition`
        (JavaScript) holds."""
        return self._wait("performance.now() - window.adarecActed", condition)

    def read(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.page.evaluate(expression)

    def _wait(self, value: str, condition: str = "true") -> float:
        found = self.page.wait_for_function(
            f"() => window.adarecSettled && window.adarecSettled() && ({condition})"
            f" ? {value} : false",
            polling=POLL_MS,
        )
        return float(found.json_value()) / 1000


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Debian's Chromium, driven by Playwright.

    Raises:
        AdarecError: One of them is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise AdarecError(
            "Playwright is not installed, and this measurement drives a browser. "
            "`pip install -r requirements-dev.txt` brings it."
        ) from error
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise AdarecError(
            "Chromium is not on the path, and this measurement drives it. `make chromium` "
            "installs it where apt-get is there."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visitor(browser: "Browser", url: str) -> Iterator[Visitor]:
    """A visitor in a browser profile of their own."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    try:
        yield Visitor(context.new_page(), url)
    finally:
        context.close()


def browser_cpu_s() -> float:
    """Seconds that this process' browser has computed so far, all its processes together."""
    seconds = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            if "chrom" in child.name():
                times = child.cpu_times()
                seconds += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return seconds
