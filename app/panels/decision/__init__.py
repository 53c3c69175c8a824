"""Accuracy against cost, and what to ship."""
