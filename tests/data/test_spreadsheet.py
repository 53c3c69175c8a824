"""What leaves as CSV cannot run as a formula."""

import pytest

from adarec.data.spreadsheet import safe_cell, safe_csv


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =1"])
def test_formulas_are_defused(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["-1.5", "+7", "item", "a=b", "", 3, -2.5, None])
def test_data_stays_as_it_is(value: object) -> None:
    assert safe_cell(value) == value


def test_a_table_is_written() -> None:
    assert safe_csv(["item", "n"], [["=1", 2], ['a,"b"', 3]]) == 'item,n\n\'=1,2\n"a,""b""",3\n'
