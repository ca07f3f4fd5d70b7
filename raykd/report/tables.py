"""All tables of the report, each built once."""

from raykd.report.comparison_tables import certainty_table, comparison_table
from raykd.report.corpus_tables import binary_label_table, corpus_table, label_table, split_table
from raykd.report.inputs import ReportInputs
from raykd.report.quantity_table import quantity_table
from raykd.report.results import Results
from raykd.report.run_tables import encoder_table, stage_table
from raykd.report.score_tables import gain_table, score_table
from raykd.report.table import Table
from raykd.report.text_tables import drop_table, text_table, token_table


def build_tables(inputs: ReportInputs, results: Results) -> dict[str, Table]:
    """Slug -> table: corpus text, Tables 1, 2, 3, 4, 6 and 8 of the paper, how sure, gains, tests, encoders, stages."""
    tables = (
        text_table(inputs),
        drop_table(inputs),
        token_table(inputs),
        corpus_table(inputs),
        split_table(inputs),
        binary_label_table(inputs),
        label_table(inputs),
        quantity_table(inputs, results),
        score_table(inputs, results),
        certainty_table(results),
        gain_table(results),
        comparison_table(results),
        encoder_table(inputs),
        stage_table(inputs),
    )
    return {table.slug: table for table in tables}
