"""The bytes of a log file: plain, .gz, or a single-file .zip. Bounded, and never on disk."""

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from adarec.errors import LogError

MAX_BYTES = 2**31 - 1  # of the unpacked log
_CHUNK = 1 << 22
_FREE_BYTES = 64 << 20  # a high ratio is no ground for suspicion below this size
_MAX_RATIO = 200  # interaction logs pack 3 to 20 times; a zip bomb 1,000 times

_FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "an SQLite database",
    b"\x80\x04\x95": "a Python pickle",
    b"\x80\x05\x95": "a Python pickle",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@dataclass(frozen=True)
class LogBytes:
    """The unpacked content of a log file."""

    name: str  # of the file inside the packing; its ending hints at the format
    data: bytes
    packing: str  # plain, gzip or zip


def read_log_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> LogBytes:
    """The content of `path`, unpacked in memory.

    Raises:
        LogError: The file is missing, empty, too large, encrypted, damaged, a zip of several
            files, or of a kind that holds no log.
    """
    name = _shown(path.name)
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(0)
            if head.startswith(b"\x1f\x8b"):
                log = LogBytes(name.removesuffix(".gz"), _gunzip(file, name, max_bytes), "gzip")
            elif head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
                log = _unzip(file, name, max_bytes)
            else:
                log = LogBytes(name, _read_bounded(file, name, max_bytes), "plain")
    except OSError as error:
        reason = error.strerror or str(error)
        raise LogError(
            f"{name} cannot be opened ({reason}). Give the path of a log file."
        ) from error
    _refuse_foreign(log)
    return log


def _gunzip(file: IO[bytes], name: str, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _read_bounded(unpacked, name, max_bytes, packed=file)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LogError(
            f"{name} is a damaged gzip file ({error}). Pack or download it again."
        ) from error


def _unzip(file: IO[bytes], name: str, max_bytes: int) -> LogBytes:
    try:
        with zipfile.ZipFile(file) as archive:
            entry = _only_entry(archive, name)
            if entry.flag_bits & 1:
                raise LogError(
                    f"{name} is an encrypted zip. A log without password is needed; "
                    "unpack it and give the file inside."
                )
            # What the directory declares is checked first, what really comes out as it comes.
            _refuse_excess(name, entry.file_size, entry.compress_size, max_bytes)
            with archive.open(entry) as unpacked:
                data = _read_bounded(unpacked, name, max_bytes, packed=file)
            return LogBytes(_shown(Path(entry.filename).name), data, "zip")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError) as error:
        raise LogError(
            f"{name} is a damaged or unusual zip file ({error}). "
            "Pack it again with an ordinary zip program."
        ) from error


def _only_entry(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
    ]
    if any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise LogError(f"{name} is an Excel or Word file. Save the table as CSV and give that.")
    if len(entries) != 1:
        raise LogError(
            f"{name} is a zip with {len(entries):,} files; one is needed. "
            "Unpack it and give the file with the interactions."
        )
    return entries[0]


def _read_bounded(
    file: IO[bytes] | gzip.GzipFile, name: str, max_bytes: int, *, packed: IO[bytes] | None = None
) -> bytes:
    """All bytes of `file`, unless they get too many, also for what `packed` has given so far."""
    chunks = []
    total = 0
    while chunk := file.read(_CHUNK):
        chunks.append(chunk)
        total += len(chunk)
        _refuse_excess(name, total, packed.tell() if packed else total, max_bytes)
    return b"".join(chunks)


def _refuse_excess(name: str, unpacked: int, packed: int, max_bytes: int) -> None:
    if unpacked > _FREE_BYTES and unpacked > _MAX_RATIO * max(packed, 1):
        raise LogError(
            f"{name} unpacks to more than {_MAX_RATIO} times its size, as a zip bomb does; a log "
            "packs 3 to 20 times. Unpack it yourself if you trust it, and give the file inside."
        )
    if unpacked > max_bytes:
        raise LogError(
            f"{name} holds more than {max_bytes / 2**30:.2g} GiB; at most that is read. "
            "Cut the log into parts, by time for example."
        )


def _shown(name: str) -> str:
    """A file name as messages and reports may carry it: one line, not endless."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    return clean if len(clean) <= 80 else clean[:60] + "…" + clean[-15:]


def _refuse_foreign(log: LogBytes) -> None:
    if not log.data.strip(b" \t\r\n\xef\xbb\xbf"):
        raise LogError(
            f"{log.name} is empty. One interaction per line is needed: user, item, time. "
            "Check that the export is complete."
        )
    for magic, what in _FOREIGN.items():
        if log.data.startswith(magic):
            raise LogError(
                f"{log.name} is {what}; a table of interactions is needed. "
                "Save it as UTF-8 CSV, JSON lines or Parquet."
            )
    if log.data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise LogError(
            f"{log.name} is packed twice; a log is unpacked once. "
            "Unpack it and give the file inside."
        )
