"""Names, versions and one-line descriptions of everything a form or the command line may offer.

Nothing here imports a numeric library. A version is part of the key of what a stage computes:
raise it when the
stage would compute something else from the same settings.
"""

from adarec.catalog.entries import Augmentation as Augmentation
from adarec.catalog.entries import E
from adarec.catalog.entries import Entry as Entry
from adarec.catalog.entries import LayerMapping as LayerMapping
from adarec.catalog.entries import Op as Op
from adarec.catalog.entries import Teacher as Teacher
from adarec.catalog.stages import NEVER_FRESH as NEVER_FRESH
from adarec.catalog.stages import STAGES as STAGES
from adarec.errors import RegistryError

BASELINE_TITLES = {
    "popularity": "popularity",
    "own_frequency": "own most frequent items",
    "last_item_transitions": "most often after the last item",
}

PARADIGMS = (
    Entry("source", "Source", "Labels and teacher on the source; the target is not used."),
    Entry("target", "Target", "Labels of the source; the teacher on the target's histories."),
    Entry("both", "Both", "Labels of the source; the teacher on both scenes."),
    Entry("warm", "Both, warm start", "As both, from a student that learned the source alone."),
)

TEACHERS = (
    Teacher("nextitnet", "NextItNet", "Stacked residual blocks of dilated causal convolutions."),
    Teacher("sasrec", "SASRec", "Causal self-attention over the history."),
    Teacher(
        "bert4rec",
        "BERT4Rec",
        "Self-attention, trained on masked items first, then causally on the next item.",
        own_settings=("masked_share", "mask_probability"),
    ),
    Teacher("gru4rec", "GRU4Rec", "Stacked residual gated recurrent layers over the history."),
    Teacher(
        "dt4sr",
        "DT4SR",
        "Self-attention with Gaussians for items and histories, scored by Wasserstein distance.",
        own_settings=("attention",),
    ),
)

ATTENTIONS = (
    Entry("dot", "Dot product", "Mean and covariance attend apart, by dot products (DT4SR)."),
    Entry(
        "wasserstein",
        "Wasserstein distance",
        "Near Gaussians attend to each other, one attention for both (STOSA).",
    ),
)

OPS = (
    Op(
        "conv3",
        "Convolution 3",
        "Causal convolution over the newest 3 items.",
        reach=2,
        parametric=True,
    ),
    Op(
        "conv5",
        "Convolution 5",
        "Causal convolution over the newest 5 items.",
        reach=4,
        parametric=True,
    ),
    Op("dilconv3", "Dilated convolution 3", "Every second of 5 items.", reach=4, parametric=True),
    Op("dilconv5", "Dilated convolution 5", "Every second of 9 items.", reach=8, parametric=True),
    Op(
        "maxpool3",
        "Max pooling 3",
        "Largest value of the newest 3 items.",
        reach=2,
        parametric=False,
    ),
    Op("avgpool3", "Average pooling 3", "Mean of the newest 3 items.", reach=2, parametric=False),
    Op("skip", "Skip", "Passes its input on unchanged.", reach=0, parametric=False),
    Op("zero", "Zero", "No connection.", reach=0, parametric=False),
)

MAPPINGS = (
    LayerMapping(
        "emd",
        "Earth Mover's Distance",
        "Optimal many-to-many layer mapping; layer weights move once an epoch.",
    ),
    LayerMapping(
        "emd-paper",
        "Earth Mover's Distance, as published (oscillates)",
        "Layer weights are replaced at every step and mostly jump between two states.",
    ),
    LayerMapping(
        "uniform", "Uniform", "Every student layer learns equally from every teacher layer."
    ),
    LayerMapping("left", "First layers", "Student layer i learns from teacher layer i."),
    LayerMapping(
        "right", "Last layers", "Student layers learn from the last teacher layers, in order."
    ),
    LayerMapping(
        "skip-left",
        "Evenly spaced from the first",
        "Every (T/S)-th teacher layer, starting with the first.",
    ),
    LayerMapping(
        "skip-right",
        "Evenly spaced to the last",
        "Every (T/S)-th teacher layer, ending with the last (TinyBERT's rule).",
    ),
    LayerMapping(
        "random",
        "Random",
        "Each student layer learns from one teacher layer, drawn once from the seed.",
    ),
    LayerMapping(
        "dfa",
        "Feature aggregation (DFA)",
        "Each student layer learns from a weighted sum of teacher layers; the weights are "
        "searched first.",
        section="dfa",
        stage="search_aggregation",
    ),
    LayerMapping(
        "adain",
        "Statistics judged by the teacher (AdaIN)",
        "Student layers take mean and deviation of teacher layers; the teacher judges what it "
        "makes of them.",
        section="adain",
        reads_distance=False,
    ),
    LayerMapping("none", "None", "No hidden-layer distillation.", reads_distance=False),
)

BLENDS = (
    Entry("none", "None", "The teacher is the net alone."),
    Entry(
        "counts",
        "Teacher",
        "The teacher mixes in last-item transitions and own frequency; the student learns both.",
    ),
    Entry(
        "hybrid",
        "Teacher and student",
        "The student learns from the net, and carries the counts in its own graph.",
    ),
)

AUGMENTATIONS = (
    Augmentation("none", "None", "Histories as they are.", teacher="nextitnet"),
    Augmentation(
        "asrep",
        "ASReP",
        "A SASRec trained on reversed histories writes pseudo-prior items in front of short ones; "
        "a SASRec teacher starts from its weights.",
        teacher="sasrec",
    ),
)

HIDDEN_DISTANCES = (
    Entry("mse", "Mean squared error", "Of layer-normed features; scale and offset don't matter."),
    Entry("kl", "KL divergence", "Of softmaxes over the channels, as published."),
)

COSTS = (
    Entry("latency", "Latency", "Milliseconds measured on this machine, one thread, one request."),
    Entry("flops", "Multiply-adds", "Multiply-adds of the body, no measurement needed."),
    Entry("params", "Parameters", "Parameters of the body, no measurement needed."),
)

PRESETS = (
    Entry("quick", "Quick", "Minutes: a small teacher, two cells."),
    Entry("standard", "Standard", "An hour or more: a 16-block teacher, four cells."),
    Entry("paper", "Paper", "The sizes of the paper; many hours without a GPU."),
)

OP_NAMES = tuple(op.name for op in OPS)


def find(entries: tuple[E, ...], name: str) -> E:
    """The entry called `name`.

    Raises:
        RegistryError: No entry has that name; the message lists those that exist.
    """
    for entry in entries:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise RegistryError(f"{name!r} is not in the catalogue. Known: {known}. Choose one of these.")


def stage_version(name: str) -> int:
    """The version of stage `name`, a part of every key it computes."""
    return find(STAGES, name).version


def baseline_title(name: str) -> str:
    """How pages, tables and verdicts name a count baseline."""
    return BASELINE_TITLES.get(name, name.replace("_", " "))
