"""Readers and writers of the small files in a stage's folder: JSON, and arrays recorded once an
epoch.

Every write is atomic: a reader sees the old file or the new one, also after a kill in the middle
of a write.
"""

import json
import math
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from adarec.errors import ArtefactError

EPOCH_ARRAYS = "arrays.npz"
_EPOCHS = "__epochs__"


@dataclass(frozen=True)
class EpochArrays:
    """Arrays recorded over epochs: `epochs` int64 [E], ascending; each of `arrays` is [E, ...]."""

    epochs: np.ndarray
    arrays: dict[str, np.ndarray]


def write_json(path: Path, data: Any) -> None:
    """Write `data` to `path` atomically.

    Numpy numbers and arrays, paths and tuples become plain JSON; NaN and infinity become null,
    because JSON has no word for them.

    Raises:
        TypeError: `data` holds something that is not plain data.
    """
    text = json.dumps(_plain(data), indent=1, ensure_ascii=False, allow_nan=False)
    _replace(path, text.encode())


def read_json(path: Path) -> Any:
    """The data written by `write_json`.

    Raises:
        ArtefactError: The file is missing or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ArtefactError(f"{path} is missing. Run the stage that writes it again.") from error
    except ValueError as error:
        raise ArtefactError(
            f"{path} is not JSON ({error}). Delete it and run its stage again."
        ) from error


def write_epoch_arrays(folder: Path, epoch: int, arrays: Mapping[str, np.ndarray]) -> None:
    """Append one epoch's `arrays` to the folder's file.

    Writing an epoch that is there already replaces it and drops all later ones: a stage that
    resumes from an older checkpoint repeats its epochs.

    Raises:
        ArtefactError: Names or shapes differ from those of earlier epochs.
    """
    new = {name: np.asarray(value) for name, value in arrays.items()}
    before = read_epoch_arrays(folder)
    keep = before.epochs < epoch
    if keep.any():
        _check_same_layout(before, new, folder)
        new = {
            name: np.concatenate(
                [before.arrays[name][keep], value[np.newaxis]]
            )  # [E, ...] + [1, ...]
            for name, value in new.items()
        }
    else:
        new = {name: value[np.newaxis] for name, value in new.items()}
    epochs = np.append(before.epochs[keep], epoch).astype(np.int64)

    def write(file: IO[bytes]) -> None:
        np.savez(file, allow_pickle=False, **{_EPOCHS: epochs, **new})

    _replace_with(folder / EPOCH_ARRAYS, write)


def read_epoch_arrays(folder: Path) -> EpochArrays:
    """The arrays recorded so far; no epochs when nothing was recorded yet.

    Raises:
        ArtefactError: The file is damaged.
    """
    path = folder / EPOCH_ARRAYS
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return EpochArrays(epochs=arrays.pop(_EPOCHS), arrays=arrays)
    except FileNotFoundError:
        return EpochArrays(epochs=np.empty(0, dtype=np.int64), arrays={})
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactError(
            f"{path} cannot be read ({error}). Delete the folder and run its stage again."
        ) from error


def _check_same_layout(before: EpochArrays, new: dict[str, np.ndarray], folder: Path) -> None:
    old_shapes = {name: array.shape[1:] for name, array in before.arrays.items()}
    new_shapes = {name: array.shape for name, array in new.items()}
    if old_shapes != new_shapes:
        raise ArtefactError(
            f"{folder / EPOCH_ARRAYS} holds {old_shapes}; this epoch brings {new_shapes}. "
            "Every epoch needs the same names and shapes: run the stage again with --fresh."
        )


def _plain(data: Any) -> Any:
    if isinstance(data, np.ndarray | np.generic):
        return _plain(data.tolist())
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, Path):
        return str(data)
    return data


def plain_json(data: Any) -> str:
    """`data` as one line of valid JSON text, by the rules of `write_json`."""
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False)


def _replace(path: Path, content: bytes) -> None:
    def write(file: IO[bytes]) -> None:
        file.write(content)

    _replace_with(path, write)


def _replace_with(path: Path, write: Any) -> None:
    # The temporary file sits in the same folder, since a rename is atomic only inside one file
    # system.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
