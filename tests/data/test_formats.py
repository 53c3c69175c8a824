"""One log in every format and packing gives one and the same scene."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adarec.data.ingest import build_scene
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import LogBytes, read_log_bytes
from adarec.errors import LogError

Rows = list[tuple[str, str, int, int]]


def text(rows: Rows, delimiter: str, header: str | None = None, *, scale: int = 1) -> bytes:
    lines = [] if header is None else [header]
    lines += [delimiter.join((u, i, str(r), str(t * scale))) for u, i, r, t in rows]
    return ("\n".join(lines) + "\n").encode()


def header(delimiter: str) -> str:
    return delimiter.join(("user_id", "item_id", "rating", "timestamp"))


def json_lines(rows: Rows) -> bytes:
    keys = ("userId", "movieId", "rating", "ts")
    return b"".join(json.dumps(dict(zip(keys, row, strict=True))).encode() + b"\n" for row in rows)


def json_array(rows: Rows) -> bytes:
    return b"[" + b",".join(json_lines(rows).splitlines()) + b"]"


def parquet(rows: Rows) -> bytes:
    users, items, ratings, times = zip(*rows, strict=True)
    table = pa.table(
        {
            "user": pa.array([int(u) for u in users]),
            "item": pa.array(items).dictionary_encode(),
            "stars": pa.array(ratings, pa.float32()),
            "time": pa.array([t * 1000 for t in times], pa.timestamp("ms")),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def retailrocket(rows: Rows) -> bytes:
    lines = ["timestamp,visitorid,event,itemid,transactionid"]
    lines += [f"{t * 1000},{u},view,{i}," for u, i, _, t in rows]
    return ("\n".join(lines) + "\n").encode()


def iso_dates(rows: Rows) -> bytes:
    lines = ["date,customer,product_id"]
    for user, item, _, seconds in rows:
        lines.append(f"{np.datetime64(seconds, 's')}Z,{user},{item}")
    return ("\n".join(lines) + "\n").encode()


RECBOLE = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
FILES: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "log.csv": ("csv", lambda rows: text(rows, ",", header(","))),
    "semicolon.csv": ("csv", lambda rows: text(rows, ";", header(";"))),
    "bar.txt": ("csv", lambda rows: text(rows, "|", header("|"))),
    "space.txt": ("csv", lambda rows: text(rows, " ", header(" "))),
    "log.tsv": ("tsv", lambda rows: text(rows, "\t", header("\t"))),
    "crlf.csv": ("csv", lambda rows: text(rows, ",", header(",")).replace(b"\n", b"\r\n")),
    "bom.csv": ("csv", lambda rows: b"\xef\xbb\xbf" + text(rows, ",", header(","))),
    "ms.csv": ("csv", lambda rows: text(rows, ",", header(","), scale=1000)),
    "iso.csv": ("csv", iso_dates),
    "u.data": ("movielens", lambda rows: text(rows, "\t")),
    "ratings.dat": ("movielens", lambda rows: text(rows, "::")),
    "log.jsonl": ("jsonl", json_lines),
    "array.json": ("jsonl", json_array),
    "log.parquet": ("parquet", parquet),
    "log.inter": ("recbole", lambda rows: text(rows, "\t", RECBOLE)),
    "events.csv": ("retailrocket", retailrocket),
}


def plain(content: bytes, name: str) -> tuple[str, bytes]:
    return name, content


def packed_gz(content: bytes, name: str) -> tuple[str, bytes]:
    return f"{name}.gz", gzip.compress(content)


def packed_zip(content: bytes, name: str) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._x", b"junk")
        archive.writestr(f"folder/{name}", content)
    return f"{name}.zip", buffer.getvalue()


@pytest.mark.parametrize("pack", [plain, packed_gz, packed_zip])
@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_scene(write_log, good_rows, name, pack) -> None:
    expected_format, render = FILES[name]
    file_name, content = pack(render(good_rows), name)
    scene, report = build_scene(read_log_bytes(write_log(content, file_name)), IngestSettings())
    assert report["format"] == expected_format
    assert report["dropped"] == []
    assert scene.user_ids == ["1", "2", "3", "4", "5", "6"]
    assert scene.summary["has_times"]
    for user in range(6):
        items = [scene.item_ids[i - 1] for i in scene.history(user)]
        assert items == [item for u, item, _, _ in good_rows if u == str(user + 1)]
    assert scene.times[0] == 1_600_000_000


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("log.csv", "csv"),
        ("log.tsv", "tsv"),
        ("u.data", "movielens"),
        ("log.jsonl", "jsonl"),
        ("log.parquet", "parquet"),
        ("log.inter", "recbole"),
        ("events.csv", "retailrocket"),
    ],
)
def test_a_format_can_be_chosen(good_rows, name: str, chosen: str) -> None:
    log = LogBytes(name, FILES[name][1](good_rows), "plain")
    scene, report = build_scene(log, IngestSettings(format=chosen))
    assert report["format"] == chosen
    assert scene.num_users == 6


@pytest.mark.parametrize("chosen", ["jsonl", "parquet", "recbole", "retailrocket", "tsv"])
def test_a_wrong_choice_is_refused(good_rows, chosen: str) -> None:
    log = LogBytes("log.csv", text(good_rows, ",", header(",")), "plain")
    with pytest.raises(LogError) as caught:
        build_scene(log, IngestSettings(format=chosen))
    assert "\n" not in str(caught.value)


def test_columns_are_chosen_by_number_without_a_header(good_rows) -> None:
    log = LogBytes("log.csv", text(good_rows, ","), "plain")
    choice = IngestSettings(user="1", item="2", time="4")
    scene, _ = build_scene(log, choice)
    assert scene.summary["interactions"] == 36
    assert scene.times[0] == 1_600_000_000


def test_columns_are_recognised_by_content(good_rows) -> None:
    lines = ["who,what,price,moment"]
    lines += [f"{u},{i},{r}.5,{t}" for u, i, r, t in good_rows]
    log = LogBytes("log.csv", "\n".join(lines).encode(), "plain")
    scene, report = build_scene(log, IngestSettings())
    assert report["columns"] == {"user": "who", "item": "what", "time": "moment", "rating": None}
    assert "check that this is right" in report["warnings"][0]
    assert scene.num_users == 6


@pytest.mark.parametrize(
    "header", ["Kunde;Artikel;Datum;Preis", "wer;was;wann;preis"], ids=["known names", "unknown"]
)
def test_a_log_of_another_language_is_read(good_rows, header: str) -> None:
    lines = [header]
    for user, item, _, time in good_rows:
        moment = datetime.fromtimestamp(time, UTC)
        lines.append(f"{user};{item};{moment:%d.%m.%Y %H:%M:%S};12,50")
    scene, report = build_scene(
        LogBytes("log.csv", "\n".join(lines).encode(), "plain"), IngestSettings()
    )
    user, item, time, _ = header.split(";")
    assert report["columns"] == {"user": user, "item": item, "time": time, "rating": None}
    expected = build_scene(
        LogBytes(
            "log.csv",
            "\n".join(
                ["user_id,item_id,timestamp", *(f"{u},{i},{t}" for u, i, _, t in good_rows)]
            ).encode(),
            "plain",
        ),
        IngestSettings(),
    )[0]
    np.testing.assert_array_equal(scene.items, expected.items)


def test_ids_as_large_as_seconds_do_not_hide_the_time(good_rows) -> None:
    items = {
        item: 214_000_000 + place for place, item in enumerate({i for _, i, _, _ in good_rows})
    }
    lines = ["who,what,moment"] + [f"{u},{items[i]},{t}.25" for u, i, _, t in good_rows]
    log = LogBytes("log.csv", "\n".join(lines).encode(), "plain")
    _, report = build_scene(log, IngestSettings())
    assert report["columns"]["time"] == "moment"


def test_two_columns_of_times_are_left_to_the_visitor(good_rows) -> None:
    lines = ["user,item,started,ended"] + [f"{u},{i},{t},{t + 9}" for u, i, _, t in good_rows]
    log = LogBytes("log.csv", "\n".join(lines).encode(), "plain")
    _, report = build_scene(log, IngestSettings())
    assert report["columns"]["time"] is None
    assert "may be the time: started, ended" in report["warnings"][0]


def test_what_is_chosen_by_hand_wins_over_names(good_rows) -> None:
    lines = ["user_id,item_id,session,shop,timestamp"]
    lines += [f"x,y,{u},{i},{t}" for u, i, _, t in good_rows]
    log = LogBytes("log.csv", "\n".join(lines).encode(), "plain")
    scene, report = build_scene(log, IngestSettings(user="session", item="shop", time="none"))
    assert scene.num_users == 6
    assert report["columns"]["time"] is None
    assert not scene.summary["has_times"]


def test_file_order_stands_in_for_missing_times(good_rows) -> None:
    lines = ["user_id,item_id"] + [f"{u},{i}" for u, i, _, _ in good_rows]
    scene, report = build_scene(
        LogBytes("l.csv", "\n".join(lines).encode(), "plain"), IngestSettings()
    )
    assert scene.summary["time_kind"] == "none"
    assert scene.times[:3].tolist() == [0, 6, 12]
    assert any("order of the file" in warning for warning in report["warnings"])


def test_quoted_fields_may_hold_delimiters_and_new_lines(good_rows) -> None:
    lines = ["user_id,item_id,review"]
    lines += [f'{u},"{i}, ""red""","nice,\nvery"' for u, i, _, _ in good_rows]
    scene, _ = build_scene(LogBytes("l.csv", "\n".join(lines).encode(), "plain"), IngestSettings())
    assert scene.item_ids[0] == '10, "red"'
    assert scene.summary["interactions"] == 36


def test_a_long_line_of_no_interest_is_no_obstacle(good_rows) -> None:
    lines = ["user_id,item_id,timestamp,review"]
    lines += [
        f"{u},{i},{t},{'y' * (10**6 if n == 7 else 1)}" for n, (u, i, _, t) in enumerate(good_rows)
    ]
    scene, _ = build_scene(LogBytes("l.csv", "\n".join(lines).encode(), "plain"), IngestSettings())
    assert scene.summary["interactions"] == 36


def test_numbers_of_json_and_parquet_name_the_items_of_csv() -> None:
    rows = [
        {"user": u, "item": float(10 + (u + t) % 5), "time": t} for u in range(4) for t in range(5)
    ]
    log = LogBytes("l.jsonl", "\n".join(json.dumps(row) for row in rows).encode(), "plain")
    assert "10" in build_scene(log, IngestSettings())[0].item_ids
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    log = LogBytes("l.parquet", buffer.getvalue(), "plain")
    assert "10" in build_scene(log, IngestSettings())[0].item_ids


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ml-100k/u.data", "movielens"),
        ("ml-100k/ml-100k.inter", "recbole"),
        ("retailrocket/events.csv.gz", "retailrocket"),
    ],
)
def test_the_providers_files_give_the_scenes(shared_data: Path, name, expected) -> None:
    path = shared_data / "raw" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    scene, report = build_scene(read_log_bytes(path), IngestSettings())
    cleaned = shared_data / f"{name.split('/')[0]}.csv.gz"
    reference, _ = build_scene(read_log_bytes(cleaned), IngestSettings())
    assert report["format"] == expected
    for key in ("users", "items", "interactions", "training_length_p90"):
        assert scene.summary[key] == reference.summary[key]


def test_a_lone_quote_is_an_ordinary_character(good_rows) -> None:
    titles = ["12 inch"] * 35 + ['12" inch']
    lines = ["user_id,item_id,title"]
    lines += [f"{u},{i},{t}" for (u, i, _, _), t in zip(good_rows, titles, strict=True)]
    scene, report = build_scene(
        LogBytes("l.csv", "\n".join(lines).encode(), "plain"), IngestSettings()
    )
    assert scene.summary["interactions"] == 36
    assert any("quotes do not pair" in warning for warning in report["warnings"])
