"""Tables of the report, in every output format."""
