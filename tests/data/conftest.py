"""Small logs and scenes for the tests of the data room."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from adarec.data.scene import Scene
from adarec.data.sequences import offsets_of
from adarec.data.statistics import summarise

SceneMaker = Callable[..., Scene]
LogWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def make_scene() -> SceneMaker:
    """Scene of histories of item_index; times are positions unless given."""

    def make(
        histories: Sequence[Sequence[int]],
        *,
        num_items: int | None = None,
        times: Sequence[float] | None = None,
        time_kind: str = "none",
    ) -> Scene:
        items = np.array([item for history in histories for item in history], np.int32)
        count = num_items or int(items.max())
        scene = Scene(
            items=items,
            offsets=offsets_of(np.array([len(history) for history in histories])),
            times=np.arange(len(items), dtype=float) if times is None else np.array(times, float),
            architecture_slice=np.arange(len(histories)) % 5 == 0,
            item_ids=[f"i{i}" for i in range(1, count + 1)],
            titles=[None] * count,
            user_ids=[f"u{u}" for u in range(len(histories))],
            summary={},
        )
        scene.summary.update(summarise(scene, time_kind=time_kind))
        return scene

    return make


@pytest.fixture
def write_log(tmp_path: Path) -> LogWriter:
    """Writes text or bytes to a file with this name."""

    def write(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(scope="session")
def good_rows() -> list[tuple[str, str, int, int]]:
    """(user, item, rating, seconds) of six users with six events each, in the order of time."""
    return [
        (f"{u + 1}", f"{10 + (u + t) % 7}", 1 + (u * t) % 5, 1_600_000_000 + 600 * t + u)
        for t in range(6)
        for u in range(6)
    ]
