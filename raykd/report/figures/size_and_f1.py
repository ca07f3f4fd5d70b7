"""What an encoder costs against what it scores: size, and time per text where it is measured."""

from raykd.report.figures.figure import BLUE, RED, Figure, panel_grid, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.encoders import conditions, first_latencies
from raykd.report.tables.table import records
from raykd.statistics.frontier import frontier

WEIGHTS_STYLE = {"frozen": (BLUE, "o"), "fine-tuned": (RED, "^")}


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
    canvas, grid = panel_grid(len(panels), 2, 2.7)
    shown, told, best = {}, [], []
    for axes, (task, measure, costs) in zip(grid, panels, strict=True):
        own = f1[(f1["task"] == task) & f1["encoder"].isin(list(costs))]
        means = own.groupby(["encoder", "weights"], sort=False)["mean"].mean().reset_index()
        for point in records(means):
            colour, marker = WEIGHTS_STYLE[point.weights]
            cost, score = costs[point.encoder], 100 * point.mean
            shown[point.weights] = axes.scatter(cost, score, s=34, color=colour, marker=marker)
            axes.annotate(point.encoder, (cost, score), (4, 4), textcoords="offset points", fontsize=7)
            told.append(f"{task} {point.encoder} {point.weights} {cost:.3g} {measure}, {score:.1f} %")
        for weights, own in means.groupby("weights", sort=False):
            points = {point.encoder: (float(costs[point.encoder]), float(point.mean)) for point in records(own)}
            names = frontier(points)
            colour, _ = WEIGHTS_STYLE[str(weights)]
            axes.plot(
                *zip(*((points[name][0], 100 * points[name][1]) for name in names), strict=True),
                color=colour,
                alpha=0.4,
            )
            best.append(f"{task} {weights} by {measure}: {', '.join(names)}")
        axes.margins(x=0.35, y=0.15)
        axes.set_title(task)
        axes.set_xlabel(measure)
        axes.set_ylabel("mean F1 (%)")
    canvas.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown))
    return Figure(
        "size-f1",
        "Size against F1" if inputs.latency.empty else "Size and time against F1",
        f"Mean F1 over languages by cost: {'; '.join(told)}.",
        to_svg(canvas),
        "Means over the languages that are scored. Parameters without the vocabulary head. Lines join the frontier, "
        f"encoders that no other equals at less cost: {'; '.join(best)}."
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
