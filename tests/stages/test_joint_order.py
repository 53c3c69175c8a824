"""In the joint order alphas learn from the architecture slice alone, weights from everyone, and
neither from a held-out item.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from adarec.nets.batches import Batch
from adarec.nets.search import Search
from tests.stages.stage_runs import own_items_scene, run_stages


def test_alphas_learn_from_the_slice_and_weights_from_all_training_prefixes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene, seen = own_items_scene(), defaultdict(set)

    def spy_on(name: str) -> None:
        step = getattr(Search, name)

        def watched(self: Search, batch: Batch, *rest: float) -> object:
            seen[name, self.is_warming_up] |= set(batch.items.flatten().tolist()) - {0}
            seen[name, self.is_warming_up] |= set(batch.targets.tolist())
            return step(self, batch, *rest)

        monkeypatch.setattr(Search, name, watched)

    for name in ("_weight_step", "_alpha_step", "_joint_step"):
        spy_on(name)
    run_stages(scene, tmp_path, roles=("costs", "teacher", "search"), search__order="joint")
    inside, outside = (
        {int(item) for user in users for item in scene.training_prefix(user)}
        for users in map(np.flatnonzero, (scene.architecture_slice, ~scene.architecture_slice))
    )
    assert dict(seen) == {
        ("_weight_step", True): inside | outside,  # the warm-up
        ("_weight_step", False): outside,
        ("_joint_step", False): inside,
    }
