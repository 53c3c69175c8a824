"""What a log is like."""
