"""SASRec (Kang and McAuley, ICDM 2018): causal self-attention, here pre-norm with full cross-
entropy.
"""

from adarec.nets.attention import AttentionModel


class SASRec(AttentionModel):
    """Nothing but the stack of causal attention blocks."""
