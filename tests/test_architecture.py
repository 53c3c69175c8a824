"""House rules that a machine can check: sizes, names, rooms, what may be loaded and imported."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("adarec/", "app/", "pages/")

MAX_FILE_LINES = 300
MAX_BODY_LINES = 50
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "base_model"}
CODE_LOADERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
CODE_LOADING_CALLS = {"torch.load", "torch.save", "read_pickle", "to_pickle"}


def tracked_files() -> list[str]:
    """Paths, relative to the root, of every file that is or could be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in listing.stdout.splitlines() if (ROOT / name).is_file())


def python_files(*folders: str) -> list[str]:
    """Every Python file, or those below `folders` only."""
    names = [name for name in tracked_files() if name.endswith(".py")]
    return [name for name in names if not folders or name.startswith(folders)]


def parse(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)


def import_contracts() -> dict[str, dict[str, object]]:
    """The import-linter contracts of pyproject.toml by their id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_listing_sees_the_project() -> None:
    assert "adarec/catalog/entries.py" in python_files(*CODE)
    assert "tests/test_architecture.py" in python_files()


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {name: len((ROOT / name).read_bytes().splitlines()) for name in python_files()}
    assert {name: n for name, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_no_function_body_is_longer_than_its_budget() -> None:
    too_long = {}
    for name in python_files():
        for node in ast.walk(parse(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if (lines := body_length(node)) > MAX_BODY_LINES:
                    too_long[f"{name}:{node.lineno} {node.name}"] = lines
    assert too_long == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    parts = {(name, part) for name in python_files() for part in Path(name).with_suffix("").parts}
    assert {name for name, part in parts if part.removeprefix("_") in BANNED_NAMES} == set()


def test_every_folder_of_code_is_a_package() -> None:
    # Without __init__.py, grimp 3.19 misses imports between neighbours, at random.
    folders = {Path(name).parent for name in python_files(*CODE)}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []


def imported_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def code_loading_calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if {node.attr, ast.unparse(node)} & CODE_LOADING_CALLS:
                yield ast.unparse(node)
        elif isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                yield f"{node.arg}={ast.unparse(node.value)}"


def test_only_data_is_loaded() -> None:
    found = []
    for name in python_files(*CODE, "benchmarks/", "sample_data/"):
        tree = parse(name)
        roots = {module.split(".")[0] for module in imported_modules(tree)}
        found += [f"{name}: {what}" for what in sorted(roots & CODE_LOADERS)]
        found += [f"{name}: {what}" for what in code_loading_calls(tree)]
    assert found == []


def test_a_file_that_could_run_code_is_noticed() -> None:
    tree = ast.parse("import pickle\nnp.load(p, allow_pickle=True)\ntorch.load(p)\nd.to_pickle(p)")
    assert list(imported_modules(tree)) == ["pickle"]
    assert sorted(code_loading_calls(tree)) == ["allow_pickle=True", "d.to_pickle", "torch.load"]


def test_no_path_of_one_machine_is_committed() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w|[A-Z]:\\Users\\")
    found = []
    for name in tracked_files():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), start=1)
        found += [f"{name}:{number}" for number, line in lines if pattern.search(line)]
    assert found == []


# ---- the rooms: docs/design.md and the contracts say the same -----------------------------------


def documented_rooms(container: str) -> tuple[list[set[str]], list[set[str]]]:
    """The layers of `container` as docs/design.md draws them: above and below the torch line.

    A drawing is a fenced block `text rooms CONTAINER`; a line is `name | name   what is in it`.
    """
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    drawing = re.search(rf"^```text rooms {re.escape(container)}\n(.*?)^```", text, re.S | re.M)
    assert drawing, f"docs/design.md draws no rooms of {container}"
    sides: list[list[set[str]]] = [[], []]
    side = 0
    for line in drawing[1].splitlines():
        if line.startswith("---"):
            side = 1
        elif line and not line.startswith(" "):
            names = re.split(r"\s{2,}", line)[0]
            sides[side].append({name.strip() for name in names.split("|")})
    return sides[0], sides[1]


def contract_layers(contract_id: str) -> list[set[str]]:
    layers = import_contracts()[contract_id]["layers"]
    assert isinstance(layers, list)
    return [{re.sub(r"[()\s]", "", name) for name in re.split(r"[|:]", layer)} for layer in layers]


@pytest.mark.parametrize(
    ("container", "contract_id"),
    [
        ("adarec", "rooms"),
        ("adarec.nets", "nets"),
        ("adarec.bench", "bench"),
        ("app", "app-rooms"),
    ],
)
def test_contracts_and_documentation_draw_the_same_rooms(container: str, contract_id: str) -> None:
    above, below = documented_rooms(container)
    assert contract_layers(contract_id) == above + below


def test_every_room_below_the_torch_line_is_held_to_it() -> None:
    above, below = documented_rooms("adarec")
    contract = import_contracts()["torch-line"]
    rooms = {f"adarec.{name}" for layer in below for name in layer}
    assert {room for room in rooms if importlib.util.find_spec(room)} == set(
        contract["source_modules"]  # type: ignore[call-overload]
    )
    assert {"torch", "ot"} <= set(contract["forbidden_modules"])  # type: ignore[call-overload]


LIGHT_MODULES = (
    "adarec.catalog",
    "adarec.config",
    "adarec.plan",
    "adarec.serving",
    "adarec.runs",
    "adarec.runs.workspace",
    "adarec.jobs",
    "adarec.data",
    "adarec.data.ingest",
    "app.gateway",
)


# Imports one after the other and says after which of them torch or ot was there.
WATCHED_IMPORTS = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
    if heavy := {"torch", "ot"} & set(sys.modules):
        print(f"{module} imports {', '.join(sorted(heavy))}")
        sys.exit(1)
"""


def imports_in_a_fresh_process(*modules: str) -> str:
    """What the process has to complain about; empty when every import stayed light."""
    command = [sys.executable, "-c", WATCHED_IMPORTS, *modules]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0 or result.stdout, result.stderr
    return result.stdout.strip()


def test_a_fresh_process_that_imports_the_light_rooms_has_no_torch() -> None:
    present = [module for module in LIGHT_MODULES if importlib.util.find_spec(module)]
    assert imports_in_a_fresh_process(*present) == ""
    if missing := sorted(set(LIGHT_MODULES) - set(present)):
        pytest.skip(f"{', '.join(missing)} do not exist yet; the others are light")


def test_a_heavy_import_is_noticed() -> None:
    assert "adarec.nets.ops imports torch" in imports_in_a_fresh_process("adarec.nets.ops")
