"""The command `import`: options in, plan out."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from ..api_versions import NEWEST, SPOKEN
from ..arm import parse_pool
from ..arm.body import split_pool_id
from ..problems import InvalidInput
from . import arm_reader
from .completing import complete_state
from .errors import BadUsage, OpsError
from .importing import Plan, plan_import, unseen
from .options import Form
from .output import Output, tell, write, write_json

_STDIN = "-"


def import_pool(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="The pool as JSON: a PUT body, a GET answer, or an ARM template; - is stdin."
        ),
    ] = None,
    pool: Annotated[
        str | None, typer.Option(metavar="RESOURCE_ID", help="Read the pool live from Azure Resource Manager instead.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the pool in the stack. Default: the pool's own.")
    ] = None,
    parameters: Annotated[
        str | None, typer.Option(metavar="FILE", help="The template's parameter file; plain values only.")
    ] = None,
    pool_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The pool's name, or which of a template's pools.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="NAME", help="The Batch account, where FILE is silent.")
    ] = None,
    resource_group: Annotated[
        str | None, typer.Option(metavar="NAME", help="The account's resource group, where FILE is silent.")
    ] = None,
    subscription: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The subscription, where FILE is silent. Default: AZURE_SUBSCRIPTION_ID."),
    ] = None,
    import_file: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write the import file there instead of printing it.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--complete-state",
            metavar="FILE",
            help="Print this state ('pulumi stack export --show-secrets'; - is stdin) with FILE's write-only values.",
        ),
    ] = None,
    output: Form = Output.TABLE,
) -> None:
    """Brings a pool that is already there under a stack: prints its configuration and the file for 'pulumi import'.

    The pool keeps its own identity and gets no grant. After the import a preview shows no change. Values that Azure
    never gives back (protected settings, passwords, keys) are listed by their places, and shown nowhere.

    --pool logs in as 'az login' (or any other of DefaultAzureCredential); AZURE_RESOURCE_MANAGER_ENDPOINT names another
    cloud than the public one.

    \b
    Examples:
      extension-pool import --pool /subscriptions/.../pools/render --import-file import.json > stack.yaml
      pulumi import --file import.json --generate-code=false --protect=false
      extension-pool import template.json --parameters prod.json --resource-group rg-batch --subscription ID
      pulumi stack export --show-secrets | extension-pool import pool.json --complete-state - | pulumi stack import

    \b
    Exit codes:
      0    the pool can be adopted as it is
      1    it cannot, and why
      2    bad usage, or a document that is none
      3    could not ask Azure
      130  interrupted
    """
    if (file is None) == (pool is None):
        raise BadUsage("import: needs FILE or --pool, and not both; --help has examples")
    if state is not None and (pool is not None or (file == _STDIN and state == _STDIN)):
        raise BadUsage("--complete-state: needs FILE with the values, and stdin can be read once; name files")
    options: dict[str, Any] = {
        "pool_name": pool_name,
        "account_name": account,
        "resource_group_name": resource_group,
        "parameters": _read(parameters, "--parameters") if parameters is not None else None,
    }
    document = _read(file, "FILE") if file is not None else _ask(str(pool), SPOKEN)
    try:
        if state is not None:
            arguments: Mapping[str, Any] = dict(parse_pool(document, **options))
            completed, done = complete_state(_read(state, "--complete-state"), arguments, _named(name, arguments))
            tell([f"in the state now: {place}" for place in done] or ["the state needs nothing of FILE"])
            write_json(json.dumps(completed, indent=2) + "\n")
            return
        where = subscription or os.environ.get("AZURE_SUBSCRIPTION_ID")
        plan = plan_import(document, date.today(), subscription=where, name=name, **options)
        if pool is not None:
            plan = replace(plan, notes=(*plan.notes, *_unseen(pool)))
    except InvalidInput as error:
        source = file if file is not None else "--pool"
        tell(f"{source}: {problem.sentence()}" for problem in error.problems)
        raise typer.Exit(2) from None
    if import_file is not None:
        _write_file(import_file, json.dumps(plan.import_file, indent=2) + "\n")
    if output is Output.JSON:
        write_json(render_json(plan))
    else:
        write(render_text(plan, with_import_file=import_file is None))
    if output is Output.TABLE:
        tell(remarks(plan))
    raise typer.Exit(1 if plan.obstacles else 0)


def render_text(plan: Plan, *, with_import_file: bool) -> str:
    """The stack configuration as YAML, and as a second document of the same stream the import file, which is JSON."""
    text = yaml.safe_dump({"config": plan.configuration}, sort_keys=False, allow_unicode=False, width=120)
    return text + (f"---\n{json.dumps(plan.import_file, indent=2)}\n" if with_import_file else "")


def render_json(plan: Plan) -> str:
    """The whole plan; its keys stay (new ones may be added)."""
    whole = {
        "name": plan.name,
        "poolId": plan.pool_id,
        "adoptable": not plan.obstacles,
        "stackConfiguration": plan.configuration,
        "importFile": plan.import_file,
        "writeOnly": [{"path": one.path, "required": one.required, "known": one.known} for one in plan.write_only],
        "obstacles": [problem.sentence() for problem in plan.obstacles],
        "notes": list(plan.notes),
    }
    return json.dumps(whole, indent=2) + "\n"


def remarks(plan: Plan) -> list[str]:
    """What a person must know besides the two documents."""
    return [
        *(f"note: {note}" for note in plan.notes),
        *(one.sentence() for one in plan.write_only),
        *(f"cannot be adopted as it is: {problem.sentence()}" for problem in plan.obstacles),
    ]


def _named(name: str | None, arguments: Mapping[str, Any]) -> str:
    return name or str(arguments.get("pool_name"))


def _ask(pool_id: str, version: str) -> Mapping[str, Any]:
    if split_pool_id(pool_id) is None:
        raise BadUsage(
            "--pool: must be the resource id of a pool, /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/"
            f"Microsoft.Batch/batchAccounts/ACCOUNT/pools/POOL, got {pool_id[:200]!r}"
        )
    return arm_reader.read_resource(pool_id.rstrip("/"), version, arm_reader.arm_endpoint(os.environ))


def _unseen(pool_id: str) -> list[str]:
    """What the version that is spoken does not show. Not every cloud has the newest one."""
    try:
        return unseen(_ask(pool_id, NEWEST))
    except OpsError as error:
        return [f"whether API version {NEWEST} shows more of the pool could not be asked: {error}"]


def _read(path: str, what: str) -> Any:
    try:
        text = sys.stdin.read() if path == _STDIN else Path(path).read_text(encoding="utf-8-sig")
        return json.loads(text)
    except OSError as error:
        raise BadUsage(f"{what}: must be a file that can be read, got {path!r} ({error.strerror})") from None
    except (ValueError, RecursionError):
        # neither the text nor the parser's message: both may show a secret
        raise BadUsage(f"{what}: must be JSON, got {path!r}; Bicep becomes JSON with: az bicep build") from None


def _write_file(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"--import-file: must be a file that can be written, got {path!r} ({error.strerror})") from None
