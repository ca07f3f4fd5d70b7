"""Sources -> clean, de-duplicated, shuffled text; text -> token shards. Streamed by Ray Data."""
