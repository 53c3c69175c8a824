"""Curves over epochs."""
