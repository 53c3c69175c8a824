"""Choices that cannot work are refused before a log is touched."""

import pytest
from pydantic import ValidationError

from adarec.data.settings import FORMATS, IngestSettings, LogFormat, validate_scene_name
from adarec.errors import SceneError

PATH_LIKE = ["../x", "a/b", "..", "a..b", "C:\\x", "/etc/passwd", "~/x", ".hidden"]
UNUSABLE = ["", " ", "x ", "x\n", "a\0b", "-rf", "a" * 65, "<b>", "a?b", "a&b=c", "=cmd|x", "💥"]


@pytest.mark.parametrize("name", PATH_LIKE + UNUSABLE)
def test_names_that_could_harm_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(SceneError, match="Choose another name") as caught:
        validate_scene_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ml-100k", "My shop (2024)", "映画", "a", "x" * 64, "v1.2+b"])
def test_ordinary_names_pass(name: str) -> None:
    assert validate_scene_name(name) == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "xlsx"},
        {"min_length": 2},
        {"min_length": 9, "max_length": 5},
        {"since": "last week"},
        {"min_user_interactions": -1},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IngestSettings(**wrong)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        IngestSettings().format = "csv"


def test_the_offered_formats_are_the_accepted_ones() -> None:
    assert set(FORMATS) == set(LogFormat.__args__)
