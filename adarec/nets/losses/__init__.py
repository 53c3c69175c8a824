"""Task, embedding, hidden-layer, logit and efficiency losses. Each is a mean over real positions."""
