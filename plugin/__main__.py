"""`ExtensionPool` for programs in other languages: what Pulumi starts as the plugin of the package `extension-pool`."""

import sys
from pathlib import Path

# Pulumi starts this folder and has nothing else of the project on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "components"))

from extension_pool.languages.host import serve

if __name__ == "__main__":
    serve()
