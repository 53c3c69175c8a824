"""The five systems beside the plain path, and the experiment on each."""

from adarec.bench.experiments.cell import Cut, Pair
from adarec.bench.systems.system import Difference, System, Variant

# Cheapest first, here and below. Histories of 12, 10 and 7 items at most are short ones.
SHORT_HISTORIES = ("yoochoose-100k", "retailrocket", "amazon-beauty")
THREE_SCENES = ("ml-100k", "yoochoose-100k", "lastfm-s3rec")

ASREP = System(
    name="asrep",
    title="ASReP: pseudo-prior items in front of short histories",
    question="Do pseudo-priors make teacher and student better, above all for short histories?",
    method=(
        "All rows have a SASRec teacher. With ASReP it starts from the weights of the model "
        "that wrote the pseudo-priors, which learned for as many epochs as a teacher does, and "
        "test histories are lengthened as well (docs/augmentation.md). The other rows take that "
        "apart: longer has twice the epochs and no ASReP, warm-start has the start and no "
        "pseudo-prior, pseudo-priors has them and a fresh teacher. Pseudo-priors are positions "
        "of a step and no targets, so an epoch with them may have more steps."
    ),
    variants=(
        Variant("without", "sasrec"),
        Variant("asrep", "sasrec", {"augment.name": "asrep"}),
        Variant("longer", "sasrec", {"teacher.epochs": 40}),
        Variant("warm-start", "sasrec", {"augment.name": "asrep", "augment.items": 0}),
        Variant("pseudo-priors", "sasrec", {"augment.name": "asrep", "augment.warm_start": False}),
    ),
    differences=tuple(
        Difference(f"{role} {words} − without", (variant, role), ("without", role))
        for variant, words in (
            ("asrep", "with ASReP"),
            ("longer", "with twice the epochs"),
            ("warm-start", "with its warm start alone"),
            ("pseudo-priors", "with its pseudo-priors alone"),
        )
        for role in ("teacher", "student")
    ),
    scenes=SHORT_HISTORIES,
    by_length=True,
)

DT4SR = System(
    name="dt4sr",
    title="DT4SR: a teacher of Gaussians",
    question="Does a teacher of Gaussians teach better than a SASRec of its width or of its size?",
    method=(
        "The teacher is what is exchanged: 4 blocks of width 64 (sasrec-80: 80), dot-product "
        "attention. Items of dt4sr are a mean and a covariance, so it has 36 to 55 % more "
        "parameters than sasrec, about as many as sasrec-80, and takes two to three times as "
        "long. The cell is searched anew with each, within a limit that is a share of its own "
        "teacher's time: the student of a slower teacher may be larger, and is."
    ),
    variants=(
        Variant("sasrec", "sasrec"),
        Variant("dt4sr", "dt4sr"),
        Variant("sasrec-80", "sasrec", {"teacher.width": 80}),
    ),
    differences=tuple(
        Difference(words, ("dt4sr", role), (rival, role))
        for rival, ending in (("sasrec", ""), ("sasrec-80", " of width 80"))
        for role, words in (
            ("teacher", f"teacher dt4sr − sasrec{ending}"),
            ("student", f"student of dt4sr − of sasrec{ending}"),
        )
    ),
    scenes=THREE_SCENES,
)


def _mapping(name: str, title: str, question: str, method: str) -> System:
    rivals = ("emd", "none")
    return System(
        name=name,
        title=title,
        question=question,
        method=(
            f"Same teacher (nextitnet) and seed in all rows, another layer mapping. {method} So "
            "cells differ, and a difference is that of the whole path."
        ),
        variants=tuple(
            Variant(each, overrides={"losses.mapping": each}) for each in ("emd", name, "none")
        ),
        differences=tuple(
            Difference(f"student by {name} − by {rival}", (name, "student"), (rival, "student"))
            for rival in rivals
        ),
        scenes=THREE_SCENES,
    )


DFA = _mapping(
    "dfa",
    "DFA: a searched aggregation of teacher layers",
    "Does a searched weighted sum of teacher layers teach better than EMD, or than no layers?",
    "The search maps uniformly for dfa, with its own mapping for the others.",
)
ADAIN = _mapping(
    "adain",
    "AdaIN: statistics that the teacher judges",
    "Do mean and deviation of teacher layers teach better than EMD, or than no layers?",
    "Each row's cell is searched with its own mapping.",
)

ADAPT = System(
    name="adapt",
    title="Adaptation: a target scene without labels",
    question="What do a target's histories give a student of the source, without their labels?",
    method=(
        "Each pair is cut from one log (docs/adaptation.md). The adapted student (paradigm both, "
        "teacher nextitnet), the same cell distilled on the source alone, and the oracle that "
        "knew the target's labels are measured on the target; the row is named by it."
    ),
    variants=(Variant("both"),),
    differences=(
        Difference("adapted − source alone", ("both", "student"), ("both", "source_only")),
        Difference("adapted − oracle", ("both", "student"), ("both", "oracle")),
    ),
    pairs=(
        Pair(
            Cut("ml-early", "ml-100k", {"until": "1997-12-25"}),
            Cut("ml-late", "ml-100k", {"since": "1997-12-25"}),
        ),
        Pair(
            Cut("nyc-first", "foursquare-nyc", {"until": "6541560"}),
            Cut("nyc-second", "foursquare-nyc", {"since": "6541560"}),
        ),
        Pair(
            Cut("beauty-long", "amazon-beauty", {"min-length": "8"}),
            Cut("beauty-short", "amazon-beauty", {"max-length": "7"}),
        ),
    ),
    roles={
        "teacher": "teacher",
        "source_only": "source alone",
        "student": "adapted",
        "oracle": "oracle",
    },
)

KNOWN = (ASREP, DT4SR, DFA, ADAIN, ADAPT)
