"""Pools from a JSON file: under `pools` name -> arguments of `ExtensionPool`. The configuration says where it is.

A mapping with one key of these stands for a value that Pulumi knows of: ``$secret`` marks what is in it, ``$output``
makes an Output of it, ``$tag`` is the tag `team` of an identity of `sources`, ``$clientId`` is its client id. `sources`
are made in each run: key -> name and team.
"""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi_azure_native import managedidentity

from extension_pool import ExtensionPool

config = pulumi.Config()
document = json.loads(Path(config.require("file")).read_text(encoding="utf-8"))

sources = {
    key: managedidentity.UserAssignedIdentity(
        key, resource_group_name="rg-test", resource_name_=source["name"], tags={"team": source["team"]}
    )
    for key, source in document["sources"].items()
}


def resolved(tree: Any) -> Any:
    if isinstance(tree, list):
        return [resolved(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "$secret" in tree:
        return pulumi.Output.secret(tree["$secret"])
    if "$output" in tree:
        return pulumi.Output.from_input(tree["$output"])
    if "$tag" in tree:
        return sources[tree["$tag"]].tags.apply(lambda tags: tags["team"])
    if "$clientId" in tree:
        return sources[tree["$clientId"]].client_id
    return {key: resolved(value) for key, value in tree.items()}


for name, arguments in document["pools"].items():
    ExtensionPool(name, resolved(arguments))
