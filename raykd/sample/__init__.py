"""Multilingual sample data in the real formats: technical posts, chat messages, general prose; made by rule.

    from raykd.sample import write_sample
    write_sample("/tmp/sample", seed=56, languages=["eng", "jpn"], technical=3_000_000, messages=1_000_000,
                 general=3_000_000)

A language is a package here (english, japanese, spanish, portuguese, russian) that holds one record of patterns (see
language.Language).
"""

from raykd.sample.write import LANGUAGES, SAMPLE_VERSION, SampleFile, SampleSummary, write_sample

__all__ = ["LANGUAGES", "SAMPLE_VERSION", "SampleFile", "SampleSummary", "write_sample"]
