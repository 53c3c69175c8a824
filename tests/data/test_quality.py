"""Doubts about a log: each where it belongs, none about a good one."""

from typing import Any

import pytest

from adarec.data.ingest import build_scene, ingest_log
from adarec.data.quality import quality_findings
from adarec.data.samples import SAMPLES, sample_csv
from adarec.data.settings import IngestSettings
from adarec.data.statistics import scene_statistics
from adarec.data.unpacking import LogBytes
from adarec.runs.files import read_json

SUMMARY = {"users": 200, "items": 50, "cold_test_share": 0.3}
REPORT = {"rows_read": 10_000, "exact_repeats": 19, "dropped": [], "titles_found": None}
BASELINES = {"popularity": {"ndcg@10": 0.0}, "own_frequency": {"ndcg@10": 0.01}}


def titles(**changed: Any) -> list[str]:
    """What is found about a log that just passes, but for what is changed."""
    parts = {"summary": SUMMARY, "report": REPORT, "baselines": BASELINES}
    for name, change in changed.items():
        parts[name] = parts[name] | change
    statistics = {"baselines_validation": parts["baselines"]}
    found = quality_findings(parts["summary"], parts["report"], statistics)
    assert all(each.sentence.endswith(".") for each in found)
    return [each.title for each in found]


def test_a_log_that_just_passes_has_no_findings() -> None:
    assert titles() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"summary": {"users": 199}}, ["too few users"]),
        ({"summary": {"cold_test_share": 0.31}}, ["many cold test items"]),
        ({"baselines": {"own_frequency": {"ndcg@10": 0.0}}}, ["counting finds nothing"]),
        ({"report": {"exact_repeats": 20}}, ["exact repeats"]),
        ({"report": {"exact_repeats": 20, "rows_read": 10_001}}, []),
        ({"report": {"exact_repeats": 150, "rows_read": 39_113}}, ["exact repeats"]),
        ({"report": {"exact_repeats": None}}, []),
        ({"report": {"titles_found": 0}}, ["no titles"]),
        ({"report": {"titles_found": 1}}, []),
    ],
)
def test_each_doubt_has_its_limit(changed: dict[str, Any], expected: list[str]) -> None:
    assert titles(**changed) == expected


@pytest.mark.parametrize("deduplicate", ["exact", "consecutive"])
def test_repeats_that_were_dropped_are_no_doubt(deduplicate: str) -> None:
    rows = [f"u{u},i{(u + t) % 7},{1_600_000_000 + 60 * t}" for u in range(6) for t in range(6)]
    text = "\n".join(["user_id,item_id,timestamp", *rows, *rows]).encode()
    log = LogBytes("l.csv", text, "plain")

    def found(settings: IngestSettings) -> set[str]:
        scene, report = build_scene(log, settings)
        assert report["exact_repeats"] == 36
        return {e.title for e in quality_findings(scene.summary, report, scene_statistics(scene))}

    assert "exact repeats" in found(IngestSettings())
    assert "exact repeats" not in found(IngestSettings(deduplicate=deduplicate))


def test_a_log_of_ten_users_is_told_what_one_user_moves() -> None:
    (finding,) = quality_findings(SUMMARY | {"users": 10}, REPORT, {})
    assert "Only 10 users: a single one of them moves NDCG@10 by up to 0.100" in finding.sentence


def test_the_samples_are_beyond_doubt() -> None:
    for name in SAMPLES:
        log = LogBytes(f"{name}.csv", sample_csv(name), "plain")
        scene, report = build_scene(log, IngestSettings())
        assert quality_findings(scene.summary, report, scene_statistics(scene)) == [], name


def test_titles_of_other_items_are_found_out(workspace, cycle_log, write_log) -> None:
    items = write_log("item_id,title\nx1,One\nx2,Two\n", "items.csv")
    record = ingest_log(workspace, cycle_log, name="ring", items_path=items)
    folder = workspace.artefacts.path(record.key)
    report, statistics = (read_json(folder / f"{n}.json") for n in ("report", "statistics"))
    found = quality_findings(record.summary, report, statistics)
    assert [each.title for each in found] == ["too few users", "no titles"]
    assert "None of the 12 items has a title" in found[1].sentence
