"""Colours that mean the same thing on every page.

The op colours are Okabe and Ito's, which people with the common colour-vision deficiencies can
tell apart; ops of one family share a hue range (blues convolve, oranges convolve with gaps, green
and olive pool). Colour is never the only sign: roles also differ by marker, ops also by their
written name.
"""

OP_COLOURS = {
    "conv3": "#56B4E9",
    "conv5": "#0072B2",
    "dilconv3": "#E69F00",
    "dilconv5": "#D55E00",
    "maxpool3": "#009E73",
    "avgpool3": "#A9A12C",
    "skip": "#CC79A7",
    "zero": "#8C8C8C",
}
_SPARE_OP_COLOURS = ("#8B6FD1", "#B5651D", "#4C9F9F", "#C0504D", "#6B8E23")

ROLE_COLOURS = {
    "teacher": "#7686B0",
    "student": "#12909C",
    "control": "#B07AA1",
    "baseline": "#A08B6C",
}
ROLE_MARKERS = {"teacher": "square", "student": "circle", "control": "diamond", "baseline": "x"}

LOSS_COLOURS = {
    "loss": "#8C8C8C",
    "task_loss": "#0072B2",
    "embedding_loss": "#E69F00",
    "hidden_loss": "#009E73",
    "logit_loss": "#CC79A7",
    "efficiency_loss": "#D55E00",
    "alpha_loss": "#56B4E9",
    "masked_loss": "#A9A12C",
}

SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#A9A12C", "#8B6FD1")
ACCENT = "#0E7C86"
MARK = "#D1006C"  # frames what a picture points at; no op and no role has it
NEUTRAL = "#8C8C8C"
GRID = "rgba(140, 140, 140, 0.25)"
SEQUENTIAL = "Viridis"


def op_colour(name: str) -> str:
    """The colour of op `name`; one that the palette does not know yet gets a spare colour, always
    the same."""
    if name in OP_COLOURS:
        return OP_COLOURS[name]
    return _SPARE_OP_COLOURS[sum(name.encode()) % len(_SPARE_OP_COLOURS)]


def series_colour(index: int) -> str:
    """The colour of the series at place `index`, where the series have no meaning of their own."""
    return SERIES[index % len(SERIES)]


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour` (#RRGGBB)."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    # WCAG contrast: (1.05 / (L + .05)) against white equals ((L + .05) / .05) against black near
    # L = .18.
    return "#000000" if luminance > 0.18 else "#FFFFFF"


def faded(colour: str, opacity: float) -> str:
    """`colour` (#RRGGBB) with an opacity of 0 to 1, as plotly writes it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
