"""Frozen settings of the parts of a run: its models, its search, its losses."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# A step over all items takes as long as there are items; docs/experiments.md tells what a part
# of them saves and costs.
WHOLE_SOFTMAX = 50_000
USUALLY_SAMPLED = 10_000


class Settings(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TeacherSettings(Settings):
    """The heavy model and its training."""

    name: str = Field("nextitnet", description="Architecture of the teacher.")
    num_blocks: int = Field(8, ge=1, le=64, description="Residual, attention or recurrent blocks.")
    width: int = Field(128, ge=8, le=1024, description="Width of embeddings and hidden states.")
    num_heads: int = Field(
        2, ge=1, le=16, description="Attention heads (sasrec, bert4rec, dt4sr)."
    )
    num_layers: int = Field(4, ge=1, le=64, description="Hidden layers T offered to the student.")
    dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of activations dropped in training."
    )
    epochs: int = Field(20, ge=1, le=1000, description="Epochs at most.")
    patience: int = Field(
        3, ge=1, description="Epochs without a better validation NDCG@10 before stopping."
    )
    learning_rate: float = Field(1e-3, gt=0, lt=1, description="Peak learning rate.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW weight decay on matrices.")
    batch_positions: int = Field(1536, ge=64, description="Real positions in one step at most.")
    attention: Literal["dot", "wasserstein"] = Field(
        "dot", description="How positions attend to each other (dt4sr)."
    )
    masked_share: float = Field(
        0.25, ge=0, lt=1, description="Share of the epochs that train on masked items (bert4rec)."
    )
    mask_probability: float = Field(
        0.4, gt=0, lt=1, description="Share of items masked in those epochs (bert4rec)."
    )
    sampled_items: int | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="Items drawn to stand for all that no position of a batch has as its target; "
        f"0 = the loss is over all items; none = that, and {USUALLY_SAMPLED:,} beyond a catalogue "
        f"of {WHOLE_SOFTMAX:,} items.",
    )

    def for_catalogue(self, num_items: int) -> "TeacherSettings":
        """These settings with what a catalogue of this size usually draws, where nothing was
        asked for.
        """
        if self.sampled_items is not None:
            return self
        usual = USUALLY_SAMPLED if num_items > WHOLE_SOFTMAX else 0
        return self.model_copy(update={"sampled_items": usual})

    @property
    def unread(self) -> set[str]:
        """Settings that decide nothing here, and so are in no key."""
        return set() if self.sampled_items else {"sampled_items"}


class StudentSettings(Settings):
    """The searched model and its distillation."""

    num_cells: int = Field(2, ge=1, le=16, description="Cells in series (S student layers).")
    num_nodes: int = Field(3, ge=1, le=6, description="Nodes of a cell; 3 nodes have 6 edges.")
    width: int = Field(64, ge=8, le=512, description="Width of the student.")
    dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of activations dropped in training."
    )
    epochs: int = Field(12, ge=1, le=1000, description="Distillation epochs at most.")
    patience: int = Field(
        4, ge=1, description="Epochs without a better validation NDCG@10 before stopping."
    )
    learning_rate: float = Field(2e-3, gt=0, lt=1, description="Peak learning rate.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW weight decay on matrices.")
    batch_positions: int = Field(1536, ge=64, description="Real positions in one step at most.")


class SearchSettings(Settings):
    """The search for the cell."""

    epochs: int = Field(6, ge=1, le=1000, description="Search epochs.")
    warmup_epochs: int = Field(1, ge=0, description="Epochs in which alphas rest.")
    patience: int = Field(
        6,
        ge=1,
        le=1000,
        description="Epochs after the warm-up without a better validation NDCG@10 of the most "
        "probable ops before the search ends.",
    )
    learning_rate: float = Field(
        2e-3, gt=0, lt=1, description="Peak learning rate of the weights."
    )
    alpha_learning_rate: float = Field(
        3e-2, gt=0, lt=1, description="Learning rate of the alphas."
    )
    weight_decay: float = Field(0.01, ge=0, description="AdamW weight decay on matrices.")
    batch_positions: int = Field(1536, ge=64, description="Real positions in one step at most.")
    start_temperature: float = Field(
        2.0, ge=0.1, description="Gumbel temperature of the first epoch."
    )
    end_temperature: float = Field(
        0.3, ge=0.1, description="Gumbel temperature of the last epoch."
    )
    efficiency_share: float = Field(
        0.1,
        ge=0,
        description="Cost term as a share of the loss at the start; it presses only while the "
        "expected cost is over the limit.",
    )
    candidates: int = Field(
        24, ge=1, le=1000, description="Genotypes drawn from the alphas at the end of the search."
    )
    evolved: int = Field(
        160,
        ge=0,
        le=10_000,
        description="Genotypes evolved from these, at most; fewer on large scenes.",
    )
    finalists: int = Field(
        4,
        ge=1,
        le=32,
        description="First genotypes of the ranking (see ties) that are distilled for a short "
        "time, to choose one; 1 = the first is chosen.",
    )
    finalist_epochs: int = Field(
        1, ge=1, le=100, description="Distillation epochs of each finalist."
    )
    order: Literal["alternate", "joint"] = Field(
        "alternate",
        description="Steps on the architecture slice move the alphas alone (alternate), or alphas "
        "and weights by one gradient (joint, as published).",
    )

    alphas: Literal["shared", "per-cell"] = Field(
        "shared",
        description="One set of alphas, so that all cells are alike (shared), or a set for each "
        "cell of the stack (per-cell).",
    )

    ties: Literal["accuracy", "capacity"] = Field(
        "capacity",
        description="Of cells that the slice cannot tell apart, those come first that have most "
        "parameters within the limit (capacity), or that are best for users of the whole scene "
        "(accuracy).",
    )

    plain_stack: bool = Field(
        True,
        description="The plain stack of convolutions with most parameters within the limit is "
        "validated and, where several are, always among the finalists.",
    )

    drawn_finalists: int = Field(
        4,
        ge=0,
        le=32,
        description="Finalists besides, where several are: drawn at random among all cells that "
        "cost between 80 and 100 % of the limit, whatever is predicted of them.",
    )

    @property
    def unread(self) -> set[str]:
        """Settings that decide nothing here, and so are in no key."""
        usual = {
            "order": "alternate",
            "alphas": "shared",
            "ties": "accuracy",
            "plain_stack": False,
            "drawn_finalists": 0,
        }
        unread = {name for name, value in usual.items() if getattr(self, name) == value}
        alone = {"finalist_epochs", "drawn_finalists"} if self.finalists == 1 else set()
        in_motion = self.epochs - min(self.warmup_epochs, self.epochs - 1)
        return unread | alone | ({"patience"} if in_motion <= self.patience else set())


class LossSettings(Settings):
    """Factors of the losses, the layer mapping and its distance, and what is distilled."""

    mapping: str = Field("emd", description="How teacher layers are mapped to student layers.")
    task: float = Field(0.3, ge=0, description="Factor of the next-item cross-entropy.")
    embedding: float = Field(0.2, ge=0, description="Factor of the embedding distillation.")
    hidden: float = Field(0.5, ge=0, description="Factor of the hidden-layer distillation.")
    logit: float = Field(1.0, ge=0, description="Factor of the logit distillation.")
    distill_temperature: float = Field(
        1.0, gt=0, le=20, description="Softens teacher and student logits."
    )
    hidden_distance: Literal["mse", "kl"] = Field(
        "mse", description="Distance between a student layer and a teacher layer."
    )
    logits: Literal["full", "sampled"] = Field(
        "full", description="Distil the logits of all items, or of the best and of sampled ones."
    )
    top_items: int = Field(
        100, ge=1, le=100_000, description="The teacher's best items at a position (sampled)."
    )
    sampled_items: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="Items drawn to stand for all others, anew for each batch (sampled).",
    )

    teacher_precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="What the teacher's matrix products are computed in while it teaches: "
        "bfloat16 is faster on processors that multiply it (AVX-512 BF16, AMX) and slower on "
        "others; the student learns in float32.",
    )
    leave_one_out: bool = Field(
        True,
        description="Where a teacher blended with counts teaches, the pair that a student learns "
        "is left out of the counts: it would be most of an answer for a rare item.",
    )

    @property
    def unread(self) -> set[str]:
        """Settings that decide nothing here, and so are in no key: how items are drawn where none
        is, and the usual precision.
        """
        unread = {"logits", "top_items", "sampled_items"} if self.logits == "full" else set()
        return unread | ({"teacher_precision"} if self.teacher_precision == "float32" else set())


class AugmentSettings(Settings):
    """Pseudo-prior items in front of short histories."""

    name: str = Field("none", description="How short histories are lengthened.")
    longest: int = Field(
        18, ge=1, le=512, description="Longest training history that is lengthened, at most to L."
    )
    items: int = Field(15, ge=0, le=512, description="Pseudo-prior items a history at most.")
    epochs: int = Field(20, ge=1, le=1000, description="Epochs of the reverse model at most.")
    warm_start: bool = Field(
        True, description="A sasrec teacher starts from the reverse model's weights."
    )
    train_on_pseudo: bool = Field(
        False, description="Pseudo-prior items are targets too, as published."
    )


class DfaSettings(Settings):
    """The search for the weights of teacher layers (dfa); its student steps as the supernet."""

    window: Literal["group", "all"] = Field(
        "group", description="Teacher layers open to a student layer: its group of them, or all."
    )
    epochs: int = Field(4, ge=1, le=1000, description="Epochs of the search for the weights.")
    warmup_epochs: int = Field(1, ge=0, description="Epochs in which the weights rest.")
    # The usual 3e-4 is for hundreds of epochs: in four of them Adam would move no weight by .1.
    layer_learning_rate: float = Field(
        1e-2, gt=0, lt=1, description="Learning rate of the weights of teacher layers."
    )
    student_to_teacher: float = Field(
        1.0, ge=0, description="Pull towards what the student can match."
    )
    teacher_to_student: float = Field(
        1.0, ge=0, description="Pull towards what helps to predict the next item."
    )


class AdainSettings(Settings):
    """The distillation of statistics (mapping adain)."""

    weight: float = Field(1.0, ge=0, description="Factor of what the teacher makes of them.")
