"""The main job: sample data to write, archives to fetch or rows to translate, if the config asks for them, then
prepare, distill, sweep, evaluate, probe and report.

laptop   python jobs/pipeline.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/pipeline.py configs/td.yaml storage=s3://bucket/prefix
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/pipeline.py configs/td.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("pipeline", __doc__)
