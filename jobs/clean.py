"""List what lies on an experiment's storage that no current name refers to, scratch and old checkpoints; remove it.

laptop   python jobs/clean.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/clean.py configs/td.yaml --yes
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/clean.py configs/td.yaml

Current are the names in experiment.json, which the last `prepare` wrote, and those of the config given here. Nothing
is removed without --yes, nor while a driver is at work: it holds the experiment's lease.
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("clean", __doc__)
