"""Labelled text -> train, validation and test: the same rows for every encoder, seed and run."""
