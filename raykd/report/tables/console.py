"""A report's table on a terminal or in a log."""

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from raykd.report.tables.table import Table

LOG_WIDTH = 140  # where there is no terminal


def show_table(table: Table, console: Console | None = None) -> None:
    """Print a table with its title; one without rows prints the reason why it is not there."""
    console = console or Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    if not table.rows:
        console.print(Text(f"{table.caption}: {table.absent}"))
        return
    shown = RichTable(title=Text(table.caption), title_justify="left", box=box.SIMPLE_HEAD)
    for place, name in enumerate(table.header):
        shown.add_column(Text(name), justify="left" if place < table.headings else "right")
    for row in table.rows:
        shown.add_row(*(Text(cell.text, style="bold" if cell.bold else "") for cell in row))
    console.print(shown)
