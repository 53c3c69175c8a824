"""The cell, the supernet that holds every candidate op, and the student derived from a genotype."""
