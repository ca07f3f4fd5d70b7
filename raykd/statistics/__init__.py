"""From scores to tests and summaries: pure functions on arrays and frames, no files, no figures."""
