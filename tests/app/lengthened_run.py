"""A generated run whose short histories were lengthened (ASReP)."""

import shutil
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from adarec.runs.files import write_json
from adarec.runs.workspace import Workspace

AUGMENT_KEY = "augment-scene-test"
NOTE = "ASReP wrote 3 pseudo-prior items in front of 1 of 60 training histories."


def lengthen(home: Workspace, run: str, written: Mapping[str, list[str]]) -> None:
    """Makes a finished run one with the pseudo-priors `written`: user id -> item ids, farthest
    first."""
    record = home.store.run(run)
    step: dict[str, Any] = {"stage": "augment_scene", "key": AUGMENT_KEY, "role": "augment"}
    step |= {"parents": {"scene": record.scene_key}, "settings": {}, "seed": record.seed}
    with home.artefacts.claim(AUGMENT_KEY) as folder:
        if folder is not None:
            scene = home.artefacts.path(record.scene_key)
            shutil.copytree(scene, folder, dirs_exist_ok=True)
            lists = pa.array(list(written.values()), type=pa.list_(pa.string()))
            table = pa.table({"user_id": list(written), "item_ids": lists})
            pq.write_table(table, folder / "pseudo_priors.parquet")
            user, items = next(iter(written.items()))
            titles: list[str | None] = [None] * len(items)
            example = {"user_id": user, "item_ids": items, "titles": titles, "pseudo": len(items)}
            write_json(folder / "augment.json", {"examples": [example]})
    result = dict(record.result or {})
    for role in ("teacher", "student"):
        result[role] |= {"metrics_without_pseudo": result[role]["metrics"]}
    result["augmentation"] = {"note": NOTE}
    settings = record.settings | {"augment": record.settings["augment"] | {"name": "asrep"}}
    home.store.update_run(run, steps=[step, *record.steps], settings=settings, result=result)
