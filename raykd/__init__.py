"""Distil a large multilingual encoder into a small one on in-domain text, and prove that it is better there.

Text flows one way: corpora -> encoders -> scores -> report, and every result is a directory that names what
made it. Start with `raykd.config` (what an experiment is), then `raykd.plan` (what follows from it).
"""
