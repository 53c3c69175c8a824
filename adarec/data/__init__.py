"""Interaction logs: formats, ingest, vocabulary, split, sequences, statistics, count baselines."""
