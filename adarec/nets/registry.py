"""Builders registered under the names of the catalogue, so that a typo or a duplicate cannot win
silently.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from adarec.errors import RegistryError

Builder = TypeVar("Builder", bound=Callable[..., Any])


class Registry(Generic[Builder]):
    """Builders of one kind ("op", "teacher", …), each under a `known` name."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.known = tuple(known)
        self.builders: dict[str, Builder] = {}

    def register(self, name: str) -> Callable[[Builder], Builder]:
        """A decorator that files a builder under `name`.

        Raises:
            RegistryError: `name` is not in the catalogue or already taken.
        """

        def file(builder: Builder) -> Builder:
            if name not in self.known:
                raise RegistryError(
                    f"{self.kind} {name!r} is not in the catalogue. Add it to adarec/catalog."
                )
            if name in self.builders:
                taken_by = self.builders[name].__module__
                raise RegistryError(
                    f"{self.kind} {name!r} is already registered by {taken_by}. Rename one."
                )
            self.builders[name] = builder
            return builder

        return file

    def __getitem__(self, name: str) -> Builder:
        try:
            return self.builders[name]
        except KeyError:
            known = ", ".join(self.names())
            raise RegistryError(
                f"No {self.kind} is called {name!r}. Known: {known}. Choose one of these."
            ) from None

    def names(self) -> list[str]:
        """The registered names, in the catalogue's order."""
        return [name for name in self.known if name in self.builders]
