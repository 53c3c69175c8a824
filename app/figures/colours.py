"""Colours that mean the same thing on every page.

The op colours are Okabe and Ito's, which people with the common colour-vision deficiencies can
tell apart; ops of one family share a hue range (blues convolve, oranges convolve with gaps, green
and olive pool). Colour is never the only sign: roles also differ by marker, ops also by their
written name.
"""

from plotly.colors import sample_colorscale

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

# Losses stand beside ops on the Search page, so they share no colour with them; they differ by
# marker, too. All of them keep a contrast of 3 to a white and to a dark page.
LOSS_COLOURS = {
    "loss": "#808080",
    "task_loss": "#4A7FC1",
    "embedding_loss": "#B8741A",
    "hidden_loss": "#2E9A5B",
    "logit_loss": "#B45FBF",
    "efficiency_loss": "#D0504A",
    "alpha_loss": "#2F97A8",
    "masked_loss": "#8A8A2E",
    "pseudo_loss": "#8E6BC8",
    "learnability_loss": "#6F8A99",
    "expressivity_loss": "#C4607A",
}
LOSS_MARKERS = {
    "loss": "circle-open",
    "task_loss": "circle",
    "embedding_loss": "square",
    "hidden_loss": "diamond",
    "logit_loss": "triangle-up",
    "efficiency_loss": "x",
    "alpha_loss": "star",
    "masked_loss": "triangle-down",
    "pseudo_loss": "pentagon",
    "learnability_loss": "hexagon",
    "expressivity_loss": "bowtie",
}

# Series without a meaning of their own, such as layers: again none of an op's or a role's colours.
SERIES = ("#6A7FDB", "#C27A3A", "#3F9E6E", "#C05C8E", "#8C8A33", "#4F96B8", "#A973D9", "#B5655B")
SERIES_MARKERS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "x",
    "star",
    "triangle-down",
    "cross",
)
ACCENT = "#0E7C86"
MARK = "#D1006C"  # frames what a picture points at; no op and no role has it
NEUTRAL = "#8C8C8C"
GRID = "rgba(140, 140, 140, 0.25)"
SEQUENTIAL = "Viridis"
DIVERGING = "RdBu"  # around zero: red is a loss, blue a gain


def op_colour(name: str) -> str:
    """The colour of op `name`; one that the palette does not know yet gets a spare colour, always
    the same."""
    if name in OP_COLOURS:
        return OP_COLOURS[name]
    return _SPARE_OP_COLOURS[sum(name.encode()) % len(_SPARE_OP_COLOURS)]


def series_colour(index: int) -> str:
    """The colour of the series at place `index`, where the series have no meaning of their own."""
    return SERIES[index % len(SERIES)]


def series_marker(index: int) -> str:
    """The marker of the series at place `index`, its second sign beside the colour."""
    return SERIES_MARKERS[index % len(SERIES_MARKERS)]


def on_scale(share: float, scale: str = SEQUENTIAL) -> str:
    """The colour (#RRGGBB) of a heat map in the colours `scale` at `share` 0 to 1 of its range."""
    (colour,) = sample_colorscale(scale, [share], colortype="tuple")
    return "#" + "".join(f"{round(255 * part):02X}" for part in colour)


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
