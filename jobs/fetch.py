"""Fetch the Stack Exchange archives of an experiment's `fetch` section; a transfer that broke off is resumed.

laptop   python jobs/fetch.py configs/td_fetched.yaml
Ray job  ray job submit --working-dir . -- python jobs/fetch.py configs/td_fetched.yaml fetch.directory=/shared/dumps
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/fetch.py configs/td_fetched.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("fetch", __doc__)
