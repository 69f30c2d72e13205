"""Wheels and sdists, byte for byte the same from the same sources."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Iterator

from . import metadata, native
from .places import PACKAGE, epoch

# What an sdist carries; the backend and both pyproject.toml are among it.
_SDIST = ("LICENSE", "README.md", "go.mod", "go.sum", "pyproject.toml", "asm", "bindings/include", "capi", "engine", "kernels",
          "examples/python", "python")  # fmt: skip
_SKIPPED_FOLDERS = {"__pycache__", "testdata", "build", "dist"}


def python_files() -> Iterator[Path]:
    """The files of the package that are not built."""
    yield from sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyi", ".typed") or p.name == "py.typed")


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.gmtime(epoch())[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix: the permissions below count
    entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
    return entry


def write_wheel(folder: Path, files: dict[str, bytes], tag: str) -> str:
    """Writes a wheel of files, by name, with its metadata and RECORD; returns its name."""
    info = metadata.dist_info()
    ordered = dict(sorted(files.items()))
    ordered |= {f"{info}/{name}": data for name, data in metadata.files(tag).items()}
    for name in metadata.LICENSES:
        ordered[f"{info}/licenses/{name}"] = metadata.license_text(name)
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in ordered.items()]
    ordered[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    name = f"{metadata.stem()}-{tag}.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, data in ordered.items():
            archive.writestr(_zip_entry(path), data, compresslevel=9)
    return name


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _sources(root: Path) -> Iterator[Path]:
    for name in _SDIST:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and not _SKIPPED_FOLDERS.intersection(parts) and ".so" not in path.name and not path.name.endswith("_test.go"):
                yield path


def write_sdist(folder: Path, root: Path) -> str:
    """Writes an sdist with the Go modules vendored; returns its name."""
    stem = metadata.stem()
    name = f"{stem}.tar.gz"
    with tempfile.TemporaryDirectory(prefix="nexus-sdist-") as scratch:
        vendor = root / "vendor"  # there already where the sdist is made from an sdist
        if not vendor.is_dir():
            vendor = Path(scratch, "vendor")
            go = native.tool("go", "GO", "Install Go 1.26 or newer from https://go.dev/dl and have it in PATH.")
            native.run([*go, "mod", "vendor", "-o", str(vendor)], "collecting the Go modules")
        entries = {str(p.relative_to(root)): p for p in _sources(root)}
        entries |= {f"vendor/{p.relative_to(vendor)}": p for p in sorted(vendor.rglob("*")) if p.is_file()}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, f"{stem}/PKG-INFO", metadata.core_metadata(), 0o644)
            for path, file in sorted(entries.items()):
                _add(archive, f"{stem}/{path}", file.read_bytes(), 0o755 if path.endswith(".sh") else 0o644)
        with open(folder / name, "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=epoch()) as packed:
            packed.write(buffer.getvalue())
    return name


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), mode, epoch()
    archive.addfile(entry, io.BytesIO(data))
