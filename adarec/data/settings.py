"""What a person may choose when a log is read and cleaned. Frozen, and valid or not there."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adarec.data.timestamps import parse_moment
from adarec.errors import SceneError

FORMATS = ("auto", "csv", "tsv", "jsonl", "parquet", "movielens", "recbole", "retailrocket")
NO_COLUMN = "none"  # chosen for `time` or `rating`: ignore that column even if there is one
MIN_EVENTS = 3  # one to train on, one to validate on, one to test on

_NAME = re.compile(r"\w[\w .+()\-]{0,63}")

LogFormat = Literal[
    "auto", "csv", "tsv", "jsonl", "parquet", "movielens", "recbole", "retailrocket"
]


class ColumnChoice(BaseModel):
    """Columns chosen by hand; None leaves the choice to recognition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str | None = None
    item: str | None = None
    time: str | None = None
    rating: str | None = None


class IngestSettings(BaseModel):
    """How a log becomes a scene. Every field is part of the scene's key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: LogFormat = Field(
        default="auto", description="File format; auto looks at the content."
    )
    delimiter: str | None = Field(
        default=None, description="Column separator; empty means recognise it."
    )
    user: str | None = Field(default=None, description="Column with the user id.")
    item: str | None = Field(default=None, description="Column with the item id.")
    time: str | None = Field(
        default=None, description="Column with the time; 'none' uses file order."
    )
    rating: str | None = Field(
        default=None, description="Column with the rating; 'none' ignores it."
    )
    min_user_interactions: int = Field(
        default=0, ge=0, description="Drop users with fewer events, again and again (k-core)."
    )
    min_item_interactions: int = Field(
        default=0, ge=0, description="Drop items with fewer events, again and again (k-core)."
    )
    min_rating: float | None = Field(
        default=None, description="Drop events rated lower than this."
    )
    deduplicate: Literal["none", "exact", "consecutive"] = Field(
        default="none",
        description="Drop repeats: exact = same user, item and time; "
        "consecutive = the same item twice in a row.",
    )
    since: str | None = Field(
        default=None, description="Drop events before this date (or number)."
    )
    until: str | None = Field(
        default=None, description="Drop events at or after this date (or number)."
    )
    min_length: int = Field(
        default=MIN_EVENTS, ge=MIN_EVENTS, description="Drop shorter histories."
    )
    max_length: int | None = Field(
        default=None, ge=MIN_EVENTS, description="Drop longer histories."
    )
    seed: int = Field(
        default=0, ge=0, description="Seed of the hash that picks the architecture slice."
    )

    @field_validator("since", "until")
    @classmethod
    def _is_moment(cls, value: str | None) -> str | None:
        if value is not None and parse_moment(value) is None:
            raise ValueError(f"found {value!r}; needed an ISO date such as 2024-05-31, or seconds")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "IngestSettings":
        if self.max_length is not None and self.max_length < self.min_length:
            raise ValueError(
                f"max_length {self.max_length} is below min_length {self.min_length}; raise it"
            )
        return self

    @property
    def columns(self) -> ColumnChoice:
        """The four column choices on their own."""
        return ColumnChoice(user=self.user, item=self.item, time=self.time, rating=self.rating)


def validate_scene_name(name: str) -> str:
    """`name` itself when it can name a scene in commands, addresses and file names.

    Raises:
        SceneError: It is empty, too long, looks like a path or carries special characters.
    """
    if not _NAME.fullmatch(name) or ".." in name or name != name.strip():
        shown = ascii(name if len(name) <= 60 else name[:60] + "…")
        raise SceneError(
            f"The scene name {shown} cannot be used: a name is 1 to 64 letters, digits, spaces "
            "or . + - _ ( ), and starts with a letter or digit. Choose another name."
        )
    return name
