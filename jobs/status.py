"""What of an experiment is done, running, failed or missing, who is at work on it, and the next command.

laptop   python jobs/status.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/status.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/status.py configs/td.yaml

It looks at storage alone, so it runs anywhere while the experiment does:
python jobs/status.py configs/td.yaml storage=s3://bucket/prefix
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("status", __doc__)
