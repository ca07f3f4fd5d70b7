"""Look at a file of your own (CSV, TSV, JSON lines, parquet, text, a folder) and write an experiment that runs on it.

laptop   python jobs/init.py my_messages.csv
Ray job  ray job submit --working-dir . -- python jobs/init.py /shared/my_messages.csv --output /shared/mine.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/init.py s3://bucket/mine.parquet

It asks nothing, says what it saw and writes <name>.yaml, small and commented, for the pipeline to run.
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("init", __doc__)
