"""A scene: one cleaned log, sorted by user and time, with its split. What every stage reads."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adarec.errors import ArtefactError

HELD_OUT = 2  # the last item of a user is the test item, the last but one the validation item


@dataclass(frozen=True)
class Scene:
    """Histories of all users, packed.

    Attributes:
        items: int32 [N] item_index 1..V (0 is PAD), by user, then time, ties in file order.
        offsets: int64 [U + 1]; user u owns items[offsets[u]:offsets[u + 1]].
        times: float64 [N] seconds, or the file order where the log has no time.
        architecture_slice: bool [U]; these users' prefixes move the alphas of the search.
        item_ids: raw ids; item_ids[i] belongs to item_index i + 1.
        titles: one per item, None where unknown.
        user_ids: raw ids [U].
        summary: counts and shares, as in `summary.json`.
        pseudo_counts: int64 [U], how many of a user's first items are pseudo-priors, written by a
            model in front of the real ones; None where all items are real.
    """

    items: np.ndarray
    offsets: np.ndarray
    times: np.ndarray
    architecture_slice: np.ndarray
    item_ids: list[str]
    titles: list[str | None]
    user_ids: list[str]
    summary: dict[str, Any]
    pseudo_counts: np.ndarray | None = None

    @property
    def num_users(self) -> int:
        """Users U."""
        return len(self.offsets) - 1

    @property
    def num_items(self) -> int:
        """Items without PAD."""
        return len(self.item_ids)

    @property
    def vocabulary_size(self) -> int:
        """Items and PAD: rows of an embedding table."""
        return self.num_items + 1

    @cached_property
    def lengths(self) -> np.ndarray:
        """int64 [U], all items of each user, held-out and pseudo-prior ones included."""
        return np.diff(self.offsets)

    @cached_property
    def is_pseudo(self) -> np.ndarray:
        """bool [N], True at pseudo-prior items."""
        if self.pseudo_counts is None:
            return np.zeros(len(self.items), dtype=bool)
        place = np.arange(len(self.items)) - np.repeat(self.offsets[:-1], self.lengths)
        return place < np.repeat(self.pseudo_counts, self.lengths)

    def without_pseudo_items(self) -> "Scene":
        """The scene of the real items alone; itself where all are real."""
        if self.pseudo_counts is None:
            return self
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.pseudo_counts)])
        return replace(
            self,
            items=self.items[~self.is_pseudo],
            offsets=self.offsets - before,
            times=self.times[~self.is_pseudo],
            pseudo_counts=None,
        )

    def history(self, user: int) -> np.ndarray:
        """All items of one user, oldest first, the held-out two included."""
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    def training_prefix(self, user: int) -> np.ndarray:
        """The items of one user without the validation and the test item."""
        return self.items[self.offsets[user] : self.offsets[user + 1] - HELD_OUT]


def read_scene(folder: Path) -> Scene:
    """The scene in `folder`, as `write_scene` left it.

    Raises:
        ArtefactError: The folder is no scene, or a file of it is missing or damaged.
    """
    try:
        with np.load(folder / "scene.npz", allow_pickle=False) as arrays:
            packed = {name: arrays[name] for name in arrays.files}
        items = pq.read_table(folder / "items.parquet")
        users = pq.read_table(folder / "users.parquet")
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return Scene(
            items=packed["items"],
            offsets=packed["offsets"],
            times=packed["times"],
            architecture_slice=packed["architecture_slice"],
            item_ids=items["item_id"].to_pylist(),
            titles=items["title"].to_pylist(),
            user_ids=users["user_id"].to_pylist(),
            summary=summary,
            pseudo_counts=packed.get("pseudo_counts"),
        )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ArtefactError(
            f"The scene in {folder} cannot be read ({type(error).__name__}: {error}). "
            "Ingest its log again."
        ) from error


def read_item_ids(folder: Path) -> list[str]:
    """The raw ids of the scene in `folder`, in the order of item_index.

    Raises:
        ArtefactError: They are missing or damaged.
    """
    try:
        ids: list[str] = pq.read_table(folder / "items.parquet", columns=["item_id"])[
            "item_id"
        ].to_pylist()
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactError(
            f"The items of the scene in {folder} cannot be read ({error}). Ingest its log again."
        ) from error
    return ids


def write_scene(scene: Scene, folder: Path) -> None:
    """Writes the files that `read_scene` reads; the folder must exist."""
    counts = scene.pseudo_counts
    pseudo = {} if counts is None else {"pseudo_counts": counts.astype(np.int64)}
    np.savez(
        folder / "scene.npz",
        allow_pickle=False,
        **pseudo,
        items=scene.items.astype(np.int32),
        offsets=scene.offsets.astype(np.int64),
        times=scene.times.astype(np.float64),
        architecture_slice=scene.architecture_slice.astype(bool),
    )
    titles = pa.array(scene.titles, type=pa.string())
    items = pa.table({"item_id": pa.array(scene.item_ids, type=pa.string()), "title": titles})
    pq.write_table(items, folder / "items.parquet")
    users = pa.table({"user_id": pa.array(scene.user_ids, type=pa.string())})
    pq.write_table(users, folder / "users.parquet")
    text = json.dumps(scene.summary, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "summary.json").write_text(text, encoding="utf-8")
