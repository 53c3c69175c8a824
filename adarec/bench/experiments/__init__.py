"""What every experiment shares: cells that are runs, what is left of them, and running that."""
