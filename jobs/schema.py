"""Write the JSON schema of experiment files: with it, editors complete keys and check values.

laptop   python jobs/schema.py --output experiment.schema.json
Ray job  ray job submit --working-dir . -- python jobs/schema.py
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/schema.py

docs/experiment.md lists the same keys to read.
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("schema", __doc__)
