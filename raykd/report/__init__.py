"""From an experiment's results to tables, figures and one self-contained page."""
