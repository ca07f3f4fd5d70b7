"""Any verb on a cluster: what the job needs travels, its lines are shown, and its exit status is this command's.

cluster  python jobs/submit.py pipeline configs/td.yaml
another  python jobs/submit.py --address http://localhost:8265 pipeline configs/td.yaml storage=s3://bucket/prefix
later    python jobs/submit.py --follow td-pipeline-20260102-030405
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("submit", __doc__)
