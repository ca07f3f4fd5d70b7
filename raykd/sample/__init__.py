"""Multilingual sample data in the real formats: technical posts, chat messages, general prose; made by rule.

    from raykd.sample import write_sample
    write_sample("/tmp/sample", seed=56, languages=["eng", "jpn"], technical=3_000_000, messages=1_000_000,
                 general=3_000_000)

Each language is one data file, languages/<ISO 639-3 code>.yaml (see load.Language); to add a language, add a file.
"""

from raykd.sample.load import LANGUAGES
from raykd.sample.write import SAMPLE_VERSION, SampleFile, SampleSummary, write_sample

__all__ = ["LANGUAGES", "SAMPLE_VERSION", "SampleFile", "SampleSummary", "write_sample"]
