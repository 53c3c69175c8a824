"""The cells that searches found: one, two, and those of all scenes."""
