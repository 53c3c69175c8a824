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
            written = _pseudo_priors(items.with_name("pseudo_priors.parquet"))
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
                f"Use ids of its log, for example {', '.join(self.item_ids[:3])}."
            )
        before = self.pseudo_priors.get(user, []) if user is not None else []
        request = _request([self.item_index[item] for item in before] + known, self.length)
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

        before = self.pseudo_priors.get(user, []) if user is not None else []
        request = _request([self.item_index[item] for item in before] + known, self.length)


def _best(scores: np.ndarray, top: int, hidden: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Item indices and scores of the `top` best of scores [V] that are not hidden."""
    open_scores = scores.copy()
    open_scores[[index - 1 for index in hidden]] = -np.inf
    order = np.argsort(-open_scores, kind="stable")[:top]
    order = order[np.isfinite(open_scores[order])]
    return order + 1, open_scores[order]
