"""Titles from the item files that people have."""

from pathlib import Path

import pytest

from adarec.data.items_file import read_titles
from adarec.data.unpacking import LogBytes, read_log_bytes
from adarec.errors import LogError

FILES = {
    "items.csv": b"title,item_id\nOne,1\nTwo,2\n",
    "items.jsonl": b'{"asin": "1", "title": "One"}\n{"asin": "2", "title": "Two"}\n',
    "x.item": b"item_id:token\tmovie_title:token_seq\tclass:token_seq\n1\tOne\tA B\n2\tTwo\tC\n",
    "u.item": b"1|One|01-Jan-1995||http://x|0|1\n2|Two|01-Jan-1995||http://x|0|1\n",
    "movies.dat": b"1::One::Drama\n2::Two::Comedy|Crime\n",
}


@pytest.mark.parametrize("name", FILES)
def test_titles_are_found(name: str) -> None:
    assert read_titles(LogBytes(name, FILES[name], "plain")) == {"1": "One", "2": "Two"}


def test_old_movielens_files_are_latin_1() -> None:
    titles = read_titles(
        LogBytes("u.item", "1|Misérables, Les|x\n2|b|y\n".encode("latin-1"), "plain")
    )
    assert titles["1"] == "Misérables, Les"


def test_a_file_without_titles_is_named() -> None:
    with pytest.raises(LogError, match="item_id and a column title"):
        read_titles(LogBytes("items.csv", b"item_id,price\n1,2\n", "plain"))


def test_titles_are_cut_to_what_a_page_can_show() -> None:
    content = b"item_id,title\n1," + b"x" * 10_000 + b"\n2,b\n"
    assert len(read_titles(LogBytes("items.csv", content, "plain"))["1"]) == 300


def test_the_real_item_file(shared_data: Path) -> None:
    path = shared_data / "raw" / "ml-100k" / "ml-100k.item"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    titles = read_titles(read_log_bytes(path))
    assert titles["1"] == "Toy Story"
    assert len(titles) == 1682
