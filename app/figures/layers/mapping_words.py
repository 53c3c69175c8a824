"""What the charts of layers say, by the layer mapping that made their numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MappingWords:
    """Titles and explanations.

    Attributes:
        matrix_title, matrix: Of the mapping [S, T].
        field_of: What a field of the matrix is a share of.
        rows_are_shares: A row of the matrix is shown as shares that sum to 1.
        distance_title, distance: Of the distances [S, T].
        share_of: What a band of the flow is a share of.
        flow: Of the bands from teacher to student layers.
        weights: Of the layers' weights over the epochs, by role.
    """

    matrix_title: str
    matrix: str
    field_of: str
    distance_title: str
    distance: str
    share_of: str
    flow: str
    weights: dict[str, str]
    rows_are_shares: bool = False


_TRANSPORT_WEIGHTS = (
    "How much of the transport starts or ends at each {role} layer, mean of the epoch. With the "
    "default mapping (emd) they start equal and move once an epoch towards the layers that are "
    "cheap to match."
)
_TRANSPORT = MappingWords(
    matrix_title="Layer mapping",
    matrix=(
        "Share of the transport that moves from a teacher layer (column) to a student layer "
        "(row), mean of the epoch. The whole matrix sums to 100 %; a bright field means: this "
        "student layer learns from that layer."
    ),
    field_of="the flow",
    distance_title="Distance of layers",
    distance=(
        "Between student and teacher layer after projection, mean of the epoch: the mean squared "
        "difference after layer norm, or the KL divergence where the run asked for it "
        "(losses.hidden_distance). emd prefers small distances."
    ),
    share_of="transport",
    flow=(
        "The layer mapping as bands from teacher layers (left) to student layers (right); a "
        "band's width is its share of the transport. One student layer may learn from many "
        "teacher layers, and one teacher layer may teach many."
    ),
    weights={role: _TRANSPORT_WEIGHTS.format(role=role) for role in ("student", "teacher")},
)
_AGGREGATION = MappingWords(
    matrix_title="Aggregation weights",
    matrix=(
        "How much each teacher layer (column) weighs in the sum of layers that a student layer "
        "(row) learns from (DFA); each row sums to 100 %. The weights move while the aggregation "
        "is searched. The final student learns from the weights found, which then rest."
    ),
    field_of="the student layer's sum",
    rows_are_shares=True,
    distance_title="Distance of layers",
    distance=(
        "Between a student layer, after its own connector, and each teacher layer, mean of the "
        "epoch: the mean squared difference after layer norm, or the KL divergence where the run "
        "asked for it (losses.hidden_distance). The student learns from the weighted sum, not "
        "from these distances one by one."
    ),
    share_of="aggregations",
    flow=(
        "The aggregation weights as bands from teacher layers (left) to student layers (right); "
        "a band's width is the teacher layer's weight in the student layer's sum. All student "
        "layers count alike."
    ),
    weights={
        "student": "All student layers count alike in DFA's loss.",
        "teacher": (
            "How much each teacher layer weighs in all aggregations together. The weights start "
            "equal within each group and move while the aggregation is searched."
        ),
    },
)
_STATISTICS = MappingWords(
    matrix_title="Layer pairs",
    matrix=(
        "Which teacher layer (column) gives its statistics to which student layer (row): the last "
        "one of the student layer's group, the same to the end. The whole matrix sums to 100 %."
    ),
    field_of="the pairs",
    distance_title="Distance of statistics",
    distance=(
        "Between the statistics of a student layer after projection and those of a teacher "
        "layer, mean of the epoch. Statistics are mean and standard deviation of each channel "
        "over a history; 1 means: as far apart as the teacher layer's features are large."
    ),
    share_of="pairs",
    flow=(
        "The layer pairs as bands from teacher layers (left) to student layers (right). What a "
        "student layer takes over is mean and deviation, and the teacher judges what it makes "
        "of them."
    ),
    weights={
        "student": "All student layers count alike.",
        "teacher": "Teacher layers that give their statistics to a student layer count alike.",
    },
)
_WORDS = {"dfa": _AGGREGATION, "adain": _STATISTICS}


def mapping_words(mapping: str) -> MappingWords:
    """The words for what layer mapping `mapping` (a name of the catalogue) has recorded."""
    return _WORDS.get(mapping, _TRANSPORT)
