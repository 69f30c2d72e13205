"""The wheel and the sdist: what is in them, and that they are built the same twice."""

from __future__ import annotations

import base64
import email
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import nexus

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "build_backend"))
backend: Any = __import__("nexus_build")
native: Any = __import__("nexus_build.native").native


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return Path(folder, backend.build_wheel(str(folder)))


def test_the_wheel_is_small_and_complete(wheel: Path) -> None:
    assert wheel.name == f"nexus_memory-{nexus.__version__}-cp311-abi3-linux_{os.uname().machine}.whl"
    assert wheel.stat().st_size <= 5_000_000
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("_core.abi3.so", "libnexus.so.1", "_abi.py", "py.typed", "_core.pyi", "langchain.py", "llamaindex.py"):
        assert f"nexus/{part}" in names
    for part in ("LICENSE", "engine/embed/NOTICE"):
        assert any(name.endswith(f".dist-info/licenses/{part}") for name in names)
    assert not any("pycache" in name or "test" in name for name in names)


def test_the_wheels_record_and_metadata_hold(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"nexus_memory-{nexus.__version__}.dist-info"
    for line in archive.read(f"{info}/RECORD").decode().splitlines():
        name, digest, size = line.rsplit(",", 2)
        data = archive.read(name)
        if digest:
            assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert int(size) == len(data)
    metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
    assert (metadata["Name"], metadata["Version"], metadata["Requires-Python"]) == ("nexus-memory", nexus.__version__, ">=3.11")
    assert set(metadata.get_all("Provides-Extra", [])) == {"langchain", "llamaindex"}
    assert "import nexus" in metadata.get_payload()


def test_a_manylinux_tag_is_given_to_what_fits_it(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        binaries = [Path(archive.extract(f"nexus/{name}", folder)) for name in ("_core.abi3.so", "libnexus.so.1")]
        monkeypatch.setenv("NEXUS_WHEEL_PLATFORM", "manylinux_2_17_x86_64")
        assert native.wheel_tag(binaries) == "cp311-abi3-manylinux_2_17_x86_64"
        monkeypatch.setenv("NEXUS_WHEEL_PLATFORM", "manylinux_2_1_x86_64")
        with pytest.raises(SystemExit, match="older glibc"):
            native.wheel_tag(binaries)


@pytest.mark.parametrize(("name", "advice"), [("GO", "go.dev"), ("CC", "apt install gcc")])
def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, advice: str) -> None:
    monkeypatch.setenv(name, "no-such-tool")
    with pytest.raises(SystemExit, match=f"no-such-tool was not found.*{advice}"):
        backend.build_wheel(str(tmp_path))


def test_the_sdist_builds_without_any_index_or_module_proxy(tmp_path: Path) -> None:
    name = backend.build_sdist(str(tmp_path))
    again = tmp_path / "again"
    again.mkdir()
    backend.build_sdist(str(again))
    assert (tmp_path / name).read_bytes() == (again / name).read_bytes()
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / name.removesuffix(".tar.gz")
    environment = os.environ | {"GOPROXY": "off", "GOFLAGS": "-mod=vendor", "GOMODCACHE": str(tmp_path / "empty")}
    target = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(target), str(source)]
    subprocess.run(command, check=True, env=environment, timeout=300)
    out = subprocess.run([sys.executable, "-c", "import nexus; print(nexus.__file__, nexus.info().version)"], check=True,
                         env=os.environ | {"PYTHONPATH": str(target)}, cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert out.stdout.split() == [str(target / "nexus/__init__.py"), nexus.__version__]


def test_both_folders_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    for i, folder in enumerate((PROJECT, PROJECT.parent)):
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "-w", str(tmp_path / str(i)), str(folder)]
        subprocess.run(command, check=True, timeout=300)
        assert (tmp_path / str(i) / wheel.name).read_bytes() == wheel.read_bytes()
