"""A table as CSV, Markdown and LaTeX. The page's HTML comes from the same `Table` through its template."""

from typing import Any

from raykd.report.tables.table import Table, TableCell
from raykd.report.text.numbers import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # with which a spreadsheet's formulas may begin (OWASP: CSV injection)
MARKDOWN_SPECIAL = "\\`*_{}[]|#~$"
LATEX_SPECIAL = {
    **{character: f"\\{character}" for character in "{}$&#%_"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
    "[": "{[}",  # at the start of a row it would be read as the optional argument of the \\ before it
    "–": "--", "−": "$-$", "≥": r"$\ge$", "±": r"$\pm$", "·": r"$\cdot$", "×": r"$\times$", "↓": r"$\downarrow$",
    "†": r"$\dagger$", "‡": r"$\ddagger$", "§": r"\S{}", "¶": r"\P{}", "‖": r"$\|$",
    "³": "$^3$", "⁶": "$^6$", "⁹": "$^9$", "“": "``", "”": "''",
}  # fmt: skip


def every_format(table: Table) -> dict[str, str]:
    """File ending -> the table in that format."""
    return {"csv": csv(table), "md": markdown(table), "tex": latex(table)}


def csv(table: Table) -> str:
    """The raw numbers at full precision, in long form. Names that a spreadsheet would compute begin with a quote."""
    return table.raw.map(_no_formula).rename(columns=_no_formula).to_csv(index=False, lineterminator="\n")


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def markdown(table: Table) -> str:
    """A pipe table with its caption above and its notes below."""

    def cell(value: TableCell) -> str:
        text = markdown_text(value.text)
        return (f"**{text}**" if value.bold else text) + markdown_text(value.marks)

    def line(values: list[str]) -> str:
        return f"| {' | '.join(values)} |"

    numbers = len(table.header) - table.headings
    lines = [
        f"**{markdown_text(table.caption)}**\n",
        line([markdown_text(name) for name in table.header]),
        line(["---"] * table.headings + ["---:"] * numbers),
        *(line([cell(value) for value in row]) for row in table.rows),
        *(f"\n{markdown_text(note)}" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def latex(table: Table) -> str:
    """A booktabs table: \\usepackage{booktabs}, UTF-8."""
    columns = "l" * table.headings + "r" * (len(table.header) - table.headings)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_text(table.title)}}}",
        rf"\label{{tab:{table.slug}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(latex_text(name) for name in table.header) + r" \\",
        r"\midrule",
    ]
    above: list[str] = [""] * table.groups
    for position, row in enumerate(table.rows):
        names = [value.text for value in row[: table.groups]]
        changed = next((i for i, (name, last) in enumerate(zip(names, above, strict=True)) if name != last), None)
        if position and changed is not None:
            lines.append(r"\addlinespace")
        # A group's name stands on its first row only.
        shown = [TableCell("")] * (table.groups if changed is None else changed)
        lines.append(" & ".join(_latex_cell(value) for value in (*shown, *row[len(shown) :])) + r" \\")
        above = names
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip\footnotesize {latex_text(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def markdown_text(text: str) -> str:
    """Escapes what Markdown, and the HTML that it lets through, would read as markup."""
    one_line = " ".join(visible(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in MARKDOWN_SPECIAL else character for character in one_line)


def latex_text(text: str) -> str:
    return "".join(LATEX_SPECIAL.get(character, character) for character in " ".join(visible(text).split()))


def _latex_cell(value: TableCell) -> str:
    text = latex_text(value.text)
    marks = rf"\textsuperscript{{{latex_text(value.marks)}}}" if value.marks else ""
    return (rf"\textbf{{{text}}}" if value.bold else text) + marks
