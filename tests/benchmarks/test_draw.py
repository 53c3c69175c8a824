"""Rows of the figures, by hand, and the drawings as files where their library is installed."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MODELS = ["teacher", "student", *(f"control-random-{i}" for i in (1, 2, 3))]
MODELS += [f"control-{name}" for name in ("cnn", "gru", "sasrec", "all-skip", "no-distillation")]
NOT_RUN = {"scene": "far", "variant": "nextitnet", "runs": []}
GAIN = {"mean": 0.01, "low": -0.01, "high": 0.03}


def report() -> dict[str, Any]:
    """A report with one row of each part, and one that was not run."""
    models = {role: {"ndcg@10": 0.1 + 0.01 * place} for place, role in enumerate(MODELS)}
    run = {"scene": "shop", "variant": "nextitnet", "runs": ["r-1"]}
    pooled = {"teacher": "nextitnet", "rivals": "GRU", "runs": 2}
    pooled |= {"mean": 0.02, "users": [0.01, 0.03], "clusters": [-0.01, 0.05]}
    transfer = {"scene": "shop", "ndcg@10": {"shop": 0.2, "bar": 0.15}}
    return {
        "scenes": [run | {"models": models, "baselines": {"a": 0.05, "b": 0.08}}, NOT_RUN],
        "pooled": [pooled],
        "losses": [
            run | {"variant": "without task loss", "change": GAIN | {"of": 0.2}},
            run | {"variant": "as it is", "change": {"mean": 0, "low": 0, "high": 0, "of": 0.2}},
            NOT_RUN,
        ],
        "transfer": {"scenes": ["shop", "bar"], "rows": [transfer], "pooled": None},
    }


def empty() -> dict[str, Any]:
    return {"scenes": [NOT_RUN], "pooled": [], "losses": [NOT_RUN], "transfer": {"rows": []}}


def test_scenes_are_in_percent_of_the_teacher(draw: ModuleType) -> None:
    rows = draw.scene_rows(report())
    percent = {row["model"]: row["percent"] for row in rows if row["model"] != "random cell"}
    assert percent["found student"] == pytest.approx(110)
    assert percent["best count"] == pytest.approx(80)
    assert [row["percent"] for row in rows if row["model"] == "random cell"] == pytest.approx(
        [120, 130, 140]
    )
    assert {row["scene"] for row in rows} == {"shop"}
    assert {row["model"] for row in rows} == set(draw.KINDS)


def test_pooled_rows_have_both_intervals_in_percent(draw: ModuleType) -> None:
    (row,) = draw.pooled_rows(report())
    assert [row[end] for end in ("users_low", "mean", "users_high")] == pytest.approx([1, 2, 3])
    assert [row[end] for end in ("scenes_low", "scenes_high")] == pytest.approx([-1, 5])


def test_losses_are_in_percent_of_the_unchanged_run(draw: ModuleType) -> None:
    (row,) = draw.loss_rows(report())
    assert row["variant"] == "without task loss"
    assert [row[end] for end in ("users_low", "mean", "users_high")] == pytest.approx([-5, 5, 15])


def test_transfer_compares_with_the_own_cell(draw: ModuleType) -> None:
    percent = {row["cell"]: row["percent"] for row in draw.transfer_rows(report())}
    assert percent == pytest.approx({"shop": 0, "bar": -25})


def test_nothing_run_is_nothing_drawn_but_said(
    draw: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ablation.json").write_text(json.dumps(empty()), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["draw.py", str(tmp_path)])
    assert draw.main() == 0
    text = (tmp_path / "figures.md").read_text(encoding="utf-8")
    assert all(f"{name}: not run." in text for name in draw.FIGURES)
    assert list(tmp_path.glob("*.svg")) == []


def test_no_results_is_a_mistake(
    draw: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "argv", ["draw.py", str(tmp_path)])
    assert draw.main() == 2
    assert "bench ablation" in capsys.readouterr().err


def test_drawings_are_small_files_of_their_own(
    draw: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python (requirements-dev.txt) draws")
    (tmp_path / "ablation.json").write_text(json.dumps(report()), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["draw.py", str(tmp_path)])
    assert draw.main() == 0
    page = (tmp_path / "figures.md").read_text(encoding="utf-8")
    for name in draw.FIGURES:
        text = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert text.startswith("<svg")
        assert "shop" in text or "nextitnet" in text
        assert len(text) < 60_000
        assert f"({name}.svg)" in page
