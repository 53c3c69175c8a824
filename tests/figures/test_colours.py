"""Colours mean one thing each, and can be read."""

import tomllib
from pathlib import Path

import pytest

from adarec import catalog
from app.figures import colours
from app.figures.learning.loss_curves import LOSS_TITLES

CONFIG = Path(colours.__file__).parents[1] / ".streamlit" / "config.toml"


def test_every_op_of_the_catalogue_has_a_colour_of_its_own() -> None:
    assert set(colours.OP_COLOURS) >= set(catalog.OP_NAMES)
    assert len(set(colours.OP_COLOURS.values())) == len(colours.OP_COLOURS)


def test_roles_differ_in_colour_and_in_shape() -> None:
    assert set(colours.ROLE_COLOURS) == set(colours.ROLE_MARKERS)
    assert len(set(colours.ROLE_MARKERS.values())) == len(colours.ROLE_MARKERS)


def test_every_loss_has_a_colour() -> None:
    assert set(LOSS_TITLES) == set(colours.LOSS_COLOURS)


def test_losses_and_series_share_no_colour_with_ops_and_roles() -> None:
    meanings = [colours.OP_COLOURS, colours.ROLE_COLOURS, colours.LOSS_COLOURS]
    shown = [colour for each in meanings for colour in each.values()] + list(colours.SERIES)
    shared = {colour for colour in shown if shown.count(colour) > 1}
    assert shared == set()


def test_losses_and_series_differ_by_marker_too() -> None:
    assert set(colours.LOSS_MARKERS) == set(colours.LOSS_COLOURS)
    assert len(set(colours.LOSS_MARKERS.values())) == len(colours.LOSS_MARKERS)
    assert len(set(colours.SERIES_MARKERS)) == len(colours.SERIES) == len(colours.SERIES_MARKERS)


@pytest.mark.parametrize("page", ["#FFFFFF", "#171614"])
def test_curves_stand_out_from_the_page(page: str) -> None:
    curves = [*colours.LOSS_COLOURS.values(), *colours.SERIES]
    assert [colour for colour in curves if _contrast(colour, page) < 3] == []


@pytest.mark.parametrize("percent", range(0, 101, 5))
def test_a_number_in_a_field_of_a_heat_map_can_be_read(percent: int) -> None:
    field = colours.on_scale(percent / 100)
    assert _contrast(field, colours.text_on(field)) >= 4.5


def test_an_unknown_op_keeps_its_spare_colour() -> None:
    assert colours.op_colour("attention") == colours.op_colour("attention")


@pytest.mark.parametrize("colour", [*colours.OP_COLOURS.values(), colours.ACCENT])
def test_text_on_a_colour_reaches_the_wcag_ratio_for_bold_text(colour: str) -> None:
    assert _contrast(colour, colours.text_on(colour)) >= 4.5


# Streamlit's page and its second background (sidebar, fields), and what style.css writes on the
# accent.
@pytest.mark.parametrize(
    ("theme", "others"),
    [("light", ("#FFFFFF", "#F0F2F6", "#E1EBEB")), ("dark", ("#0E1117", "#262730", "#04181A"))],
)
def test_the_accent_can_be_read_as_text_and_below_text(theme: str, others: tuple[str]) -> None:
    config = CONFIG.read_text(encoding="utf-8")
    accent = tomllib.loads(config)["theme"][theme]["primaryColor"]
    assert [other for other in others if _contrast(accent, other) < 4.5] == []


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
