"""What was measured, of one run and of many."""
