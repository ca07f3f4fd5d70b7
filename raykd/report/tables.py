"""All tables of the report, each built once."""

from raykd.report.aggregate_views import aggregate_table, strata
from raykd.report.comparison_tables import certainty_table, comparison_table
from raykd.report.corpus_tables import binary_label_table, corpus_table, label_table, split_table
from raykd.report.inputs import ReportInputs
from raykd.report.learning_tables import learning_table, reach_table
from raykd.report.paper_tables import difference_table, paper_gain_table, paper_table
from raykd.report.probe_tables import homonym_table, latency_table, sense_table
from raykd.report.quantity_table import quantity_table
from raykd.report.results import Results
from raykd.report.run_tables import encoder_table, stage_table
from raykd.report.score_tables import gain_table, score_table
from raykd.report.table import Table
from raykd.report.text_tables import drop_table, text_table, token_table
from raykd.report.unseen import unseen_table
from raykd.statistics.summary import AVERAGE_PRECISION


def build_tables(inputs: ReportInputs, results: Results) -> dict[str, Table]:
    """Slug -> table: Tables 1 to 8 of the paper, and beside them text, tests, stages and the paper's values."""
    tables = (
        text_table(inputs),
        drop_table(inputs),
        token_table(inputs),
        corpus_table(inputs),
        split_table(inputs),
        binary_label_table(inputs),
        label_table(inputs),
        encoder_table(inputs),
        latency_table(inputs),
        quantity_table(inputs, results),
        homonym_table(inputs),
        sense_table(inputs),
        score_table(inputs, results),
        certainty_table(results),
        gain_table(results),
        learning_table(results),
        reach_table(results),
        aggregate_table(strata(inputs, results), strata(inputs, results, AVERAGE_PRECISION)),
        unseen_table(results.unseen),
        comparison_table(results),
        stage_table(inputs),
        difference_table(inputs),
        paper_gain_table(inputs, results),
        paper_table(inputs, results),
    )
    return {table.slug: table for table in tables}
