"""Make the encoders of an experiment: teachers pretrained here, encoders trained on, trimmed ones, students.

laptop   python jobs/distill.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/distill.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/distill.py configs/td.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("distill", __doc__)
