"""A newcomer's way, clicking only: upload a log, save the scene, start, watch, stop, resume, look
at every page, take the student home.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARTEFACTS, FLAGS, RunningApp

pytestmark = pytest.mark.browser

FINISH_MS = 400_000
REAL_FINISH_MS = 1_200_000
expect.set_options(timeout=120_000)  # a busy machine must not turn a test red
CHART = "[data-testid='stPlotlyChart']"
SEARCH_LINK = re.compile(r"Start a search for .+ →")
FEWEST_CHARTS = {
    "": 5,  # the uploaded ring repeats no item, so it has one picture less
    "search": 3,
    "architecture": 5,
    "distillation": 6,
    "tradeoffs": 1,
    "compare": 4,
    "try": 0,
    "export": 0,
}
# Enough epochs for every chart to have a curve; the journey is about the way, not the student.
EPOCHS = {"Teacher": ("teacher", 3), "Student": ("student", 3), "Search": ("search", 3)}


@pytest.fixture(scope="module")
def page(app: RunningApp, chromium: str) -> Iterator[Page]:
    """One browser tab that reports requests to other machines."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        tab = browser.new_page(viewport={"width": 1280, "height": 1000})
        tab.set_default_timeout(180_000)
        yield tab
        browser.close()


def test_from_a_log_to_a_student(app: RunningApp, page: Page, cycle_log: Path) -> None:
    outside: list[str] = []
    page.on("request", lambda request: _note_outside(request.url, app.url, outside))
    _sees_a_sample_scene(page, app)
    _uploads_and_saves(page, cycle_log, "ring")
    _starts_with_few_epochs(page)
    _stops_and_resumes(page)
    expect(page.locator("[data-testid='stProgress']")).to_contain_text(
        "Finished", timeout=FINISH_MS
    )
    _visits_every_page(page, app)
    _downloads(page)
    assert outside == []
    _opens_the_report(page, outside)
    assert "Traceback" not in app.log.read_text()


@pytest.mark.slow
def test_a_real_log_at_quick(app: RunningApp, page: Page, shared_data: Path) -> None:
    """ml-100k as it is offered: nothing is set, and every page shows what was found."""
    page.goto(app.url)
    _uploads_and_saves(page, shared_data / "ml-100k.csv.gz", "movies")
    page.get_by_text(SEARCH_LINK).click()
    page.locator(".st-key-start_search button").click()
    expect(page.locator(CHART).first).to_be_visible()
    expect(page.locator("[data-testid='stProgress']")).to_contain_text(
        "Finished", timeout=REAL_FINISH_MS
    )
    _visits_every_page(page, app)
    _downloads(page)
    assert "Traceback" not in app.log.read_text()


def test_a_wrong_address_is_answered_in_words(app: RunningApp, page: Page) -> None:
    page.goto(f"{app.url}/architecture?run=r-nothere")
    expect(page.get_by_text("There is no run r-nothere in this workspace.")).to_be_visible()
    assert page.locator("[data-testid='stException']").count() == 0


def test_a_broken_file_is_one_line(app: RunningApp, page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1" + bytes(range(256)) * 4)
    page.goto(app.url)
    page.set_input_files(".st-key-upload_log input[type=file]", broken)
    expect(page.locator("[data-testid='stAlertContentError']")).to_have_count(1)
    assert page.locator("[data-testid='stException']").count() == 0
    assert page.locator(".st-key-save_scene").count() == 0


def _sees_a_sample_scene(page: Page, app: RunningApp) -> None:
    page.goto(app.url)
    expect(page.locator(CHART)).to_have_count(FEWEST_CHARTS[""] + 1)


def _run_of(page: Page) -> str:
    run = re.search(r"run=(r-[0-9a-f]+)", page.url)
    assert run is not None, page.url
    return run[1]


def _visits_every_page(page: Page, app: RunningApp) -> None:
    run = _run_of(page)
    for path, fewest in FEWEST_CHARTS.items():
        _visits(page, f"{app.url}/{path}?run={run}", path or "scenes", fewest)


def _uploads_and_saves(page: Page, log: Path, name: str) -> None:
    page.set_input_files(".st-key-upload_log input[type=file]", log)
    page.locator(".st-key-scene_name input").fill(name)
    page.locator(".st-key-scene_name input").press("Enter")
    page.locator(".st-key-save_scene button").click()
    expect(page.get_by_text(f"Scene {name} is saved.")).to_be_visible()
    assert f"scene={name}" in page.url


def _starts_with_few_epochs(page: Page) -> None:
    page.get_by_text(SEARCH_LINK).click()
    page.get_by_text("Advanced settings").click()
    for tab, (section, epochs) in EPOCHS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        field = page.locator(f".st-key-setting_{section}_epochs_quick_nextitnet input")
        field.fill(str(epochs))
        field.press("Enter")
    page.locator(".st-key-start_search button").click()
    expect(page.locator(".st-key-stop_search button")).to_be_visible()


def _stops_and_resumes(page: Page) -> None:
    # The first chart of a run appears while it goes on.
    expect(page.locator(CHART).first).to_be_visible()
    page.locator(".st-key-stop_search button").click()
    page.locator(".st-key-resume_search button").click()
    expect(page.locator(".st-key-resume_search")).to_have_count(0)


def _visits(page: Page, url: str, name: str, fewest_charts: int) -> None:
    page.goto(url)
    expect(page.locator("[data-testid='stMain'] h1")).to_be_visible()
    if fewest_charts:
        expect(page.locator(CHART).nth(fewest_charts - 1)).to_be_attached()
    if name == "try":
        expect(page.locator("[data-testid='stDataFrame']")).to_have_count(2)
    # The page scrolls inside itself, so only a tall window shows all of it.
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.wait_for_timeout(1500)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    page.set_viewport_size({"width": 1280, "height": 1000})
    assert page.locator("[data-testid='stException']").count() == 0, name
    assert page.locator("[data-testid='stAlertContentError']").count() == 0, name


def _downloads(page: Page) -> None:
    with page.expect_download() as download:
        page.locator(".st-key-download_zip button").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"student.onnx", "student.safetensors", "genotype.json", "items.parquet"} <= names


def _opens_the_report(page: Page, outside: list[str]) -> None:
    """The report, away from the app: its figures are drawn, and nothing is asked for."""
    with page.expect_download() as download:
        page.locator(".st-key-download_report button").click()
    path = ARTEFACTS / "report.html"
    download.value.save_as(path)
    outside.clear()
    page.goto(path.as_uri())
    expect(page.locator("figure .main-svg").first).to_be_visible()
    expect(page.locator(".modebar-btn").first).to_be_attached()
    expect(page.locator(".modebar-btn[data-title^='Share']")).to_have_count(0)
    assert outside == [path.as_uri()]
    page.screenshot(path=ARTEFACTS / "report.png", full_page=True)


def _note_outside(url: str, base: str, outside: list[str]) -> None:
    if not url.startswith((base, base.replace("http", "ws"), "data:", "blob:")):
        outside.append(url)
