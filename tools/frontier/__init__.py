"""Encoder settings against each other: CPU time, likeness and size, on several kinds of pictures."""
