"""Label texts of any source: one frozen encoder, each text encoded once, and the heads of every task on its states.

laptop   python jobs/classify.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/classify.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/classify.py configs/td.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("classify", __doc__)
