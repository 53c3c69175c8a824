"""The scene folder: what is written is what is read, and damage is named."""

from pathlib import Path

import numpy as np
import pytest

from adarec.data.scene import read_scene, write_scene
from adarec.errors import ArtefactError


def test_a_written_scene_reads_back_the_same(make_scene, tmp_path: Path) -> None:
    scene = make_scene([[1, 2, 3], [3, 2, 1, 4]])
    scene.titles[1] = "Zwei, „zwei“"
    write_scene(scene, tmp_path)
    again = read_scene(tmp_path)
    for name in ("items", "offsets", "times", "architecture_slice"):
        np.testing.assert_array_equal(getattr(again, name), getattr(scene, name))
    assert again.items.dtype == np.int32
    assert again.offsets.dtype == np.int64
    assert again.item_ids == scene.item_ids
    assert again.titles == [None, "Zwei, „zwei“", None, None]
    assert again.user_ids == scene.user_ids
    assert again.summary == scene.summary


def test_the_last_two_items_are_held_out(make_scene) -> None:
    scene = make_scene([[1, 2, 3], [3, 2, 1, 4]])
    assert scene.history(1).tolist() == [3, 2, 1, 4]
    assert scene.training_prefix(1).tolist() == [3, 2]
    assert scene.training_prefix(0).tolist() == [1]
    assert (scene.num_users, scene.num_items, scene.vocabulary_size) == (2, 4, 5)


def test_the_90th_percentile_of_training_lengths_is_rounded_up(make_scene) -> None:
    # Training lengths 1..10: the 90th percentile is 9.1, rounded up.
    scene = make_scene([[1] * (n + 2) for n in range(1, 11)])
    assert scene.summary["training_length_p90"] == 10


@pytest.mark.parametrize("missing", ["scene.npz", "items.parquet", "summary.json"])
def test_a_damaged_folder_is_named(make_scene, tmp_path: Path, missing: str) -> None:
    write_scene(make_scene([[1, 2, 3], [2, 1, 3]]), tmp_path)
    (tmp_path / missing).write_bytes(b"junk")
    with pytest.raises(ArtefactError, match="Ingest its log again"):
        read_scene(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ArtefactError, match="Ingest its log again"):
        read_scene(tmp_path)


def test_pickled_arrays_are_not_loaded(make_scene, tmp_path: Path) -> None:
    write_scene(make_scene([[1, 2, 3], [2, 1, 3]]), tmp_path)
    np.savez(tmp_path / "scene.npz", items=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ArtefactError):
        read_scene(tmp_path)
