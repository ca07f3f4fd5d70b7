"""What the corpora are made of: bytes by corpus and language."""

from itertools import cycle

from raykd.report.figures.figure import BLUE, GREEN, ORANGE, PINK, RED, SKY, WIDTH, Figure, new_canvas, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.tables.table import in_order
from raykd.report.text.numbers import byte_unit, in_unit


def corpus_figure(inputs: ReportInputs) -> Figure | None:
    """One bar per corpus and language; the colours repeat what the labels say. Call inside `figure.style()`."""
    texts = inputs.texts
    if texts.empty:
        return None
    amounts = texts.groupby(["corpus", "language"])["bytes"].sum()
    unit, size = byte_unit(float(amounts.max()))
    colours = dict(zip(texts["corpus"].unique(), cycle((BLUE, ORANGE, GREEN, RED, SKY, PINK)), strict=False))
    bars = [
        (corpus, language, int(amounts[corpus, language]))
        for corpus in colours
        for language in in_order(texts.loc[texts["corpus"] == corpus, "language"], inputs.languages)
    ]
    canvas, (axes,) = new_canvas(1, 1, WIDTH, 0.7 + 0.24 * len(bars))
    for place, (corpus, _, amount) in enumerate(bars):
        axes.barh(place, amount / size, height=0.7, color=colours[corpus], linewidth=0)
        axes.annotate(
            in_unit(amount, size), (amount / size, place), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(range(len(bars)), [f"{corpus}, {language}" for corpus, language, _ in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.margins(x=0.1)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"text ({unit})")
    told = "; ".join(f"{corpus}, {language}: {in_unit(amount, size)} {unit}" for corpus, language, amount in bars)
    return Figure("corpus-composition", "Text by corpus and language", f"Bars of text: {told}.", to_svg(canvas))
