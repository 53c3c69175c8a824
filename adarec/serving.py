"""Answer requests from an exported folder, or from a run's measured graphs, with onnxruntime
alone; say how uncertain a teacher of Gaussians is.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow.parquet as pq

from adarec.data.id_list import join_ids
from adarec.data.pseudo_priors import read_pseudo_priors
from adarec.errors import ArtefactError, LogError


@dataclass(frozen=True)
class Recommendation:
    """The best items, best first, and what the request took.

    Attributes:
        items: (item_id, title or None, score).
        milliseconds: Of this one call of the graph.
        unknown: Ids of the history that the model has never seen and left out.
    """

    items: list[tuple[str, str | None, float]]
    milliseconds: float
    unknown: list[str]


class Recommender:
    """A graph with its item vocabulary."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        item_ids: list[str],
        titles: list[str | None],
        pseudo_priors: dict[str, list[str]] | None = None,
    ) -> None:
        self.session, self.item_ids, self.titles = session, item_ids, titles
        self.pseudo_priors = pseudo_priors or {}
        self.item_index = {item_id: index for index, item_id in enumerate(item_ids, start=1)}
        self.length = int(session.get_inputs()[0].shape[1])

    @classmethod
    def open(cls, graph: Path, items_folder: Path | None = None) -> "Recommender":
        """The recommender of an exported folder (or its student.onnx), or of a graph beside a
        scene's folder.

        Raises:
            ArtefactError: A file is missing or damaged.
        """
        path = graph / "student.onnx" if graph.is_dir() else graph
        items = (items_folder or path.parent) / "items.parquet"
        for needed in (path, items):
            if not needed.is_file():
                raise ArtefactError(
                    f"{needed.parent} has no {needed.name}. Name a folder that `export` wrote."
                )
        try:
            session = _open_session(path)
            table = pq.read_table(items)
            written = read_pseudo_priors(items.parent)
        except Exception as error:  # onnxruntime and pyarrow raise types of their own
            raise ArtefactError(
                f"{path.parent} cannot be read ({error}). Export the run again."
            ) from error
        titles = table["title"].to_pylist()
        return cls(session, table["item_id"].to_pylist(), titles, written)

    def recommend(
        self,
        history: Sequence[str],
        *,
        top: int = 10,
        exclude: Sequence[str] = (),
        user: str | None = None,
    ) -> Recommendation:
        """The `top` items after `history` (raw ids, oldest first), without those in `exclude`.

        The pseudo-priors of `user` stand in front, where the model was measured with some and the
        user has any.

        Raises:
            LogError: No id of the history is known.
        """
        known = [self.item_index[item] for item in history if item in self.item_index]
        unknown = [item for item in history if item not in self.item_index]
        if not known:
            raise LogError(
                f"None of the {len(history)} ids in the history is known to this model. "
                f"Use ids of its log, for example {join_ids(self.item_ids[:3])}."
            )
        before = [self.item_index[item] for item in self.written_for(user)]
        request = _request(before + known, self.length)
        hidden = {self.item_index[item] for item in exclude if item in self.item_index}
        plain = top <= 10 and not hidden
        outputs = ["top_items", "top_scores"] if plain else ["scores"]
        start = time.perf_counter()
        answer = self.session.run(outputs, {"history": request})
        milliseconds = 1000.0 * (time.perf_counter() - start)
        indices, scores = (
            (answer[0][0], answer[1][0]) if plain else _best(answer[0][0], top, hidden)
        )
        items = [
            (self.item_ids[index - 1], self.titles[index - 1], float(score))
            for index, score in zip(indices[:top], scores[:top], strict=True)
        ]
        return Recommendation(items, milliseconds, unknown)

    def num_pseudo_priors_read(self, history: Sequence[str], user: str | None) -> int:
        """How many pseudo-priors of `user` stand in front of `history` in a request: the newest,
        as far as the known items leave room in the graph."""
        room = self.length - sum(item in self.item_index for item in history)
        return max(0, min(room, len(self.written_for(user))))

    def written_for(self, user: str | None) -> list[str]:
        """The pseudo-priors of a user, farthest first; most users of long histories have none."""
        return self.pseudo_priors.get(user, []) if user is not None else []


class Uncertainty:
    """Total variances of a teacher in which histories and items are Gaussians (dt4sr).

    Attributes:
        rank_correlation: Spearman's, between a state's total variance and the rank of the item
            that came next; negative = a larger variance is the surer state.
        users: The test users that it was measured on.
    """

    GRAPH, ITEMS = "uncertainty.onnx", "uncertainty.npz"

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        item_ids: list[str],
        of_items: np.ndarray,
        *,
        rank_correlation: float,
        users: int,
    ) -> None:
        self.session, self.item_ids = session, item_ids
        self.item_index = {item_id: index for index, item_id in enumerate(item_ids, start=1)}
        self.item_variances = of_items
        self.rank_correlation, self.users = rank_correlation, users
        self.length = int(session.get_inputs()[0].shape[1])

    @classmethod
    def open(cls, measured: Path, scene: Path) -> "Uncertainty":
        """Of the folder of a run's measurement and of its scene.

        Raises:
            ArtefactError: A file is missing or damaged.
        """
        try:
            session = _open_session(measured / cls.GRAPH)
            with np.load(measured / cls.ITEMS, allow_pickle=False) as arrays:
                of_items = arrays["total_variance"]
                correlation, users = arrays["rank_correlation"], arrays["users"]
            table = pq.read_table(scene / "items.parquet", columns=["item_id"])
        except Exception as error:  # onnxruntime and pyarrow raise types of their own
            raise ArtefactError(
                f"{measured} cannot be read ({error}). Run the search command of this run again."
            ) from error
        return cls(
            session,
            table["item_id"].to_pylist(),
            of_items,
            rank_correlation=float(correlation),
            users=int(users),
        )

    def along(
        self, history: Sequence[str], *, pseudo_priors: Sequence[str] = ()
    ) -> list[tuple[str, float]]:
        """(item_id, total variance of the state after it) for the newest known items, oldest
        first; each state is asked for on its own, as positions count back from the newest item.

        `pseudo_priors` stand in front of each of these requests, as they do when the history is
        answered, and have no state of their own here.
        """
        known = [self.item_index[item] for item in history if item in self.item_index]
        before = [self.item_index[item] for item in pseudo_priors]
        found = []
        for end in range(max(1, len(known) - self.length + 1), len(known) + 1):
            request = _request(before + known[:end], self.length)
            (variance,) = self.session.run(["total_variance"], {"history": request})
            found.append((self.item_ids[known[end - 1] - 1], float(variance[0])))
        return found

    def of_items(self, item_ids: Sequence[str]) -> list[float]:
        """The total variance of each of these items."""
        return [float(self.item_variances[self.item_index[item] - 1]) for item in item_ids]


def _open_session(path: Path) -> onnxruntime.InferenceSession:
    """One thread, and no chatter."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _request(known: list[int], length: int) -> np.ndarray:
    """[1, L] the newest of these item indices, padded on the left."""
    newest = known[-length:]
    request = np.zeros((1, length), dtype=np.int64)
    request[0, length - len(newest) :] = newest
    return request


def _best(scores: np.ndarray, top: int, hidden: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Item indices and scores of the `top` best of scores [V] that are not hidden."""
    open_scores = scores.copy()
    open_scores[[index - 1 for index in hidden]] = -np.inf
    order = np.argsort(-open_scores, kind="stable")[:top]
    order = order[np.isfinite(open_scores[order])]
    return order + 1, open_scores[order]
