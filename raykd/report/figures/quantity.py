"""Figure 2: training text against F1 (section 5)."""

from matplotlib.axes import Axes

from raykd.report.figures.figure import BLUE, INK, WIDTH, Figure, line_styles, new_canvas, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.quantity import sweep_cells
from raykd.report.tables.table import records
from raykd.report.text.numbers import byte_unit, percent


def quantity_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """Figure 2: training text against macro F1, mean and one standard deviation over classifier seeds."""
    cells = sweep_cells(inputs, results)
    cells = cells[cells["metric"] == "f1"].fillna({"standard_deviation": 0.0})
    points = cells[cells["bytes"].notna()].sort_values("bytes")
    if inputs.sweep is None or points.empty:
        return None
    unit, size = byte_unit(float(points["bytes"].max()))
    amounts = points["bytes"].to_numpy(float) / size
    mean, spread = (100 * points[name].to_numpy(float) for name in ("mean", "standard_deviation"))
    canvas, (axes,) = new_canvas(1, 1, WIDTH, 3.6)
    axes.fill_between(amounts, mean - spread, mean + spread, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(amounts, mean, color=BLUE, marker="o", markersize=5, label=inputs.sweep.encoder)
    fitted = _draw_fit(axes, results, size)
    baselines = list(records(cells[cells["bytes"].isna()]))
    # The first style is that of the sweep's own line.
    styles = line_styles([inputs.sweep.encoder, *(baseline.encoder for baseline in baselines)])
    for baseline in baselines:
        colour, line = styles[baseline.encoder]
        centre, half = 100 * baseline.mean, 100 * baseline.standard_deviation
        axes.axhspan(centre - half, centre + half, color=colour, alpha=0.10, linewidth=0)
        axes.axhline(centre, color=colour, linestyle=line, linewidth=1.5, label=baseline.encoder)
    axes.set_xlabel(f"training text ({unit})")
    axes.set_ylabel("F1 (%)")
    axes.set_xticks(amounts, [f"{amount:.3g}" for amount in amounts])
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    steps = ", ".join(f"{amount:.3g} {unit} {score:.1f}" for amount, score in zip(amounts, mean, strict=True))
    against = ", ".join(f"{baseline.encoder} {percent(baseline.mean)}" for baseline in baselines) or "none"
    where = f"{inputs.sweep.task} ({inputs.sweep.language})"
    return Figure(
        "figure2-quantity",
        f"Figure 2. Quantity of training text against F1 on {where}, {inputs.sweep.weights} encoders",
        f"Line of mean F1 in percent by training text: {steps}. Baselines, as horizontal lines: {against}.{fitted}",
        to_svg(canvas),
        "Bands: one standard deviation over classifier seeds to either side. Steps: the fit that only rises, with its "
        "95 % interval as bars; the triangle is where it comes within the margin of its top.",
    )


def _draw_fit(axes: Axes, results: Results, size: int) -> str:
    """The monotone fit and its plateau, and what they are in words."""
    found = results.quantities
    if found is None:
        return ""
    flat, sizes = found.plateau, found.curve.sizes / size
    axes.step(sizes, 100 * flat.fit, where="mid", color=INK, linewidth=1.0, label="monotone fit")
    if flat.noise.freedom:
        axes.vlines(sizes, 100 * flat.low, 100 * flat.high, color=INK, linewidth=0.8, alpha=0.7)
    place = list(found.curve.sizes).index(flat.start)
    axes.plot([sizes[place]], [100 * flat.fit[place]], color=INK, marker="^", markersize=7, linestyle="")
    steps = ", ".join(f"{amount:.3g} {100 * value:.1f}" for amount, value in zip(sizes, flat.fit, strict=True))
    return f" Monotone fit: {steps}; within the margin of its top from {sizes[place]:.3g} on."
