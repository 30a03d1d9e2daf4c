"""Text → JobSpec. Knows no media and starts nothing."""
