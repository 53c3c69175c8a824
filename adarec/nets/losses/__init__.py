"""Task, embedding, hidden, logit and efficiency losses, each a mean over real positions."""

# These register the mappings that `hidden` does not hold itself.
from adarec.nets.losses import adain, dfa, emd_paper, fixed_mappings

__all__ = ["adain", "dfa", "emd_paper", "fixed_mappings"]
