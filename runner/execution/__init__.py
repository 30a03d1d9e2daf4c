"""Plan → files: the one place that encodes, and writes outside the repository."""
