"""Distil one encoder on growing quantities of text and score each, to see how much is enough (paper, section 5).

laptop   python jobs/sweep.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/sweep.py configs/td_sweep.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/sweep.py configs/td_sweep.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("sweep", __doc__)
