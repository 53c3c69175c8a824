"""JSON files and arrays per epoch."""

import json
from pathlib import Path

import numpy as np
import pytest

from adarec.errors import ArtefactError
from adarec.runs.files import (
    EPOCH_ARRAYS,
    read_epoch_arrays,
    read_json,
    write_epoch_arrays,
    write_json,
)


def alphas(epoch: int) -> dict[str, np.ndarray]:
    return {"alphas": np.full((3, 2), float(epoch)), "weights": np.arange(4) * epoch}


def test_json_returns_what_was_written(tmp_path: Path) -> None:
    data = {"a": [1, 2.5, None, True], "ü": {"b": "text"}}
    write_json(tmp_path / "x.json", data)
    assert read_json(tmp_path / "x.json") == data
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_numpy_and_paths_become_plain_json(tmp_path: Path) -> None:
    data = {1: np.float32(0.5), "n": np.int64(3), "a": np.eye(2), "t": (1,), "p": Path("x/y")}
    write_json(tmp_path / "x.json", data)
    expected = {"1": 0.5, "n": 3, "a": [[1.0, 0.0], [0.0, 1.0]], "t": [1], "p": "x/y"}
    assert read_json(tmp_path / "x.json") == expected


def test_what_json_cannot_say_becomes_null(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", [float("nan"), np.inf, np.array([np.nan])])
    text = (tmp_path / "x.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == [None, None, [None]]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", object())
    assert read_json(tmp_path / "x.json") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("content", [None, b"{half", b"\xff\xfe"])
def test_an_unreadable_json_file_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArtefactError, match="again"):
        read_json(path)


def test_no_epochs_before_the_first(tmp_path: Path) -> None:
    recorded = read_epoch_arrays(tmp_path)
    assert recorded.epochs.tolist() == []
    assert recorded.arrays == {}


def test_epochs_are_appended(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        write_epoch_arrays(tmp_path, epoch, alphas(epoch))
    recorded = read_epoch_arrays(tmp_path)
    assert recorded.epochs.tolist() == [1, 2, 3]
    assert recorded.arrays["alphas"].shape == (3, 3, 2)
    np.testing.assert_array_equal(recorded.arrays["alphas"][:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(recorded.arrays["weights"][2], [0, 3, 6, 9])


def test_writing_an_epoch_again_replaces_it_and_drops_later_ones(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        write_epoch_arrays(tmp_path, epoch, alphas(epoch))
    write_epoch_arrays(tmp_path, 2, alphas(20))
    recorded = read_epoch_arrays(tmp_path)
    assert recorded.epochs.tolist() == [1, 2]
    np.testing.assert_array_equal(recorded.arrays["alphas"][:, 0, 0], [1, 20])


def test_the_first_epoch_again_may_bring_another_layout(tmp_path: Path) -> None:
    write_epoch_arrays(tmp_path, 1, alphas(1))
    write_epoch_arrays(tmp_path, 1, {"mapping": np.ones(2)})
    assert list(read_epoch_arrays(tmp_path).arrays) == ["mapping"]


@pytest.mark.parametrize(
    "changed",
    [{"alphas": np.ones((3, 2))}, {"alphas": np.ones((2, 2)), "weights": np.ones(4)}],
    ids=["a name is missing", "a shape differs"],
)
def test_every_epoch_has_the_same_layout(tmp_path: Path, changed: dict[str, np.ndarray]) -> None:
    write_epoch_arrays(tmp_path, 1, alphas(1))
    with pytest.raises(ArtefactError, match="same names and shapes"):
        write_epoch_arrays(tmp_path, 2, changed)
    assert read_epoch_arrays(tmp_path).epochs.tolist() == [1]


def test_objects_are_refused_in_both_directions(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pickle"):
        write_epoch_arrays(tmp_path, 1, {"x": np.array([{}], dtype=object)})
    np.savez(tmp_path / EPOCH_ARRAYS, __epochs__=np.array([{}], dtype=object))
    with pytest.raises(ArtefactError, match="cannot be read"):
        read_epoch_arrays(tmp_path)


def test_a_damaged_array_file_is_named(tmp_path: Path) -> None:
    (tmp_path / EPOCH_ARRAYS).write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(ArtefactError, match=EPOCH_ARRAYS):
        read_epoch_arrays(tmp_path)
