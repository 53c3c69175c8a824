"""One file a page: choose, ask, draw. The list of them is app/navigation.py."""
