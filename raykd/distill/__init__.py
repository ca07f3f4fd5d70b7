"""Teacher and token shards -> student. Everything here is plain torch but for `loader` and `trainer`, which use Ray."""
