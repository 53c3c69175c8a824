"""Pages are tested without a worker: runs in these workspaces have records, but nothing to run."""

import pytest

from adarec import jobs


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Homes for which the app asked to continue interrupted runs; no process is started."""
    asked: list[str] = []

    def note(workspace: object) -> bool:
        asked.append(str(workspace.home))  # type: ignore[attr-defined]
        return False

    monkeypatch.setattr(jobs, "continue_interrupted", note)
    return asked
