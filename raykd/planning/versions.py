"""The version of every stage, which is part of the hash of what it makes.

A stage's number rises with every change after which the same settings and inputs give another output; moving or
renaming code leaves it. Results of another version have other hashes, so they are made anew.
"""

MASKING = 2  # corpus/privacy: what is taken for personal data, and part of the hash of what is masked
NAMES = 1  # corpus/privacy/names.py and prose.py: what of a pipeline's finds is masked, where `names` are looked for
TASKS = 5  # tasks/prepare.py
TEXTS = 3  # corpus/text_shards.py
TOKENIZERS = 1  # corpus/tokenizer.py
TRIMMED_TOKENIZERS = 1  # corpus/tokenizer_trimming.py
TOKENS = 2  # corpus/token_shards.py
TRAINED_ENCODERS = 3  # distill/ray_train/worker.py
TRIMMED_ENCODERS = 1  # distill/models/vocabulary_trimming.py
EXTENDED_ENCODERS = 1  # distill/models/placeholders.py
SCORES = 2  # evaluate/cell.py
EXPORTS = 3  # export/run.py
CLASSIFIED = 4  # evaluate/predict/job.py
PROBES = 1  # probe/run.py, homonyms
HOMONYM_SHIFTS = 1  # probe/run.py, between two encoders
SWEEP_DECISIONS = 1  # planning/sweep_rule.py
LATENCIES = 1  # probe/run.py
TRANSLATIONS = 1  # tasks/translation.py
REPORT = 10  # report/write.py
