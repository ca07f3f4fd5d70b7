"""What a file of one's own holds, and the experiment that follows from it."""

from raykd.inspection.experiment_file import experiment_yaml
from raykd.inspection.findings import Findings
from raykd.inspection.look import inspect
from raykd.inspection.table import findings_lines

__all__ = ["Findings", "experiment_yaml", "findings_lines", "inspect"]
