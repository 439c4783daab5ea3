"""Packs what runs on the nodes into `linux.payload` and `windows.payload`.

They are packed once and kept: compressors differ between machines, and a start task that differs without a reason is a
change of the pool.

python -m extension_pool.node_health.packing
"""

from __future__ import annotations

import base64
import gzip

from ..images import LINUX, WINDOWS
from .commands import HERE, payload_path

_END = "END_OF_FILE_OF_NODE_HEALTH"

# In a subshell, so that the user's own command runs where Batch has started it and with the umask it had.
_LINUX = """node_health() (
  umask 022
  python=$(command -v python3 || command -v /usr/libexec/platform-python) || {{
    echo "batch-node-health: this image has no python3" >&2; exit 1; }}
  mkdir -p "$1" && cd "$1" || {{
    echo "batch-node-health: the start task must run as administrator (userIdentity.autoUser.elevationLevel: Admin)" >&2
    exit 1; }}
{files}
  cd / && exec "$python" "$1/install.py" "$@"
)
"""

_FILE = """  cat > {name}.new <<'{end}' && mv -f {name}.new {name} || exit 1
{text}{end}"""


def pack(os_type: str) -> str:
    """What runs on the nodes of an operating system, packed: base64 of gzip."""
    return base64.b64encode(gzip.compress(bundle(os_type).encode(), 9, mtime=0)).decode()


def bundle(os_type: str) -> str:
    """The script for Windows; for Linux the shell function that puts the files into place and runs them."""
    if os_type == WINDOWS:
        return _source("server.ps1")
    files = "\n".join(_FILE.format(name=name, end=_END, text=_source(name)) for name in ("server.py", "install.py"))
    return _LINUX.format(files=files)


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in (LINUX, WINDOWS):
        payload_path(each).write_text(f"{pack(each)}\n", encoding="ascii")
