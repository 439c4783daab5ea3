"""Which extension waits for which."""

from __future__ import annotations

from datetime import date

from ..derived import key_vault_extension_name
from ..problems import Findings, Path, Problem, nearest
from ..spec import PoolSettings

_FIELD = "provision_after_extensions"


def check_provision_after(pool: PoolSettings, today: date) -> Findings:
    """``provisionAfterExtensions`` names extensions of this pool, and none waits for itself in the end."""
    wishes: list[tuple[Path, str, list[str]]] = [
        (("extensions", index, _FIELD), extension.name, extension.provision_after_extensions or [])
        for index, extension in enumerate(pool.extensions or [])
        if extension.name
    ]
    certificates = key_vault_extension_name(pool)
    if certificates is not None:
        after = (pool.key_vault_extension.provision_after_extensions if pool.key_vault_extension else None) or []
        wishes.append((("key_vault_extension", _FIELD), certificates, after))
    # of two extensions with one name, which is a problem of its own, the first counts
    waits = {name.lower(): (path, name, after) for path, name, after in reversed(wishes)}

    # where the certificates' extension has no name yet, a name may be its
    complete = certificates is not None or not pool.key_vault_certificates
    problems: list[Problem] = []
    for path, _, after in wishes:
        for position, name in enumerate(after):
            if isinstance(name, str) and name.lower() not in waits and complete:
                meant = nearest(name, [known for _, known, _ in wishes])
                do = f"did you mean {meant}? " if meant else ""
                do += "Give the name of an extension, not its type"
                problems.append(Problem((*path, position), "names no extension of this pool", name, do=do))
    graph = {
        key: [name.lower() for name in after if isinstance(name, str) and name.lower() in waits]
        for key, (_, _, after) in reversed(waits.items())
    }
    for cycle in _cycles(graph):
        path = waits[cycle[0]][0]
        words = " -> ".join(waits[key][1] for key in (*cycle, cycle[0]))
        problems.append(Problem(path, f"goes in a circle: {words}", do="let one of them not wait"))
    return Findings(tuple(problems))


def _cycles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Circles of the graph, each once."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in graph:
        trail: list[str] = []
        pending = [(start, iter(graph[start]))] if start not in done else []
        if pending:
            trail.append(start)
        while pending:
            node, following = pending[-1]
            step = next(following, None)
            if step is None:
                done.add(node)
                trail.pop()
                pending.pop()
            elif step in trail:
                found.append(trail[trail.index(step) :])
            elif step not in done:
                trail.append(step)
                pending.append((step, iter(graph[step])))
    return found
