"""Archives from a web server to files that are whole."""
