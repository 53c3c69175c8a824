"""The file that says which target item is which source item."""

from pathlib import Path

import pytest

from adarec.data.items_map import read_items_map
from adarec.errors import LogError


def write(folder: Path, text: str) -> Path:
    path = folder / "map.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "t1,s1\nt2,s2\n",
        "target_id,source_id\nt1,s1\nt2,s2\n",
        "Source item;Target item\ns1;t1\ns2;t2",
        "t1\ts1\n\nt2\ts2\nt2\ts2\n",
        "\ufefftarget,source,title\nt1, s1,Dune\nt2,s2,Solaris\n",
        't1,"s1"\n"t2",s2\n',
        "target,title,source\nt1,Dune,s1\nt2,Solaris,s2\n",
        "\n\nt1\ts1\nt2\ts2\n",
    ],
)
def test_pairs_are_read(tmp_path: Path, text: str) -> None:
    assert read_items_map(write(tmp_path, text)) == {"t1": "s1", "t2": "s2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t1,s1\nt2\n", "row 2 holds 't2'"),
        ("t1,s1\nt2,\n", "row 2"),
        ("t1,s1\nt1,s2\n", "target id 't1' stands in two pairs"),
        ("t1,s1\nt2,s1\n", "source id 's1' stands in two pairs"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(LogError, match=words):
        read_items_map(write(tmp_path, text))


@pytest.mark.parametrize("rows", [3, 40_000])
def test_an_open_quotation_mark_is_told(tmp_path: Path, rows: int) -> None:
    """Whatever it would swallow, more than the reader's limit of a cell or less."""
    text = 't1,s1\nt2,"s2\n' + "".join(f"a{row},b{row}\n" for row in range(rows))
    with pytest.raises(LogError, match=r"map\.csv: after row 1 a quotation mark"):
        read_items_map(write(tmp_path, text))


def test_a_map_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_bytes("café,s1\n".encode("latin-1"))
    with pytest.raises(LogError, match="not UTF-8"):
        read_items_map(tmp_path / "map.csv")
