"""Read and clean the corpora, build the tasks, train and trim tokenizers, write token shards.

laptop   python jobs/prepare.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/prepare.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/prepare.py configs/td.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("prepare", __doc__)
