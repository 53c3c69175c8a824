"""Task, embedding, hidden, logit and efficiency losses, each a mean over real positions."""
