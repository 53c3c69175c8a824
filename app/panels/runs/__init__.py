"""Starting runs, watching, finding and keeping them, and what they found."""
