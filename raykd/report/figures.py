"""All figures; Figure 2 and the frontier of size and F1 are drawn here, the others in modules of their own."""

from raykd.report.aggregate_views import profile_figure, strata
from raykd.report.corpus_figure import corpus_figure
from raykd.report.figure import BLUE, RED, Figure, line_styles, new_canvas, style, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.learning_figure import learning_figure
from raykd.report.loss_curves import loss_figures
from raykd.report.probe_tables import conditions, first_latencies
from raykd.report.quantity_table import sweep_cells
from raykd.report.results import Results
from raykd.report.score_figures import ecdf_figure, strip_figure
from raykd.report.table import byte_unit, percent, records
from raykd.report.unseen import unseen_figure

WEIGHTS_STYLE = {"frozen": (BLUE, "o"), "fine-tuned": (RED, "^")}


def build_figures(inputs: ReportInputs, results: Results) -> dict[str, Figure]:
    """Slug -> figure, for those that this experiment has results for."""
    with style():
        figures = (
            corpus_figure(inputs),
            quantity_figure(inputs, results),
            learning_figure(inputs, results),
            *loss_figures(inputs),
            strip_figure(inputs, results),
            ecdf_figure(inputs, results),
            profile_figure(strata(inputs, results)),
            frontier_figure(inputs, results),
            unseen_figure(results.unseen),
        )
    return {figure.slug: figure for figure in figures if figure is not None}


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
    canvas, (axes,) = new_canvas(1, 1, 6.6, 3.6)
    axes.fill_between(amounts, mean - spread, mean + spread, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(amounts, mean, color=BLUE, marker="o", markersize=5, label=inputs.sweep.encoder)
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
        f"Figure 2. Quantity of training text against F1 on {where}, frozen encoders",
        f"Line of mean F1 in percent by training text: {steps}. Baselines, as horizontal lines: {against}.",
        to_svg(canvas),
        "Bands: one standard deviation over classifier seeds to either side.",
    )


def frontier_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """Size, and time where it is measured, against mean F1, one panel a task: up and to the left is better."""
    f1 = results.table_cells[results.table_cells["metric"] == "f1"]
    panels = [
        (task, measure, costs)
        for task in inputs.task_encoders
        for measure, costs in _costs(inputs).items()
        if ((f1["task"] == task) & f1["encoder"].isin(list(costs))).any()
    ]
    if not panels:
        return None
    columns = min(2, len(panels))
    canvas, grid = new_canvas(-(-len(panels) // columns), columns, 6.6, 2.7)
    shown, told = {}, []
    for axes, (task, measure, costs) in zip(grid, panels, strict=False):
        own = f1[(f1["task"] == task) & f1["encoder"].isin(list(costs))]
        means = own.groupby(["encoder", "weights"], sort=False)["mean"].mean().reset_index()
        for point in records(means):
            colour, marker = WEIGHTS_STYLE[point.weights]
            cost, score = costs[point.encoder], 100 * point.mean
            shown[point.weights] = axes.scatter(cost, score, s=34, color=colour, marker=marker)
            axes.annotate(point.encoder, (cost, score), (4, 4), textcoords="offset points", fontsize=7)
            told.append(f"{task} {point.encoder} {point.weights} {cost:.3g} {measure}, {score:.1f} %")
        axes.margins(x=0.35, y=0.15)
        axes.set_title(task)
        axes.set_xlabel(measure)
        axes.set_ylabel("mean F1 (%)")
    for axes in grid[len(panels) :]:
        axes.remove()
    canvas.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown))
    return Figure(
        "size-f1",
        "Size against F1" if inputs.latency.empty else "Size and time against F1",
        f"Mean F1 over languages by cost: {'; '.join(told)}.",
        to_svg(canvas),
        "Means over the languages that are scored. Parameters without the vocabulary head."
        + (" Time per text is not measured." if inputs.latency.empty else f" Times: {conditions(inputs.latency)}."),
    )


def _costs(inputs: ReportInputs) -> dict[str, dict[str, float]]:
    """What an encoder costs, by measure and encoder: its size, and a text's time in the smallest batch measured."""
    sizes = zip(inputs.encoders["encoder"], inputs.encoders["parameters"] / 1e6, strict=True)
    latency = first_latencies(inputs).drop_duplicates("encoder")
    costs = {"parameters (millions)": dict(sizes)}
    if not latency.empty:
        measure = f"milliseconds a text (batch {latency['batch'].iloc[0]})"
        costs[measure] = dict(zip(latency["encoder"], latency["median"], strict=True))
    return costs
