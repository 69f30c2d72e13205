"""The metadata of the package, from python/pyproject.toml and the generated _abi.py."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from .places import PACKAGE, PROJECT, ROOT


# The licence, and the notices of whose texts the table of words was learnt from.
LICENSES = ("LICENSE", "engine/embed/NOTICE")


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def version() -> str:
    """The version of Nexus, whose one place is gen/abi/nexus.json; _abi.py is generated from it."""
    found = re.search(r'^VERSION = "([^"]+)"', (PACKAGE / "_abi.py").read_text("utf-8"), re.M)
    assert found, "_abi.py has no VERSION"
    return found[1]


def stem() -> str:
    """Name and version as file names begin with them."""
    return f"{project()['name'].replace('-', '_')}-{version()}"


def dist_info() -> str:
    return f"{stem()}.dist-info"


def core_metadata() -> bytes:
    """The file METADATA, also PKG-INFO of an sdist (core metadata 2.4)."""
    p = project()
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {p['name']}",
        f"Version: {version()}",
        f"Summary: {p['description']}",
        f"License-Expression: {p['license']}",
        *(f"License-File: {name}" for name in LICENSES),
        f"Keywords: {','.join(p['keywords'])}",
        f"Requires-Python: {p['requires-python']}",
        *(f"Classifier: {c}" for c in p["classifiers"]),
        *(f"Project-URL: {name}, {url}" for name, url in p["urls"].items()),
    ]
    for extra, requirements in p["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {r} ; extra == "{extra}"' for r in requirements)]
    lines += ["Description-Content-Type: text/markdown", "", (PROJECT / p["readme"]).read_text("utf-8")]
    return "\n".join(lines).encode()


def files(tag: str) -> dict[str, bytes]:
    """The files of .dist-info but RECORD, by name."""
    wheel = f"Wheel-Version: 1.0\nGenerator: nexus_build ({version()})\nRoot-Is-Purelib: false\nTag: {tag}\n"
    return {"METADATA": core_metadata(), "WHEEL": wheel.encode()}


def license_text(name: str) -> bytes:
    return (ROOT / name).read_bytes()
