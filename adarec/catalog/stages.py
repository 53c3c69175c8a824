"""The stages that runs are made of, in the order of a run."""

from adarec.catalog.entries import Stage

STAGES = (
    Stage("ingest", "Read the log", "Reads, cleans and splits an interaction log.", version=1),
    Stage(
        "augment_scene",
        "Augment short histories",
        "Writes pseudo-prior items in front of short histories.",
        version=1,
    ),
    Stage(
        "train_teacher",
        "Train the teacher",
        "Trains the heavy model on all training prefixes.",
        version=1,
    ),
    Stage(
        "blend_counts",
        "Blend with counting",
        "Chooses on the validation item how much of two count baselines to mix in.",
        version=1,
    ),
    Stage(
        "measure_costs",
        "Measure op costs",
        "Times every candidate op and the teacher on this machine.",
        version=1,
    ),
    Stage(
        "search_student",
        "Search the cell",
        "Learns which op each edge of the cell should carry.",
        version=3,
    ),
    Stage(
        "search_aggregation",
        "Search the aggregation",
        "Learns how much of each teacher layer a student layer should learn from (DFA).",
        version=2,
    ),
    Stage(
        "distill_student",
        "Distil the student",
        "Trains the found student from the teacher.",
        version=1,
    ),
    Stage(
        "measure_hand_made",
        "Measure hand-made students",
        "Times GRU and SASRec students of several widths.",
        version=5,
    ),
    Stage(
        "match_cells",
        "Match cells of equal cost",
        "Times random cells or plain stacks beside the found student.",
        version=1,
    ),
    Stage(
        "distill_control",
        "Distil a control",
        "Trains a random, all-skip or hand-made student the same way.",
        version=2,
    ),
    Stage(
        "measure",
        "Measure",
        "Reads the test items once; times teacher and student in turn.",
        version=3,
    ),
    Stage(
        "measure_controls",
        "Measure the controls",
        "The same measurement for the controls.",
        version=3,
    ),
    Stage(
        "join_vocabulary",
        "Join the vocabularies",
        "Gives the items of two scenes one numbering.",
        version=1,
    ),
    Stage(
        "train_student",
        "Train without a teacher",
        "Trains the found student on labels alone, from fresh weights.",
        version=1,
    ),
    Stage(
        "adapt_scene",
        "Adapt the student",
        "Distils on a labelled scene and on the histories of another one.",
        version=1,
    ),
    Stage(
        "distill_oracle",
        "Distil the oracle",
        "Trains the same student with the other scene's labels, too.",
        version=1,
    ),
)

# A run that computes everything anew keeps these: other times would change what a repeated
# search, or a control, steers by.
NEVER_FRESH = ("measure_costs", "measure_hand_made", "match_cells")
