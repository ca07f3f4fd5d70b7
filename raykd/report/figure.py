"""A figure as SVG with its text alternative: the house style, and bytes that depend on the data alone."""

import io
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

# Okabe and Ito (2008): told apart with every common colour vision.
BLUE, ORANGE, GREEN, RED, SKY, PINK, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
)
INK, FAINT = "#333333", "#D9D9D9"

STYLE = {
    "svg.fonttype": "none",  # text stays text: small files, sharp at any size
    "svg.hashsalt": "raykd",
    "text.parse_math": False,  # an encoder's name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


@dataclass(frozen=True)
class Figure:
    """svg: the picture, on white; alt: what it shows, in words."""

    slug: str
    title: str
    alt: str
    svg: bytes
    note: str = ""


def new_canvas(rows: int, columns: int, width: float, row_height: float) -> tuple[Canvas, list[Axes]]:
    """A grid of axes, row by row; sizes in inches. Call inside `style()`."""
    canvas = Canvas(figsize=(width, rows * row_height), layout="constrained", facecolor="white")
    return canvas, [canvas.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]


def style() -> AbstractContextManager[None]:
    """The context in which a figure is drawn and saved; leaves matplotlib's settings as they were."""
    return matplotlib.style.context(["default", STYLE])


def to_svg(canvas: Canvas) -> bytes:
    """SVG without date or program version. Call inside `style()`."""
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
