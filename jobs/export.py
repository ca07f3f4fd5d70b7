"""Export frozen encoders with the heads of their tasks: one ONNX graph each, in int8 where that changes nothing.

laptop   python jobs/export.py configs/demo.yaml export.quantization=dynamic
Ray job  ray job submit --working-dir . -- python jobs/export.py configs/td.yaml
cluster  ray job submit --address http://localhost:8265 --working-dir . -- python jobs/export.py configs/td.yaml

docs/export.md tells how the results are loaded by onnxruntime, sentence-transformers and transformers.
"""

from raykd.jobs.command_line import script

if __name__ == "__main__":
    script("export", __doc__)
