"""The visitor's questions, each answered on one screen: asked of the example run, in a browser.

Each test reads what a visitor would read and leaves a picture of it in tests/artefacts/browser.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from adarec.bench import ui_browser
from adarec.bench.ui_browser import Visitor
from adarec.runs.records import EXAMPLE_RUN
from tests.browser.conftest import ARTEFACTS, ROOT, RunningApp

pytestmark = pytest.mark.browser

expect.set_options(timeout=120_000)  # a busy machine must not turn a test red

EXAMPLE = json.loads((ROOT / "sample_data" / "example" / "example.json").read_text("utf-8"))
RESULT = EXAMPLE["run"]["result"]
SCENE = RESULT["scene"]["name"]
START_PERCENT = 10  # where the slider on Trade-offs stands at first
LAST_USER, LAST_ITEM = "u450", "r079"
TALL = {"width": 1280, "height": 2600}
USUAL = {"width": 1280, "height": 1000}


@pytest.fixture(scope="module")
def someone(app: RunningApp, chromium: str) -> Iterator[Visitor]:
    """A visitor in a browser of their own."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    with ui_browser.chromium() as browser, ui_browser.visitor(browser, app.url) as found:
        yield found


def test_is_my_log_good_enough_and_what_kind_of_scene_is_it(someone: Visitor) -> None:
    page = someone.page
    someone.open("", scene=SCENE)
    quality = page.get_by_text("Quality of the log:")
    expect(quality).to_contain_text("rows kept")
    quality.click()
    expect_tables(page, 1)
    for fact in ("Users", "Items", "Interactions", "Median length", "Repeat share"):
        expect(page.get_by_test_id("stMetricLabel").get_by_text(fact, exact=True)).to_be_visible()
    expect_titles(
        page, "History lengths", "Item popularity", "Count baselines", f"{SCENE} beside other"
    )
    beside = chart(page, "beside_others")
    for part in ("drift", "popular items", "item after item", "cycle"):
        expect(beside).to_contain_text(part)
    look(page, "question-1-scene")


def test_why_this_cell(someone: Visitor) -> None:
    page = someone.page
    someone.open("architecture", run=EXAMPLE_RUN)
    expect_titles(page, "The cell that was found", "Receptive field", "Cost of one op")
    for edge in RESULT["student"]["genotype"]["edges"]:
        expect(chart(page, "cell")).to_contain_text(edge["op"])
    expect(chart(page, "op_curves")).to_contain_text(re.compile(r"input → 1: \w+ since \d+"))
    picture = chart(page, "op_heat_map")
    expect(picture).to_contain_text("epoch 8")
    page.locator(".st-key-epoch_slider input[type=range]").press("Home")
    expect(picture).to_contain_text("epoch 1")
    page.locator(".st-key-play_epochs button").click()
    expect(picture).to_contain_text("epoch 3")
    page.locator(".st-key-play_epochs button").click()
    look(page, "question-3-cell")


def test_what_did_each_student_layer_learn_from(someone: Visitor) -> None:
    page = someone.page
    someone.open("distillation", run=EXAMPLE_RUN)
    expect(page.get_by_text("Layer mapping: Earth Mover's Distance")).to_be_visible()
    expect_titles(
        page, "Layer mapping at epoch", "Distance of layers", "From teacher to student",
        "Weights of the student", "Weights of the teacher",
    )  # fmt: skip
    expect(page.locator(".sankey-node")).not_to_have_count(0)
    slider = page.locator(".st-key-epoch_slider input[type=range]").first
    slider.press("Home")
    for key in ("mapping", "distance", "flow"):
        expect(chart(page, key)).to_contain_text("epoch 1")
    page.get_by_role("radio", name="During the search").click()
    expect(slider).to_have_attribute("max", "7")  # the example's search took eight epochs
    someone.settle()
    slider.press("End")
    expect(chart(page, "mapping")).to_contain_text("epoch 8")
    look(page, "question-4-distillation")


def test_what_should_i_ship(someone: Visitor) -> None:
    page = someone.page
    someone.open("tradeoffs", run=EXAMPLE_RUN)
    plane = chart(page, f"frontier_{EXAMPLE_RUN}")
    for role in ("student", "teacher", "control", "count baseline", "fastest that qualifies"):
        expect(plane).to_contain_text(role)
    expect(page.get_by_text("Fastest student at most 10 % below its teacher")).to_be_visible()
    slider = page.locator(".st-key-at_most_below input[type=range]")
    teacher, student = (RESULT[role]["metrics"]["ndcg@10"] for role in ("teacher", "student"))
    percent = int(100 * (1 - student / teacher))  # a little less than the student loses
    assert 0 < percent < START_PERCENT
    for _ in range(START_PERCENT - percent):
        slider.press("ArrowLeft")
    below = f"at most {percent} % below"
    expect(page.get_by_text(f"Fastest student {below} its teacher")).to_be_visible()
    expect(page.get_by_text(f"{SCENE}: no student qualifies.")).to_be_visible()
    assert f"at_most_below={percent}" in page.url
    choose(page, "cost", "Parameters")
    expect(plane).to_contain_text("NDCG@10 against parameters")
    look(page, "question-5-ship")
    # The choice is in the address: a reload shows the same.
    page.reload()
    expect(plane).to_contain_text("NDCG@10 against parameters")
    expect(page.get_by_text(f"Fastest student {below}")).to_be_visible()


def test_does_it_recommend_sensible_things(someone: Visitor) -> None:
    page = someone.page
    someone.open("try", run=EXAMPLE_RUN)
    both = page.get_by_text("items are in both lists")
    expect(both).to_be_visible()
    expect(page.get_by_text("What came next, kept out of it:")).to_be_visible()
    expect_tables(page, 2)
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("ms")
    # Another user, by an id; then that history, item by item: both lists follow.
    page.locator(".st-key-find_user input").fill(LAST_USER)
    page.locator(".st-key-find_user input").press("Enter")
    page.wait_for_url(f"**history_user={LAST_USER}*")
    page.locator(".st-key-edit_history button").first.click()
    places = page.locator(".st-key-history_items").get_by_role("radio")
    expect(places).not_to_have_count(0)
    page.locator(".st-key-clear_history button").click()
    expect(page.get_by_text("Choose a user, or add items")).to_be_visible()
    found = page.locator(".st-key-found_items").get_by_role("radio")
    for count in (1, 2):
        found.first.click()
        expect(places).to_have_count(count)
    expect_tables(page, 2)
    # A swap: the first place gets an item that is searched by its id.
    places.first.click()
    expect(page.get_by_text("A click puts it in place 1")).to_be_visible()
    page.locator(".st-key-find_items input").fill(LAST_ITEM)
    expect(found).to_have_count(1)
    found.first.click()
    expect(places.first).to_contain_text(LAST_ITEM)
    expect(both).to_be_visible()
    look(page, "question-7-try")
    # The history is in the address: a reload shows the same.
    page.reload()
    expect(places.first).to_contain_text(LAST_ITEM)
    places.first.click()
    page.locator(".st-key-remove_place button").click()
    expect(places).to_have_count(1)
    page.locator(".st-key-undo_edit button").click()
    expect(places).to_have_count(2)
    expect(both).to_be_visible()


def test_how_do_i_take_it_with_me(someone: Visitor, app: RunningApp) -> None:
    page = someone.page
    someone.open("export", run=EXAMPLE_RUN)
    expect(page.get_by_text("python -m adarec search rhythm")).to_be_visible()
    look(page, "question-8-export")
    with page.expect_download() as download:
        page.locator(".st-key-download_zip button").click()
    content = io.BytesIO(download.value.path().read_bytes())
    with zipfile.ZipFile(content) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"student.onnx", "genotype.json", "items.parquet", "README.md"} <= names
    with page.expect_download() as download:
        page.locator(".st-key-download_report button").click()
    report = ARTEFACTS / "question-8-report.html"
    download.value.save_as(report)
    page.goto(report.as_uri())
    expect(page.locator("figure .main-svg").first).to_be_visible()
    assert page.get_by_text("Every number and its method").count() == 1
    assert app.log.read_text().count("Traceback") == 0


def test_a_view_is_a_link_that_survives_reload_and_the_back_button(someone: Visitor) -> None:
    page = someone.page
    someone.open("", scene="cycle")
    choose(page, "scene_picker", "echo")
    page.wait_for_url("**scene=echo*")
    page.reload()
    expect_titles(page, "echo beside other scenes")
    page.go_back()
    expect_titles(page, "cycle beside other scenes")
    assert "scene=cycle" in page.url
    page.go_forward()
    expect_titles(page, "echo beside other scenes")


def chart(page: Page, key: str) -> Locator:
    """The chart with that key, once it is drawn."""
    found = page.locator(f".st-key-{key}").first  # while it is drawn anew there may be two
    found.locator(".main-svg").first.wait_for()
    return found


def expect_tables(page: Page, count: int) -> None:
    """So many tables are drawn: a folded one is none."""
    expect(page.get_by_test_id("stDataFrame")).to_have_count(count)


def expect_titles(page: Page, *titles: str) -> None:
    """Charts whose titles begin like this are on the page."""
    for title in titles:
        expect(page.locator(".gtitle", has_text=title).first).to_be_visible()


def choose(page: Page, key: str, words: str) -> None:
    """Types `words` into the box `key` and takes the first entry that matches."""
    box = page.locator(f".st-key-{key} input").first
    box.click()
    box.fill(words)
    box.press("Enter")


def look(page: Page, name: str) -> None:
    """No exception is on the page; leaves its picture for a person to look at."""
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    # The page scrolls inside itself, so only a tall window shows all of it.
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    page.wait_for_timeout(1000)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    page.set_viewport_size(USUAL)  # type: ignore[arg-type]
