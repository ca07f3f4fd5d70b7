"""Machine-translate the labelled rows of an experiment's `translate` section, for tasks to read; a rerun resumes.

laptop   python jobs/translate.py configs/cc.yaml
Ray job  ray job submit --working-dir . -- python jobs/translate.py configs/cc.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/translate.py configs/cc.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("translate", __doc__)
