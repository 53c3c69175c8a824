"""Scripts of benchmarks/ as modules."""

import importlib.util
from types import ModuleType

import pytest

from tests.conftest import ROOT


def load_script(name: str) -> ModuleType:
    """benchmarks/NAME.py."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scenes() -> ModuleType:
    return load_script("scenes")


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    return load_script("draw")
