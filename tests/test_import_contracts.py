"""Each import contract is broken once on purpose, in a copy of the tree: it must notice."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Contract -> a line that breaks it, and the module that gets it. A lazy import counts as well.
BREAKS = {
    "house": ("adarec/catalog/entries.py", "import app"),
    "rooms": ("adarec/errors.py", "import adarec.catalog"),
    "nets": ("adarec/nets/blocks.py", "import adarec.nets.ops"),
    "bench": ("adarec/bench/pooling.py", "import adarec.bench.experiments"),
    "app-rooms": ("app/figures/chart.py", "import app.panels"),
    "torch-line": ("adarec/runs/store.py", "def late():\n    import torch"),
    "torch-line-app": ("app/navigation.py", "def late():\n    import adarec.nets.ops"),
    "no-streamlit": ("app/figures/chart.py", "import streamlit"),
    "gateway": ("app/navigation.py", "import adarec.runs.store"),
    "stages": ("adarec/stages/measure.py", "import adarec.stages.train_teacher"),
    "teachers": ("adarec/nets/teachers/sasrec.py", "import adarec.nets.teachers.nextitnet"),
    "figures": ("app/figures/learning/loss_curves.py", "import app.figures.cells.op_costs"),
    "pages": ("pages/tradeoffs.py", "import pages.distillation"),
}


def contract_ids() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]]


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """The packages and pyproject.toml in a folder of their own."""
    for name in ("adarec", "app", "pages"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> list[str]:
    """Names of the contracts that import-linter finds broken in `tree`."""
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in result.stdout, result.stdout + result.stderr
    return re.findall(r"^(.+) BROKEN\b", result.stdout, re.M)


def contract_name(contract_id: str) -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(contract["name"] for contract in contracts if contract["id"] == contract_id)


def test_every_contract_has_a_way_to_break_it() -> None:
    assert sorted(BREAKS) == sorted(contract_ids())


@pytest.mark.slow
@pytest.mark.parametrize("contract_id", BREAKS)
def test_a_contract_notices_what_it_forbids(contract_id: str, copied_tree: Path) -> None:
    assert broken_contracts(copied_tree) == []
    module, line = BREAKS[contract_id]
    path = copied_tree / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n\n{line}\n", encoding="utf-8")
    assert contract_name(contract_id) in broken_contracts(copied_tree)
