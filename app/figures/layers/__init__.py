"""Which teacher layer taught which student layer."""
