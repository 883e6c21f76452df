"""The machine and the versions behind the numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("sklstm", "numpy", "scikit-learn", "tensorflow", "keras", "scikeras", "torch", "skorch")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the compared packages."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def cpu_model() -> str:
    """Return the name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def describe() -> list[str]:
    """Describe machine, versions and time in lines of text."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
        f"load average {load:.2f}",
        ", ".join(f"{name} {number}" for name, number in versions().items()),
    ]
