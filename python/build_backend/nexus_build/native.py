"""The binaries: libnexus by capi/build.sh, the extension by one call of the C compiler."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Iterator

from .places import PROJECT, ROOT, BuildError

_GO_OLDEST = (1, 26)  # of go.mod
_FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared", "-fvisibility=hidden", "-s"]
_LINK = ["-Wl,-z,relro,-z,now", "-Wl,--push-state,--no-as-needed", "-l:libdl.so.2", "-Wl,--pop-state"]  # see nexus_floor.h


@contextlib.contextmanager
def built() -> Iterator[list[Path]]:
    """The library and the extension in a folder that is gone afterwards."""
    check_platform()
    with tempfile.TemporaryDirectory(prefix="nexus-build-") as folder:
        out = Path(folder)
        build_library(out)
        yield [build_extension(out), out / "libnexus.so.1"]


def check_platform() -> None:
    if sys.platform != "linux":
        raise BuildError(f"it runs on Linux, and this is {sys.platform}.")
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise BuildError("it needs CPython 3.11 or newer with the GIL.")
    if platform.libc_ver()[0] != "glibc":
        raise BuildError("it needs glibc; musl (Alpine) cannot load Go libraries.")


def tool(name: str, override: str, advice: str) -> list[str]:
    command = shlex.split(os.environ.get(override, "")) or [name]
    if not shutil.which(command[0]):
        raise BuildError(f"{command[0]} was not found. {advice}")
    return command


def run(command: list[str], what: str, **environment: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{what} failed:\n{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def compiler() -> list[str]:
    return tool("cc", "CC", "Install a C compiler (Debian: apt install gcc libc6-dev).")


def build_library(out: Path) -> None:
    go = tool("go", "GO", "Install Go 1.26 or newer from https://go.dev/dl and have it in PATH.")
    found = re.search(r"go(\d+)\.(\d+)", run([*go, "version"], "go version"))
    automatic = os.environ.get("GOTOOLCHAIN", "auto") != "local"  # then Go fetches the version it needs
    if found and (int(found[1]), int(found[2])) < _GO_OLDEST and not automatic:
        raise BuildError(f"Go {found[1]}.{found[2]} is too old, it needs {_GO_OLDEST[0]}.{_GO_OLDEST[1]}.")
    # No stamp of the version control: the same sources give the same bytes, inside git and outside.
    run(["sh", "capi/build.sh", str(out), "-buildvcs=false"], "building libnexus", CC=shlex.join(compiler()), GO=shlex.join(go))


def build_extension(out: Path) -> Path:
    include = sysconfig.get_path("include")
    if not Path(include, "Python.h").exists():
        raise BuildError(f"{include}/Python.h was not found. Install Python's headers (Debian: apt install python3-dev).")
    target = out / "_core.abi3.so"
    sources = sorted(str(path.relative_to(ROOT)) for path in (PROJECT / "src").glob("*.c"))
    run([*compiler(), *_FLAGS, f"-I{include}", "-Ibindings/include", "-include", "bindings/include/nexus_floor.h", *sources, *_LINK, "-o", str(target)], "compiling the extension")
    return target


def wheel_tag(binaries: list[Path] | None) -> str:
    """The wheel's tag: linux_ARCH, or what NEXUS_WHEEL_PLATFORM says once the binaries fit it."""
    wanted = os.environ.get("NEXUS_WHEEL_PLATFORM") or f"linux_{platform.machine()}"
    claimed = re.fullmatch(r"manylinux_(\d+)_(\d+)_\w+", wanted)
    for path in binaries or []:
        needed = glibc_needed(path) if claimed else (0, 0)
        if claimed and needed > (int(claimed[1]), int(claimed[2])):
            raise BuildError(f"{wanted} promises an older glibc than {path.name} needs ({needed[0]}.{needed[1]}).")
    return f"cp311-abi3-{wanted}"


def glibc_needed(path: Path) -> tuple[int, int]:
    """The newest version of glibc that a binary's symbols ask for."""
    objdump = tool("objdump", "OBJDUMP", "It checks a manylinux tag (Debian: apt install binutils).")
    found = re.findall(r"GLIBC_(\d+)\.(\d+)", run([*objdump, "-T", str(path)], "reading symbols"))
    return max(((int(major), int(minor)) for major, minor in found), default=(0, 0))
