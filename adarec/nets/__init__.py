"""The torch side: teachers, supernet, student, losses, search, evaluation, export. Knows no runs
and no jobs.
"""
