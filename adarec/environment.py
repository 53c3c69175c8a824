"""What a figure was measured with: machine, threads, versions. Imports none of what it names."""

import hashlib
import os
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

REPORTED = ("torch", "onnxruntime", "numpy", "POT")


@lru_cache(maxsize=1)
def cpu_model() -> str:
    """The processor's name as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def package_versions() -> dict[str, str]:
    """Installed versions of the libraries that decide results and times."""
    versions = {"python": platform.python_version()}
    for name in REPORTED:
        try:
            versions[name.lower()] = version(name)
        except PackageNotFoundError:
            versions[name.lower()] = "missing"
    return versions


def machine_fingerprint() -> str:
    """Short text that differs where latencies would: processor, cores, onnxruntime version."""
    parts = (
        cpu_model(),
        str(os.cpu_count()),
        platform.system(),
        package_versions()["onnxruntime"],
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def describe_environment(threads: int) -> dict[str, Any]:
    """The `environment` key of results and benchmarks."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": threads,
        "device": "cpu",
        "system": platform.platform(terse=True),
        "versions": package_versions(),
    }
