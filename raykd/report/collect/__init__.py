"""Every read of storage that the report makes."""
