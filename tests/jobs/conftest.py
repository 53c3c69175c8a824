"""The bench, for every test of this folder."""

from tests.jobs.bench import bench

__all__ = ["bench"]
