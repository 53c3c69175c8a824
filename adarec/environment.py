"""What a figure was measured with: machine, threads, versions. Imports none of what it names."""

import hashlib
import os
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_INSTRUCTIONS = (("avx512f", "AVX-512"), ("avx2", "AVX2"))  # by /proc/cpuinfo, the widest first
REPORTED = ("torch", "onnxruntime", "numpy", "POT")


@lru_cache(maxsize=1)
def cpu_model() -> str:
    """The processor's name as the system gives it, with the widest instructions that it has: one
    name may stand for processors that differ in them, in times and in the last bits of results.
    """
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.exists() else ""
    return cpu_of(text)


def cpu_of(cpuinfo: str) -> str:
    """`cpu_model` of a Linux system with this /proc/cpuinfo; without a name there, Python's."""
    found: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    model = found.get("model name") or platform.processor() or platform.machine()
    flags = found.get("flags", "").split()
    widest = next((words for flag, words in _INSTRUCTIONS if flag in flags), None)
    return f"{model} ({widest})" if widest else model


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
