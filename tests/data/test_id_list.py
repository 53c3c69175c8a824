"""Ids in one line: what a command takes, and what a page writes for it."""

import pytest

from adarec.data.id_list import join_ids, split_ids


@pytest.mark.parametrize(
    "ids", [["a", "b"], ["a, b", "c"], ['say "hi"', "x"], ["one"], ["5\u20ac", "=1", "'"]]
)
def test_ids_come_back(ids: list[str]) -> None:
    assert split_ids(join_ids(ids)) == ids


def test_blanks_around_commas_are_no_part_of_an_id() -> None:
    assert split_ids('c005 , c006,"a, b"') == ["c005", "c006", "a, b"]
