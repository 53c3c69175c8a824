"""Adding a scene, choosing and keeping it, and what its log is like."""
