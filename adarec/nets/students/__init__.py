"""The cell, the supernet that holds every candidate op, and the derived student."""
