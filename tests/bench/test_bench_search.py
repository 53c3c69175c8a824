"""The search benchmark times a whole epoch: every target of every training prefix."""

import numpy as np
import pytest

from adarec.bench import search
from adarec.data.ingest import build_scene
from adarec.data.samples import SAMPLE_FOLDER
from adarec.data.sequences import training_windows
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import read_log_bytes
from adarec.nets.batches import Sequences, search_passes
from adarec.nets.search import PARTS

LOG = SAMPLE_FOLDER / "cycle.csv"
KEYS = {
    *("epoch_s", "yardsticks", "parts", "positions", "weight_steps", "alpha_steps", "losses"),
    *("yardstick_s", "peak_rss_mb", "environment"),
}


def test_an_epoch_has_every_training_target(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"num_blocks": 4, "width": 16, "num_heads": 1, "num_layers": 4}
    monkeypatch.setattr(search, "TEACHER", sizes)
    monkeypatch.setattr(search, "STUDENT", {"width": 8, "num_cells": 2, "num_nodes": 2})
    monkeypatch.setattr(search, "BATCH_POSITIONS", 512)
    found = search.bench_search(LOG, threads=1)
    assert set(found) == KEYS
    scene, _ = build_scene(read_log_bytes(LOG), IngestSettings())
    searched = training_windows(scene, length=50, users=np.flatnonzero(~scene.architecture_slice))
    passes = search_passes(Sequences(searched.items, searched.offsets, searched.targets))
    assert passes > 1, "a scene so small is gone through several times an epoch"
    assert found["positions"] == passes * int((scene.lengths - 3).sum())
    assert found["weight_steps"] > found["alpha_steps"] > 0
    assert len(found["losses"]) == found["weight_steps"] + found["alpha_steps"]
    assert np.isfinite(found["losses"]).all()
    assert set(found["parts"]) == set(PARTS)
    assert sum(found["parts"].values()) <= found["epoch_s"] + 0.1
    assert found["yardsticks"] == pytest.approx(found["epoch_s"] / found["yardstick_s"], rel=0.1)
    assert found["environment"]["threads"] == 1
