"""Stage folders: `<key>` is whole, `<key>.partial` is under way, `<key>.lock` says that somebody
works on it.

The lock is the kernel's (flock), so it ends with the process that holds it, however that process
ends: nobody has to guess from a heartbeat's age whether an owner is dead.
"""

import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from adarec.errors import ArtefactError, StopRequested
from adarec.runs.files import read_json, write_json

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CLAIM = "claim.json"
_POLL_S = 0.1


class ArtefactStore:
    """The folders of all stages, each named by its key."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where the complete folder of `key` is, or will be.

        Raises:
            ArtefactError: `key` cannot be a folder's name.
        """
        if not _KEY.fullmatch(key):
            raise ArtefactError(
                f"{key!r} is not an artefact key; letters, digits, '-' and '_' are needed. "
                "Take keys from the plan of a run."
            )
        return self.root / key

    def partial_path(self, key: str) -> Path:
        """Where the folder of `key` grows until it is complete."""
        return self.path(key).with_name(f"{key}.partial")

    def is_complete(self, key: str) -> bool:
        """Whether the folder of `key` is whole."""
        return self.path(key).is_dir()

    def readable_path(self, key: str) -> Path | None:
        """The complete folder, else the growing one, else None."""
        # The complete folder is asked twice: it may be completed between the first two questions.
        for path in (self.path(key), self.partial_path(key), self.path(key)):
            if path.is_dir():
                return path
        return None

    def is_settled(self, key: str, *, fresh: bool, owner: str) -> bool:
        """Whether nothing is left to do for `key`: it is whole, and, where it is to be computed
        anew for the run `owner`, it was.
        """
        if not self.is_complete(key):
            return False
        if not fresh:
            return True
        return bool(owner) and self._claim(self.path(key)).get("fresh_for") == owner

    @contextmanager
    def claim(
        self,
        key: str,
        *,
        fresh: bool = False,
        owner: str = "",
        should_stop: Callable[[], bool] | None = None,
        on_wait: Callable[[str], None] | None = None,
    ) -> Iterator[Path | None]:
        """The growing folder of `key`, for this process alone; or None when there is nothing left
        to do.

        A clean exit of the block completes the folder. An exception leaves it as it is, so that
        the next claim goes on from its checkpoints. While another process holds the key this call
        waits for it, and yields None if that process completed it.

        Args:
            key: The stage's key.
            fresh: Compute again although the key is complete, and start with an empty folder.
                The complete one stays readable until it is replaced.
            owner: The run that claims. What the same owner already started fresh is continued,
                and what it already completed fresh yields None: a resumed `--fresh` run does not
                start over.
            should_stop: Asked while waiting.
            on_wait: Told once, in words, whom this claim waits for.

        Raises:
            StopRequested: `should_stop` said so while waiting.
        """
        lock = self._acquire(key, should_stop, on_wait)
        try:
            if self.is_settled(key, fresh=fresh, owner=owner):
                yield None
                return
            partial = self._prepare(key, fresh, owner)
            yield partial
            self._complete(key, partial)
        finally:
            lock.release()

    def delete(self, key: str) -> None:
        """Remove the folder of `key`, complete or not; a key that somebody works on is left alone.

        Raises:
            ArtefactError: Another process is working on the key.
        """
        lock = FileLock(self._lock_path(key))
        try:
            with lock.acquire(blocking=False):
                for ending in ("", ".partial", ".old"):
                    folder = self.path(key).with_name(f"{key}{ending}")
                    shutil.rmtree(folder, ignore_errors=True)
        except Timeout as error:
            raise ArtefactError(
                f"{key} is being computed by {self._holder(key)}. Stop that run, then delete."
            ) from error

    def _lock_path(self, key: str) -> Path:
        return self.path(key).with_name(f"{key}.lock")

    def _acquire(
        self,
        key: str,
        should_stop: Callable[[], bool] | None,
        on_wait: Callable[[str], None] | None,
    ) -> FileLock:
        lock = FileLock(self._lock_path(key))
        try:
            lock.acquire(blocking=False)
            return lock
        except Timeout:
            if on_wait is not None:
                on_wait(f"Waiting for {self._holder(key)}, which computes the same step")
        try:
            lock.acquire(poll_interval=_POLL_S, cancel_check=should_stop)
        except Timeout as error:
            raise StopRequested(f"stopped while waiting for {key}") from error
        return lock

    def _holder(self, key: str) -> str:
        claim = self._claim(self.partial_path(key))
        return f"process {claim.get('pid', '?')} on {claim.get('host', '?')}"

    @staticmethod
    def _claim(folder: Path) -> dict[str, object]:
        try:
            claim = read_json(folder / _CLAIM)
        except ArtefactError:
            return {}
        return claim if isinstance(claim, dict) else {}

    def _prepare(self, key: str, fresh: bool, owner: str) -> Path:
        partial = self.partial_path(key)
        earlier = self._claim(partial)
        is_continued = bool(owner) and earlier.get("fresh_for") == owner
        if fresh and not is_continued:
            shutil.rmtree(partial, ignore_errors=True)
            earlier = {}
        partial.mkdir(exist_ok=True)
        claim = {
            "owner": owner,
            "fresh_for": owner if fresh else earlier.get("fresh_for"),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": time.time(),
        }
        write_json(partial / _CLAIM, claim)
        return partial

    def _complete(self, key: str, partial: Path) -> None:
        _flush(partial)
        final = self.path(key)
        if final.is_dir():
            old = final.with_name(f"{key}.old")
            shutil.rmtree(old, ignore_errors=True)
            final.rename(old)
            partial.rename(final)
            shutil.rmtree(old, ignore_errors=True)
        else:
            partial.rename(final)
        _flush_folder(self.root)


def _flush(folder: Path) -> None:
    # A rename can reach the disk before the data it names: after a power cut a "whole" folder
    # would hold empty files.
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                os.fsync(file.fileno())
        _flush_folder(Path(parent))


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
