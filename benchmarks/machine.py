"""What the figures were measured on."""

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

#: Packages whose speed is measured, ours and the peers'; those not installed are left out.
PACKAGES = (
    *("astropy", "great-expectations", "h5py", "keras", "numpy", "onnxruntime", "openvino"),
    *("ray", "scikit-learn", "tensorflow", "tf-keras", "torch"),
)


def described() -> dict[str, str | int | float]:
    """Return cpu, cores, memory_gib, python, one entry per package, and date.

    All as ``machine.*``; the cores are those that this process may use.
    """
    found: dict[str, str | int | float] = {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    found["date"] = today()
    return {f"machine.{name}": value for name, value in found.items()}


def today() -> str:
    """Return the date, as 2026-01-31."""
    return datetime.date.today().isoformat()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
