"""Everything a log can be but should not: one clear line each, and nothing half-saved."""

import gzip
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adarec.data.ingest import build_scene, ingest_log
from adarec.data.preview import preview_log
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import LogBytes, read_log_bytes
from adarec.errors import LogError

HEADER = "user_id,item_id,timestamp"
ROWS = [f"u{u},i{(u + t) % 7},{1_600_000_000 + 60 * t}" for u in range(6) for t in range(6)]
GOOD = "\n".join([HEADER, *ROWS])


def with_row(row: str) -> str:
    return "\n".join([HEADER, *ROWS[:2], row, *ROWS[3:]])


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    content = bytearray(zipped(log=GOOD.encode()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1  # the flag that says "encrypted"
    return bytes(content)


def zip_bomb(*, honest: bool) -> bytes:
    """200 MB of zeros in 200 kB; a dishonest one declares a small size."""
    content = bytearray(zipped(log=bytes(200 << 20)))
    if not honest:
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = content.find(signature) + offset
            content[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def repeated(user: str, item: str, count: int) -> str:
    rows = [f"{user.format(n)},{item.format(n)}" for n in range(count)]
    return "\n".join(["user_id,item_id", *rows])


BAD: dict[str, tuple[str | bytes, str]] = {
    "an empty file": (b"", "is empty"),
    "only blank lines": (b"\r\n \n", "is empty"),
    "only a header": (HEADER, "no rows"),
    "no header": ("\n".join(ROWS), "no header"),
    "no header, only words": ("ann,apple\nbob,pear\nann,pear", "no header"),
    "no known names": ("a,b,c,d\n1,2,3,4\n2,3,4,5", "no column could be taken for the user"),
    "a name twice": ("item_id,item_id\n1,2\n3,4", "two columns called 'item_id'"),
    "an unknown delimiter": (GOOD.replace(",", "^"), "found one column"),
    "one column": ("item_id\n1\n2", "found one column"),
    "one endless line": ("x" * 10**6, "found one column"),
    "one user": (repeated("u", "i{}", 9), "of one user only"),
    "one item": ("\n".join(["user_id,item_id", *[f"u{n % 3},i" for n in range(12)]]), "one item"),
    "all sequences too short": (repeated("u{}", "i{}", 18), "history under 3 events"),
    "nothing to train on": (
        "\n".join(["user_id,item_id", *[f"u{n % 5},i{n % 4}" for n in range(15)]]),
        "4 or more are needed",
    ),
    "words for times": (re.sub(r"\d{10}", "noon", GOOD), "no time could be read"),
    "rows of two lengths": (
        "\n".join([HEADER, *(row + ",1" * (n % 2) for n, row in enumerate(ROWS))]),
        "18 of 36 rows do not have the 3 columns",
    ),
    "an open quote": (
        GOOD.replace("item_id", '"item_id"') + '\nu0,"i2,1600000100',
        "never closed",
    ),
    "Latin-1": (with_row("u0,i\xe9,1600000000").encode("latin-1"), "0xE9 in line 4"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-16"),
    "binary junk": (bytes(range(256)) * 40, "binary"),
    "a zero byte": (GOOD.replace("i3", "i\0").encode(), "binary"),
    "a PDF": (b"%PDF-1.7 stuff", "a PDF document"),
    "a pickle": (b"\x80\x04\x95\x10\x00", "a Python pickle"),
    "an Excel file": (zipped(**{"[Content_Types].xml": b"<x/>", "xl": b""}), "Save the table"),
    "a damaged Parquet": (b"PAR1" + b"x" * 99 + b"PAR1", "no readable Parquet"),
    "JSON with a broken line": ('{"user":1,"item":2}\n{oops\n', "line 2 is no JSON"),
    "JSON that is no object": ("[1, 2, 3]", "is not a JSON object"),
    "JSON with lists": ('{"user":[1],"item":2}\n' * 9, "holds lists"),
    "JSON a hundred thousand deep": ('{"a":' * 100_000, "no JSON"),
    "a damaged gzip": (gzip.compress(GOOD.encode())[:60], "damaged gzip"),
    "a damaged zip": (zipped(log=GOOD.encode())[:90], "damaged"),
    "gzip in gzip": (gzip.compress(gzip.compress(GOOD.encode())), "packed twice"),
    "a zip of two": (zipped(a=GOOD.encode(), b=b"x"), "zip with 2 files"),
    "a zip of none": (zipped(), "zip with 0 files"),
    "an encrypted zip": (encrypted_zip(), "encrypted"),
    "a zip bomb": (zip_bomb(honest=True), "zip bomb"),
    "a zip bomb that lies": (zip_bomb(honest=False), "log"),
    "a gzip bomb": (gzip.compress(bytes(200 << 20), 1), "zip bomb"),
    "a million-character id": (with_row("u0," + "x" * 10**6 + ",1600000000"), "1,000,000 char"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_line_and_leaves_nothing(workspace, write_log, case) -> None:
    content, expected = BAD[case]
    path = write_log(content, "log")
    with pytest.raises(LogError, match=re.escape(expected)) as caught:
        ingest_log(workspace, path, name="bad")
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    assert message.endswith(".")
    assert workspace.store.scenes() == []
    assert list((workspace.home / "artefacts").iterdir()) == []


@pytest.mark.parametrize("case", BAD)
def test_a_preview_of_bad_input_fails_in_one_line_or_says_what_is_wrong(write_log, case) -> None:
    problem = ""
    try:
        problem = preview_log(write_log(BAD[case][0], "log")).problem or ""
    except LogError as error:
        problem = str(error)
    assert "\n" not in problem


def test_a_missing_file_and_a_folder_are_named(workspace, tmp_path) -> None:
    with pytest.raises(LogError, match="No such file"):
        ingest_log(workspace, tmp_path / "absent.csv", name="x")
    with pytest.raises(LogError, match="Is a directory"):
        ingest_log(workspace, tmp_path, name="x")


def test_a_log_over_the_limit_is_refused(write_log) -> None:
    with pytest.raises(LogError, match="at most that is read"):
        read_log_bytes(write_log(GOOD), max_bytes=100)


def test_a_hand_chosen_wrong_delimiter_is_answered_with_the_right_one() -> None:
    log = LogBytes("l.csv", GOOD.encode(), "plain")
    with pytest.raises(LogError, match="looks like comma"):
        build_scene(log, IngestSettings(delimiter=";"))


@pytest.mark.parametrize(
    "choice",
    [{"user": "nobody"}, {"user": "item_id", "item": "item_id"}, {"user": "item_id"}],
)
def test_columns_that_cannot_be_chosen(choice: dict[str, str]) -> None:
    with pytest.raises(LogError, match=r"no column 'nobody'|chosen twice|taken for the item"):
        build_scene(LogBytes("l.csv", GOOD.encode(), "plain"), IngestSettings(**choice))


def test_a_file_name_cannot_break_the_line(tmp_path) -> None:
    path = tmp_path / "evil\nname\x1b[31m.csv"
    path.write_bytes(b"")
    with pytest.raises(LogError) as caught:
        read_log_bytes(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "item",
    [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "映画🎬",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "e\u0301",
        "NaN",
        "-1",
    ],
)
def test_odd_ids_are_kept_as_they_are(item: str) -> None:
    content = GOOD.replace("i3", item)
    scene, _ = build_scene(LogBytes("l.csv", content.encode(), "plain"), IngestSettings())
    assert item in scene.item_ids
    assert scene.summary["interactions"] == 36


def test_a_path_inside_a_zip_goes_nowhere(workspace, write_log, tmp_path) -> None:
    path = write_log(zipped(**{"../../slipped-out.csv": GOOD.encode()}), "slip.zip")
    record = ingest_log(workspace, path, name="slip")
    assert record.summary["interactions"] == 36
    assert not list(tmp_path.parent.rglob("slipped-out.csv"))


BROKEN_TIMES = ["NaN", "", "-1", "1e300", "9" * 40, "inf", "yesterday", "2020-01-01"]


@pytest.mark.parametrize("time", BROKEN_TIMES)
def test_a_few_rows_without_a_usable_time_are_dropped_and_reported(time: str) -> None:
    log = LogBytes("l.csv", with_row(f"u0,i2,{time}").encode(), "plain")
    scene, report = build_scene(log, IngestSettings())
    assert scene.summary["interactions"] == 35
    assert report["dropped"] == [{"reason": "no usable time", "rows": 1, "users": 0}]


@pytest.mark.parametrize(
    ("time", "reason"),
    [("", "no usable time"), ("-1", "negative time"), ("1e300", "time after the year 2100")],
)
def test_many_rows_without_a_usable_time_are_refused_by_name(time: str, reason: str) -> None:
    rows = [row if n < 32 else f"{row.rsplit(',', 1)[0]},{time}" for n, row in enumerate(ROWS)]
    log = LogBytes("l.csv", "\n".join([HEADER, *rows]).encode(), "plain")
    with pytest.raises(LogError) as caught:
        build_scene(log, IngestSettings())
    message = str(caught.value)
    assert f"4 of 36 rows with {reason}, such as {time!r} (user 'u5', item 'i0')" in message
    assert "choose another time column, or 'none'" in message
    scene, _ = build_scene(log, IngestSettings(time="none"))
    assert scene.summary["interactions"] == 36, "the remedy in the message works"


@pytest.mark.parametrize(("broken", "is_refused"), [(3, False), (4, True)])
def test_rows_without_a_rating_are_dropped_unless_they_are_many(
    broken: int, is_refused: bool
) -> None:
    rows = [f"{row},{'?' if n < broken else 5}" for n, row in enumerate(ROWS)]
    log = LogBytes("l.csv", "\n".join([f"{HEADER},rating", *rows]).encode(), "plain")
    if is_refused:
        with pytest.raises(LogError, match="such as '\\?' .user 'u0', item 'i0'.*another rating"):
            build_scene(log, IngestSettings(min_rating=1))
        return
    _, report = build_scene(log, IngestSettings(min_rating=1))
    assert report["dropped"][0] == {"reason": "no usable rating", "rows": 3, "users": 0}


def test_rows_without_ids_or_of_a_wrong_length_are_dropped_and_reported() -> None:
    lines = [HEADER, *ROWS, "u9,,1600000000", ",i1,1600000000", "u0,i1,1600000000,extra"]
    log = LogBytes("l.csv", "\n".join(lines).encode(), "plain")
    scene, report = build_scene(log, IngestSettings())
    assert scene.summary["interactions"] == 36
    assert report["rows_read"] == 39
    assert report["dropped"] == [
        {"reason": "wrong number of columns", "rows": 1, "users": 0},
        {"reason": "no user or item id", "rows": 2, "users": 1},
    ]


# Bytes near to a log are more telling than noise: delimiters, digits, quotes, broken UTF-8.
log_like = st.lists(
    st.sampled_from(
        [
            b"user_id",
            b"item_id",
            b"ts",
            b",",
            b"\t",
            b"::",
            b"\n",
            b"\r\n",
            b'"',
            b"1",
            b"2",
            b"i",
            b"1600000000",
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b" ",
            b"nan",
            b"\xff",
            b"\xe6\x98\xa0",
            b"\0",
            b"PAR1",
            b"-",
        ]
    ),
    max_size=60,
).map(b"".join)


@given(st.one_of(st.binary(max_size=300), log_like))
def test_no_bytes_raise_anything_but_a_log_error(content: bytes) -> None:
    message = ""
    try:
        build_scene(LogBytes("log", content, "plain"), IngestSettings())
    except LogError as error:
        message = str(error)
    assert "\n" not in message
