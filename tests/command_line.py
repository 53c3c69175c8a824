"""The command line in this process, as its tests use it."""

import json
import sys
from typing import Any

import pytest

from adarec import cli


class CommandLine:
    """Runs commands in this process, as `python -m adarec` would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> None:
        self.monkeypatch, self.capfd = monkeypatch, capfd

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.monkeypatch.setattr(sys, "argv", ["adarec", *map(str, arguments)])
        self.capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = self.capfd.readouterr()
        return int(ended.value.code or 0), out, err

    def json(self, *arguments: object) -> Any:
        """What a successful command prints with `--json`: one JSON value and nothing else."""
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        assert out.endswith("\n")
        assert out.count("\n") == 1
        return json.loads(out)

    def mistake(self, *arguments: object) -> str:
        """The one line that a user's mistake gives."""
        code, out, err = self.run(*arguments)
        assert code == 2, (out, err)
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("adarec: ")
        assert "Traceback" not in err
        return err
