"""What is true of a file."""
