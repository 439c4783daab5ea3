"""The pool's identities."""

from __future__ import annotations

from datetime import date

from ..problems import Findings, Later, Problem
from ..spec import PoolSettings


def check_created_identity(pool: PoolSettings, today: date) -> Findings:
    """Only an identity that the component creates takes a name and tags."""
    identity = pool.identity
    if identity.creates:
        return Findings()
    return Findings(
        tuple(
            Problem(("identity", field), "is for an identity that the component creates", do="remove it")
            for field in ("name", "tags")
            if getattr(identity, field) is not None
        )
    )


def check_existing_identities(pool: PoolSettings, today: date) -> Findings:
    """Each identity is in the pool once."""
    ids = [one.id for one in pool.identity.existing or []]
    seen: set[str] = set()
    problems = []
    for index, one in enumerate(ids):
        if isinstance(one, Later):
            continue
        if one.lower() in seen:
            rule = "stands in the list already"
            problems.append(Problem(("identity", "existing", index, "id"), rule, one, do="remove it"))
        seen.add(one.lower())
    return Findings(tuple(problems))


def check_reading_identity(pool: PoolSettings, today: date) -> Findings:
    """One identity reads the certificates."""
    identity = pool.identity
    readers = [("identity", "reads_certificates")] if identity.reads_certificates else []
    if readers and not identity.creates:
        rule = "is for an identity that the component creates"
        return Findings.of(Problem(readers[0], rule, True, do="set it at the existing one"))
    existing = [
        ("identity", "existing", index, "reads_certificates")
        for index, one in enumerate(identity.existing or [])
        if one.reads_certificates
    ]
    every = [*readers, *existing]
    if len(every) < 2:
        return Findings()
    return Findings(tuple(Problem(path, "is true of another identity too", True, do="keep one") for path in every))


def check_identity_for_certificates(pool: PoolSettings, today: date) -> Findings:
    """Certificates and grants need a pool with an identity."""
    if pool.identity.creates or pool.identity.existing:
        return Findings()
    rule = "needs an identity of the pool, which has none"
    return Findings(
        tuple(
            Problem((field,), rule, do="let the component create one, or name one (identity.existing)")
            for field in ("key_vault_certificates", "key_vault_access")
            if getattr(pool, field)
        )
    )
