"""The torch side: teachers, supernet, student, losses, search, evaluation, export.

Knows no runs and no jobs.
"""

import os

# Read by the OpenMP library when torch loads it. Threads that spin while they wait take the
# processor from everybody else: beside one other busy process training became ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
