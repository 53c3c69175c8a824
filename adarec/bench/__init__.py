"""Measurements of the project itself: one file a `bench` mode, each answering one JSON object."""
