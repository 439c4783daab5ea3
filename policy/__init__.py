"""A CrossGuard policy pack for Azure Batch pools: those of `ExtensionPool` and those written with azure-native alone.

`pulumi preview --policy-pack policy`. The rules are in `rules/`, pure functions over plain data; `serving` speaks with
the engine. docs/policy.md lists the rules and how they are configured.
"""
