"""Token shards to masked, packed micro-batches, the same for any number of workers."""
