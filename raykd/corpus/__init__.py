"""Sources -> clean, de-duplicated, ranked text; text -> token shards. Streamed by Ray Data."""
