"""A user's mistake or a missing thing is one line on the page, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from pydantic import ValidationError

from adarec.errors import AdarecError

_MARKDOWN_SIGNS = frozenset("\\`*_{}[]<>$~#|:")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Shows an AdarecError, or a setting that does not validate, as one line where it happened.

    Everything else is a fault of the program: Streamlit reports it and the terminal has the
    details.
    """
    try:
        yield
    except AdarecError as error:
        st.error(as_text(str(error)))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        st.error(as_text(f"{name}: {first['msg']}" if name else first["msg"]))


def as_text(message: str) -> str:
    """`message` for a Markdown element, so that file names and ids in it are shown as they are."""
    return "".join(f"\\{sign}" if sign in _MARKDOWN_SIGNS else sign for sign in message)
