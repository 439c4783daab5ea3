"""Which edits replace the pool, worked out of the table of mutability. Pure.

python -m extension_pool.replace_paths > components/extension_pool/replace_on_changes.py
"""

from __future__ import annotations

import sys
from itertools import takewhile

from .mutability import Azure, Ours, Rule, rules

EXTENSIONS_PATH = "deploymentConfiguration.virtualMachineConfiguration.extensions"

_MODULE = '''"""Which edits of a pool replace it.

Made from mutability.toml by `python -m extension_pool.replace_paths > components/extension_pool/replace_on_changes.py`:
every program with a pool needs the paths, and none of them the table.
"""

REPLACE_ON_CHANGES: tuple[str, ...] = (
{paths})
"""Paths in the words of the provider's diff: camelCase, ``properties`` left out. A path covers all that is below it.

Azure refuses to change these properties of a pool that has nodes (``PropertyCannotBeUpdated``), or takes them for new
nodes only: mutability.toml says it of each, with its source. The extensions are covered by what follows; they are named
for whoever reads a pool's options to see whether an edited extension reaches the nodes.
"""
'''


def replace_paths() -> tuple[str, ...]:
    """The fewest paths that cover every property whose change replaces the pool, and no other.

    In the provider's words, as ``replaceOnChanges`` takes them: a path covers all that is below it. Properties that all
    replace share the path of the object that they are in, so that an object that comes, goes or is not known yet
    replaces as well. The pool's address is left out: the provider replaces for it by itself.
    """
    others = [tuple(rule.path.split(".")) for rule in rules() if not _is_ours_to_replace(rule)]
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for rule in filter(_is_ours_to_replace, rules()):
        path = tuple(rule.path.split("."))
        groups.setdefault(_shortest(path, others), []).append(path)
    return tuple(".".join(_common(paths)) for paths in groups.values())


def render_replace_on_changes() -> str:
    """The module that the component reads."""
    return _MODULE.format(paths="".join(f'    "{path}",\n' for path in (EXTENSIONS_PATH, *replace_paths())))


def _is_ours_to_replace(rule: Rule) -> bool:
    return rule.ours is Ours.REPLACE and rule.azure is not Azure.OTHER_POOL


def _shortest(path: tuple[str, ...], others: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest beginning of a path that is the beginning of none of the others."""
    beginnings = (path[:size] for size in range(1, len(path)))
    return next((one for one in beginnings if all(other[: len(one)] != one for other in others)), path)


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest beginning that all paths share."""
    levels = (set(level) for level in zip(*paths, strict=False))
    return tuple(names.pop() for names in takewhile(lambda names: len(names) == 1, levels))


if __name__ == "__main__":
    sys.stdout.write(render_replace_on_changes())
