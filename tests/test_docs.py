"""Where a machine can check it, the documents tell the truth: the tour runs, names exist."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from adarec import catalog
from docs.generate import catalogue_page, settings_page

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def test_the_tour_finds_the_right_answer() -> None:
    tour = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    program = "\n\n".join(re.findall(r"^```python\n(.*?)^```", tour, re.S | re.M))
    lines = [line for line in program.splitlines() if line.strip()]
    assert 80 <= len(lines) <= 120
    names: dict[str, object] = {"__name__": "tour"}
    exec(compile(program, "docs/tour.md", "exec"), names)
    assert names["genotype"] == "dilconv3"


@pytest.mark.parametrize(
    ("name", "page"), [("catalogue.md", catalogue_page), ("settings.md", settings_page)]
)
def test_names_and_settings_are_documented(name: str, page: Callable[[], str]) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == page(), f"docs/{name} is behind the code; run `make docs`"


def test_the_written_pages_hold_every_name_and_setting() -> None:
    for entry in (*catalog.STAGES, *catalog.OPS, *catalog.TEACHERS, *catalog.PRESETS):
        assert f"| `{entry.name}` | {entry.title} |" in catalogue_page()
    for key in ("teacher.epochs", "search.alpha_learning_rate", "losses.mapping", "speedup"):
        assert f"| `{key}` | " in settings_page()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.S | re.M)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8"))
    }
    assert named - targets == set()


def test_the_readme_has_exactly_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Set-up")[1].split("\n## ")[0]
    block = re.search(r"```\n(.*?)```", section, re.S)
    assert block is not None
    commands = [line.split("#")[0].strip() for line in block[1].splitlines()]
    assert commands == ["make app", "make test"]
