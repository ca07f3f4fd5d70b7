"""How far two encoders differ in where they put the senses of homonyms, word by word."""

import numpy as np
import pandas as pd

from raykd.report.figures.figure import BLUE, INK, ORANGE, WIDTH, Figure, dots, new_canvas, to_svg
from raykd.report.inputs import ReportInputs

COLOURS = {"general": ORANGE, "technical": BLUE}


def homonym_figure(inputs: ReportInputs) -> Figure | None:
    """Each word's cosine distance to its neighbour, first encoder minus second, a dot a sentence, by sense. Call inside
    `figure.style()`."""
    rows = inputs.homonym_shift
    rows = rows[rows["measure"] == "cosine"]
    if rows.empty:
        return None
    first, second = (str(rows[name].iloc[0]) for name in ("first_encoder", "second_encoder"))
    moved = rows.assign(moved=rows["first"] - rows["second"])
    labels = [*dict.fromkeys(zip(moved["language"], moved["word"], strict=True))]
    canvas, (axes,) = new_canvas(1, 1, WIDTH, 0.8 + 0.19 * len(labels))
    told = []
    for offset, (sense, colour) in zip((-0.14, 0.14), COLOURS.items(), strict=True):
        own = moved[moved["sense"] == sense]
        places = [labels.index(label) + offset for label in zip(own["language"], own["word"], strict=True)]
        dots(axes, own["moved"], places, colour)
        means = own.groupby(["language", "word"], sort=False)["moved"].mean()
        heights = [labels.index(label) + offset for label in means.index]
        axes.plot(means, heights, color=colour, marker="|", markersize=8, markeredgewidth=2, linestyle="", label=sense)
        told.append(f"{sense} {_in_words(means)}")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(labels)), [f"{word} ({language})" for language, word in labels], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(f"distance to the neighbour, {first} minus {second} (1: as unrelated sentences)")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Figure(
        "homonym-shift",
        f"Homonyms: {first} against {second}",
        f"Dots by word. Words whose mean is below 0, which {first} has nearer to the neighbour: {'; '.join(told)}.",
        to_svg(canvas),
        "A dot a sentence, a bar the mean of a word and sense; cosine distances, divided by each encoder's mean "
        f"between sentences of different words. Left of 0: nearer to its neighbour in {first}.",
    )


def _in_words(means: pd.Series) -> str:
    return f"{int(np.sum(means < 0))} of {len(means)}"
