"""Cells, their ops and what these cost."""
