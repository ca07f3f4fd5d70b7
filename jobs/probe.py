"""Measure what scores do not tell of encoders: the time of a forward pass, and where homonyms lie.

laptop   python jobs/probe.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/probe.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/probe.py configs/td.yaml

Encoders are probed one after the other, since times are right only on a machine that does nothing else: run it alone.
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("probe", __doc__)
