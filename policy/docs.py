"""The page of the rules: ``python -m policy.docs > docs/policy.md``. Pure."""

from __future__ import annotations

import json
import sys
import textwrap

from .configuration import LEVELS
from .model import Parameter, Rule
from .rules import RULES

_HEAD = """# Policy

A [CrossGuard](https://www.pulumi.com/docs/insights/policy/) pack with rules for Azure Batch pools: those of
`ExtensionPool` and those written with azure-native alone, of whatever API version. What Azure or a node would refuse,
what lies open, and what production should not go without is told in the preview, before anything changes.

```console
$ pulumi preview --policy-pack policy
...
Policies:
    ❌ extension-pool@v0.1.0 (local: policy)
        - [mandatory]  inbound-endpoints  (azure-native:batch:Pool: render-pool)
          networkConfiguration.endpointConfiguration.inboundNatPools[0].networkSecurityGroupRules: without rules
          everybody reaches ssh (SSH): Batch makes one that allows it; allow the addresses that need it, or remove ...
```

A mandatory violation ends `preview` and `up` with an error, and the pool is not made; an advisory one is shown. The
pack needs nothing but the environment that `pulumi install` or `make up` makes: it runs in `.venv` of this repository.
From another project, give its path: `--policy-pack ../batch-extension-pool/policy`. On local Azure, after `make up`:

```console
$ .venv/bin/python -m engine pulumi preview --stack dev --policy-pack policy
```

## What it sees

The pack sees what the program registers. A value that a preview does not know yet is not judged: the same rule judges
it in the update, before the pool is made (`key-vault-grant` and `production-rollout`, which look at the whole stack, at
its end). Identities that were made elsewhere may have grants elsewhere; there `key-vault-grant` advises, whatever its
level. Whether a gate is on is read from the stack file (`extension-pool:pools`); a program of your own that turns it
off is not seen through. The engine tells the pack which values are secret; these, and what looks like a secret, are
never shown.

## Configuration

One JSON file for each stack, in CrossGuard's own form: a level for a rule, or an object with the level and parameters.
This project's are in [`policy/config/`](../policy/config).

```console
$ pulumi preview --stack prod --policy-pack policy --policy-pack-config policy/config/prod.json
```

```json
{
  "image-retirement": {"enforcementLevel": "mandatory", "warnDays": 0},
  "required-tags": {"tags": ["environment", "cost-centre"]},
  "production-rollout": {"stacks": ["prod-*"], "exceptPools": ["scratch"]},
  "vm-size-retirement": "disabled"
}
```
"""

_AFTER_CONFIG = """
`enforcementLevel` is {levels}; `"all": "advisory"` is for every rule that the file does not
name. Every rule also takes

{common}

The pool of `ExtensionPool("render", ...)` is the resource `render-pool`; in Azure it is `render`, and under blue-green
`render-` with eight digits.

A file with a mistake stops the preview, with all its mistakes named. To check files without an
engine, which prints nothing where all is right:

```console
$ .venv/bin/python -m policy.configuration policy/config/prod.json
policy/config/prod.json: image-retirement.warnDay: is no parameter of image-retirement; did you mean warnDays?
```

(Where a rule that does not exist is given parameters and no level, the engine says `invalid enforcement level ""`
before the pack is asked; the command above tells which.)

## Production

The stack `prod` of this repository shows stack files, and is no example of production by these rules: its pools break
`production-protected`, `production-rollout` and `public-addresses`, and a preview of it with the pack ends with an
error. A stack that is copied from it passes with this under each pool, the subnet being yours and
leading to Batch without public addresses:

```yaml
extension-pool:pools:
  render:
    protect: true
    rollout: {{strategy: blue-green}}
    networkConfiguration:
      subnetId: /subscriptions/SUB/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/batch
      publicIPAddressConfiguration: {{provision: NoPublicIPAddresses}}
```

A protected pool cannot be replaced. For an edit that shall replace it, take `protect` away and put `render-pool` into
`exceptPools` of `production-protected`, all in one change; take both back in the next.

## In continuous integration

```yaml
- run: pulumi preview --stack prod --policy-pack policy --policy-pack-config policy/config/prod.json
```

With `--json` the engine keeps the violations to itself: only the exit code tells of mandatory ones. Run the pack in a
step of its own. `pulumi policy publish` is not for this pack, which takes its tables from the library beside it.

"""


def render_page() -> str:
    """The whole page."""
    table = "\n".join(
        f"| [`{rule.id}`](#{rule.id}) | {rule.level} | {_stacks(rule)} | {rule.title} |" for rule in RULES
    )
    common = "\n".join(_item(one) for one in RULES[0].parameters if one not in RULES[0].own)
    levels = ", ".join(f"`{one}`" for one in LEVELS)
    return (
        f"{_HEAD}{_AFTER_CONFIG.format(levels=levels, common=common)}"
        f"## Rules\n\n| rule | level | stacks | what holds |\n| --- | --- | --- | --- |\n{table}\n\n"
        + "\n".join(_section(rule) for rule in RULES)
    )


def _stacks(rule: Rule) -> str:
    return "all" if rule.stacks == ("*",) else ", ".join(f"`{one}`" for one in rule.stacks)


def _section(rule: Rule) -> str:
    source = f"<{rule.source}>" if rule.source.startswith("https://") else f"[{rule.source}]({rule.source[5:]})"
    parts = [
        f"### {rule.id}",
        _wrapped(f"{rule.title} {rule.level.capitalize()}: {rule.why}."),
        _wrapped(rule.do),
        "\n".join(_item(one) for one in rule.own),
        source,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _item(parameter: Parameter) -> str:
    return f"- `{parameter.name}`: {parameter.doc}; by default `{json.dumps(parameter.default)}`"


if __name__ == "__main__":
    sys.stdout.write(render_page())
