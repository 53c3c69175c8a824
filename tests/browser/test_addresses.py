"""Every view is a link: the address shows it again, and the back button goes back by one."""

import re

import pytest
from playwright.sync_api import Page, expect

from adarec.bench.ui_browser import Visitor
from tests.browser.test_two_scenes import home, someone

__all__ = ["home", "someone"]

pytestmark = pytest.mark.browser


def go(page: Page, name: str) -> None:
    """To a page by the menu, until it is drawn."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_test_id("stSelectbox").first).to_be_visible()


def chosen_run(page: Page) -> str:
    return str(re.search(r"run=([\w-]+)", page.url)[1])  # type: ignore[index]


def test_the_back_button_goes_back_by_one_page(someone: Visitor) -> None:
    page = someone.page
    someone.open("architecture")
    run = chosen_run(page)
    for name in ("Distillation", "Trade-offs", "Export"):
        go(page, name)
        someone.settle()
        assert chosen_run(page) == run
    for name in ("Trade-offs", "Distillation", "Architecture"):
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        someone.settle()
        assert chosen_run(page) == run


def test_back_moves_the_box_of_scenes_too(someone: Visitor) -> None:
    page = someone.page
    someone.open("compare")
    tags = page.locator(".st-key-compared_scenes [data-tag]")
    expect(tags).to_have_count(2)
    left = tags.last.inner_text()
    tags.first.locator("button").click()
    expect(tags).to_have_count(1)
    page.wait_for_url(re.compile("[?&]scene="))  # the box changes before the address does
    someone.settle()
    page.reload()
    expect(tags).to_have_count(1)
    expect(tags).to_have_text(left)
    page.go_back()
    expect(tags).to_have_count(2)


def test_what_the_form_of_a_search_says_survives_a_reload(someone: Visitor) -> None:
    page = someone.page
    someone.open("search")
    page.locator(".st-key-search_preset").get_by_role("combobox").click()
    page.get_by_role("option", name="Standard").click()
    seed = page.locator(".st-key-search_seed input")
    seed.fill("7")
    seed.press("Enter")
    someone.settle()
    page.reload()
    expect(page.locator(".st-key-search_preset input").first).to_have_value("Standard")
    expect(seed).to_have_value("7")


def test_the_format_of_saved_figures_goes_from_page_to_page(someone: Visitor) -> None:
    page = someone.page
    someone.open("architecture")
    box = page.locator(".st-key-figure_format")
    box.get_by_role("radio", name="SVG").click()
    page.wait_for_url(re.compile("figure_format=SVG"))
    page.reload()
    expect(box.get_by_role("radio", name="SVG")).to_be_checked()
    go(page, "Distillation")
    someone.settle()
    expect(box.get_by_role("radio", name="SVG")).to_be_checked()
