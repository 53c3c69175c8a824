"""Sample scenes: four small generated logs whose structure is known, and their registration.

`python -m adarec.data.samples` writes them to `sample_data/`, the same bytes for the same seed.
Each structured scene can be predicted by one kind of look at the history and hardly by the others,
so a search should find different cells: see `sample_data/README.md`.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from adarec.data.ingest import ingest_log
from adarec.errors import SceneError
from adarec.runs.files import write_json
from adarec.runs.workspace import Workspace

SAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
SEED = 20260
_MARKER = "samples.json"
_START = 1_704_067_200  # 2024-01-01
_DAYS = 90


class _Dice:
    """Random numbers made of `Generator.random` only: that stream stays the same between numpy
    versions, those of choice and shuffle may not."""

    def __init__(self, seed: int, scene: str) -> None:
        self._generator = np.random.default_rng([seed, *scene.encode()])

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self._generator.random() < probability)

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self._generator.random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both possible."""
        return low + self.below(high - low + 1)

    def distinct(self, count: int, limit: int) -> list[int]:
        """`count` different whole numbers below limit."""
        chosen: list[int] = []
        while len(chosen) < count:
            number = self.below(limit)
            if number not in chosen:
                chosen.append(number)
        return chosen


def cycle_histories(dice: _Dice) -> Iterator[list[int]]:
    """Item i is always followed by i + 1 (mod 60): hit rate@1 is 1 for a model that learned it."""
    for _ in range(400):
        start = dice.below(60)
        yield [(start + step) % 60 for step in range(dice.between(10, 32))]


def rhythm_histories(dice: _Dice) -> Iterator[list[int]]:
    """Short loops of four items. An item is part of about three loops, so that the last item alone
    leaves three continuations; the last two or three items leave one. One event in twelve is a
    slip to a random item."""
    loops = [dice.distinct(4, 80) for _ in range(60)]
    for _ in range(450):
        history: list[int] = []
        length = dice.between(16, 36)
        while len(history) < length:
            loop = loops[dice.below(len(loops))]
            shift = dice.below(4)
            for step in range(dice.between(8, 14)):
                slip = dice.chance(1 / 12)
                history.append(dice.below(80) if slip else loop[(shift + step) % 4])
        yield history[:length]


def echo_histories(dice: _Dice) -> Iterator[list[int]]:
    """Six events in seven repeat the item of exactly seven events before; the others are new.
    Nothing but that lag tells which of a user's items is next."""
    for _ in range(500):
        history = [dice.below(100) for _ in range(7)]
        length = dice.between(20, 36)
        while len(history) < length:
            history.append(dice.below(100) if dice.chance(1 / 7) else history[-7])
        yield history


def drift_histories(dice: _Dice) -> Iterator[list[int]]:
    """A user prefers one of twelve genres, and moves on to a neighbouring one every 30 events or
    so. Half of the events come from the preferred genre, half from anywhere: a single item says
    little, an average over the last ten or more says which genre it is."""
    genres, size = 12, 12
    for _ in range(400):
        genre = dice.below(genres)
        history: list[int] = []
        for _ in range(dice.between(28, 44)):
            if dice.chance(1 / 30):
                genre = (genre + (1 if dice.chance(0.5) else -1)) % genres
            source = genre if dice.chance(0.5) else dice.below(genres)
            history.append(source * size + dice.below(size))
        yield history


SAMPLES: dict[str, Callable[[_Dice], Iterator[list[int]]]] = {
    "cycle": cycle_histories,
    "rhythm": rhythm_histories,
    "echo": echo_histories,
    "drift": drift_histories,
}


def sample_csv(name: str, *, seed: int = SEED) -> bytes:
    """The CSV of one sample scene: user_id, item_id, timestamp; users in order, oldest first."""
    dice = _Dice(seed, name)
    lines = ["user_id,item_id,timestamp"]
    for user, history in enumerate(SAMPLES[name](dice), start=1):
        moment = _START + dice.below(_DAYS * 86_400)
        for item in history:
            lines.append(f"u{user:03d},{name[0]}{item:03d},{moment}")
            moment += dice.between(60, 6 * 3600)
    return ("\n".join(lines) + "\n").encode("ascii")


def write_samples(folder: Path = SAMPLE_FOLDER, *, seed: int = SEED) -> list[Path]:
    """Writes all sample scenes to `folder` and returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in SAMPLES:
        path = folder / f"{name}.csv"
        path.write_bytes(sample_csv(name, seed=seed))
        paths.append(path)
    return paths


def register_samples(workspace: Workspace, *, folder: Path = SAMPLE_FOLDER) -> list[str]:
    """Makes the sample scenes known to a workspace that has not seen them; returns the new names.

    A sample scene that a person deleted stays deleted, and a name that a person has given to a log
    of their own is left alone. Cheap when there is nothing to do.
    """
    marker = workspace.home / _MARKER
    known = {record.name for record in workspace.store.scenes()}
    if known and marker.exists():
        return []
    added = []
    for name in SAMPLES:
        path = folder / f"{name}.csv"
        if name in known or not path.exists():
            continue
        try:
            ingest_log(workspace, path, name=name, is_sample=True)
        except SceneError:  # another process took the name in this moment
            continue
        added.append(name)
    write_json(marker, {"samples": list(SAMPLES)})
    return added


def main() -> None:
    """Command: writes the sample scenes."""
    parser = argparse.ArgumentParser(description="Write the sample scenes.")
    parser.add_argument("--to", type=Path, default=SAMPLE_FOLDER, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of all four")
    arguments = parser.parse_args()
    write_samples(arguments.to, seed=arguments.seed)


if __name__ == "__main__":
    main()
