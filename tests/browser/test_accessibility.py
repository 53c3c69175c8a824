"""axe-core on every page, in both themes, with the example run and without any run: no moderate,
serious or critical finding."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from app.navigation import SECTIONS
from tests.app.filled_workspace import add_run
from tests.browser.conftest import FLAGS, ROOT, RunningApp

pytestmark = pytest.mark.browser

THEMES = ("light", "dark")
PAGES = tuple(path for entries in SECTIONS.values() for path, _, _ in entries)
_FINDINGS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact !== "minor")
    .map(({ id, help, nodes }) => [id, help, nodes
      .map(({ html, failureSummary }) => html.slice(0, 200) + " -> " + failureSummary)]);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script; skips where `make axe` could not install it."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    version = re.search(r"^AXE_VERSION := (\S+)$", makefile, re.M)
    assert version
    path = ROOT / ".axe" / version[1] / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("no axe-core; `make axe` installs it where npm and its registry are there")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(axe: str, chromium: str) -> Iterator[Page]:
    """A tab in which every page that it opens knows axe."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        tab = browser.new_page(viewport={"width": 1280, "height": 1000})
        tab.set_default_timeout(180_000)
        tab.add_init_script(axe)
        yield tab
        browser.close()


def findings(page: Page, url: str) -> dict[str, Any]:
    """Theme -> what axe found, but for minor things, on the page at `url`."""
    page.emulate_media(color_scheme=THEMES[0])  # type: ignore[arg-type]
    page.goto(url)
    page.locator("[data-testid='stMain'] h1").wait_for()
    # The page is whole when the last script run has ended.
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')")
    page.wait_for_timeout(1000)
    found = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_timeout(500)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background)[:3])) > 380) == (theme == "light")
        found[theme] = page.evaluate(_FINDINGS)
    return {theme: faults for theme, faults in found.items() if faults}


def shown(faults: dict[str, Any]) -> str:
    return json.dumps(faults, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_the_example_has_no_serious_fault(
    app: RunningApp, page: Page, path: str
) -> None:
    faults = findings(page, f"{app.url}/{'' if path == 'scenes' else path}")
    assert faults == {}, shown(faults)


def test_a_failed_run_and_open_tables_have_no_serious_fault(app: RunningApp, page: Page) -> None:
    workspace = Workspace.open(app.home)
    scene = workspace.store.scene("cycle")
    run = add_run(workspace, "cycle", scene.key, state="failed", until="search")
    faults = findings(page, f"{app.url}/search?run={run}")
    assert faults == {}, shown(faults)
    for summary in page.locator("[data-testid='stExpander'] summary").all():
        summary.click()
    page.locator("[data-testid='stDataFrame']").nth(2).wait_for()
    page.wait_for_timeout(1000)
    opened = page.evaluate(_FINDINGS)
    workspace.store.delete_run(run)
    workspace.close()
    assert opened == [], shown(opened)


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_page_has_no_serious_fault(app: RunningApp, page: Page, path: str) -> None:
    workspace = Workspace.open(app.home)
    if any(run.run == EXAMPLE_RUN for run in workspace.store.run_summaries()):
        workspace.store.delete_run(EXAMPLE_RUN)
    workspace.close()
    faults = findings(page, f"{app.url}/{'' if path == 'scenes' else path}")
    assert faults == {}, shown(faults)


def test_the_gate_notices_a_fault(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<html lang='en'><title>x</title><main><h1>x</h1><input></main></html>")
    page.goto(bad.as_uri())
    assert [rule for rule, _, _ in page.evaluate(_FINDINGS)] == ["label"]
