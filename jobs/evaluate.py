"""Score every encoder on every task: the grid encoder x language x frozen or fine-tuned, ten seeds a cell.

laptop   python jobs/evaluate.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/evaluate.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/evaluate.py configs/td.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("evaluate", __doc__)
