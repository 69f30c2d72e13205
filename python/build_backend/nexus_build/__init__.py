"""The build backend of nexus-memory (PEP 517, 660): Go, a C compiler and the standard library.

It needs nothing from an index, so pip install . works offline. The same sources give the
same bytes: entries are sorted and carry a fixed time (SOURCE_DATE_EPOCH, or 1980).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from . import archives, metadata, native
from .places import PACKAGE, ROOT

Settings = Mapping[str, Any] | None

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel", "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
]  # fmt: skip


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    folder = Path(metadata_directory, metadata.dist_info())
    folder.mkdir()
    for name, data in metadata.files(native.wheel_tag(None)).items():
        (folder / name).write_bytes(data)
    return folder.name


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """The wheel: the Python files, the extension and the library beside it."""
    with native.built() as binaries:
        files = {f"nexus/{path.relative_to(PACKAGE)}": path.read_bytes() for path in archives.python_files()}
        files |= {f"nexus/{path.name}": path.read_bytes() for path in binaries}
        return archives.write_wheel(Path(wheel_directory), files, native.wheel_tag(binaries))


def build_editable(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """A wheel that points to the source tree, into which the binaries are built."""
    with native.built() as binaries:
        for path in binaries:
            (PACKAGE / path.name).unlink(missing_ok=True)  # a process may have the old one mapped
            (PACKAGE / path.name).write_bytes(path.read_bytes())
        pointer = {"nexus_memory.pth": f"{PACKAGE.parent}\n".encode()}
        return archives.write_wheel(Path(wheel_directory), pointer, native.wheel_tag(binaries))


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """The sources with the Go modules they need, so that Go and a C compiler are enough to build them."""
    return archives.write_sdist(Path(sdist_directory), ROOT)
