"""A history and what teacher and student recommend for it."""
