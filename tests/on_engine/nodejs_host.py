"""`pulumi-language-nodejs` for an engine that came without one: generates SDKs, and runs programs after `npm install`.

The runner of programs is in the npm package of Pulumi. https://github.com/pulumi/pulumi/tree/v3.255.0/sdk/nodejs/cmd/run
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine import go_tools, language_host
from engine.language_host import TOLD, LanguageHost, _children, _start, pb

RUNNER = Path("node_modules", "@pulumi", "pulumi", "cmd", "run", "index.js")


class NodeHost(LanguageHost):
    """The service; plugins in other languages are run by their own hosts."""

    def Run(self, request: Any, context: Any) -> Any:
        folder = Path(request.info.program_directory)
        options = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "organization": request.organization,
            "project": request.project,
            "root-directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": str(folder),
            "parallel": str(request.parallel),
        }
        command = ["node", str(folder / RUNNER), *(f"--{name}={value}" for name, value in options.items())]
        command += [*(["--dry-run"] if request.dryRun else []), str(folder)]
        environment = {
            **os.environ,
            "PULUMI_CONFIG": as_json(request.config),
            "PULUMI_CONFIG_SECRET_KEYS": as_json(list(request.configSecretKeys)),
            "PULUMI_NODEJS_TYPESCRIPT": "true",
        }
        child = _start(command, context, cwd=str(folder), env=environment)
        code = int(child.wait())
        _children.discard(child)
        if code in (0, TOLD):
            return pb.RunResponse(bail=code == TOLD)
        return pb.RunResponse(error=f"Program exited with non-zero exit code: {code}")

    def GeneratePackage(self, request: Any, context: Any) -> Any:
        command = [go_tools.get_tool(go_tools.SDKGEN), "nodejs", request.directory]
        subprocess.run(command, input=request.schema, text=True, check=True)
        return pb.GeneratePackageResponse()


def as_json(values: Any) -> str:
    return json.dumps(dict(values) if not isinstance(values, list) else values)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, language_host._leave)
    signal.signal(signal.SIGTERM, language_host._leave)
    language_host.LanguageHost = NodeHost  # type: ignore[misc]
    language_host.main(sys.argv[1:])
