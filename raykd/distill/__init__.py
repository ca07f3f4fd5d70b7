"""Teacher and token shards -> student. Everything here is plain torch but for `ray_train`, which uses Ray."""
