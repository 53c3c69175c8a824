"""Settings from plain data and from the command line, with one clear line for what does not
fit.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from adarec.config.run import RunSettings
from adarec.errors import SettingsError

M = TypeVar("M", bound=BaseModel)


def read_settings(tree: dict[str, Any]) -> RunSettings:
    """Settings from plain data.

    Raises:
        SettingsError: One line that names each wrong key, what was found and what is needed.
    """
    return read_as(RunSettings, tree)


def read_as(settings: type[M], tree: Mapping[str, Any]) -> M:
    """`tree` as settings of the given class.

    Raises:
        SettingsError: One line that names each wrong key, what was found and what is needed.
    """
    try:
        return settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """`KEY=VALUE` pairs of the command line as a dict; values stay text and are checked by the
    settings.

    Raises:
        SettingsError: A pair has no `=`.
    """
    found = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise SettingsError(
                f"--set {pair!r} has no '='. Write --set KEY=VALUE, such as --set search.epochs=3."
            )
        found[key.strip()] = value.strip()
    return found


def _one_line(error: ValidationError) -> str:
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "settings"
        found = (
            ""
            if problem["type"] in ("value_error", "missing")
            else f" (found {problem['input']!r})"
        )
        problems.append(f"{key}: {problem['msg'].removeprefix('Value error, ')}{found}")
    return "Settings do not fit: " + "; ".join(problems) + ". See docs/settings.md."
