"""Aggregate everything that an experiment has found so far into tables, figures and one HTML page.

laptop   python jobs/report.py configs/demo.yaml
Ray job  ray job submit --working-dir . -- python jobs/report.py configs/td.yaml --paper
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/report.py configs/td.yaml

--compare A B tests what B found against A, in the cells that both have; overrides apply to both configs:
python jobs/report.py --compare configs/td.yaml configs/ablation.yaml
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("report", __doc__)
