"""Where things are, and how a build says that it cannot go on."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "python"
PACKAGE = PROJECT / "nexus"


class BuildError(SystemExit):
    """Ends the build with a sentence that says what is missing and how to get it."""

    def __init__(self, message: str) -> None:
        super().__init__(f"nexus-memory cannot be built: {message}")


def epoch() -> int:
    """Seconds since 1970 that every file of an archive carries; zip files begin in 1980."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800)
