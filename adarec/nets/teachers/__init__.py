"""Heavy models. Each returns packed embeddings and hidden layers at real positions, and scores
items.
"""

from collections.abc import Callable
from typing import Any

from adarec import catalog
from adarec.nets.encoding import SequenceModel
from adarec.nets.registry import Registry
from adarec.nets.teachers import bert4rec, dt4sr, gru4rec, nextitnet, sasrec

TEACHERS: Registry[Callable[..., SequenceModel]] = Registry(
    "teacher", (entry.name for entry in catalog.TEACHERS)
)
TEACHERS.register("nextitnet")(nextitnet.NextItNet)
TEACHERS.register("sasrec")(sasrec.SASRec)
TEACHERS.register("bert4rec")(bert4rec.BERT4Rec)
TEACHERS.register("gru4rec")(gru4rec.GRU4Rec)
TEACHERS.register("dt4sr")(dt4sr.DT4SR)

SHAPE = ("num_blocks", "width", "num_heads", "num_layers", "attention")


def build_teacher(
    name: str, *, num_items: int, length: int, sizes: dict[str, Any], dropout: float
) -> SequenceModel:
    """The untrained teacher `name`.

    Args:
        name: A name of `catalog.TEACHERS`.
        num_items: V, PAD excluded.
        length: L, the most items of a history the teacher will see.
        sizes: `num_blocks`, `width`, `num_heads`, `num_layers` (the teacher layers offered to the
            student), and what the teacher alone needs for its shape (`attention`).
        dropout: Share of activations dropped in training.
    """
    return TEACHERS[name](num_items=num_items, length=length, dropout=dropout, **sizes)
