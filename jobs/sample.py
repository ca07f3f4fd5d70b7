"""Write the sample data of an experiment: Posts.xml, customer messages and general text, the same bytes each time.

laptop   python jobs/sample.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/sample.py configs/demo.yaml sample.directory=/shared/sample
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/sample.py configs/demo.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("sample", __doc__)
