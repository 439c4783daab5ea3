"""The grants on key vaults, and the identity that gets them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from ..azure_types import GUID
from ..problems import Findings, Later, Problem, open_later
from ..roles import find_role, nearest_role, sufficient_roles
from ..spec import ACCESS_POLICY, RBAC, KeyVaultAccess, PoolSettings


def check_reader_is_chosen(pool: PoolSettings, today: date) -> Findings:
    """Of several identities one is chosen to read certificates, where there is something to read."""
    identity = pool.identity
    count = len(identity.existing or []) + identity.creates
    chosen = identity.reads_certificates or any(one.reads_certificates for one in identity.existing or [])
    if count < 2 or chosen or not (pool.key_vault_certificates or pool.key_vault_access):
        return Findings()
    rule = f"of {count} identities exactly one reads the certificates, and none is chosen"
    return Findings.of(Problem(("identity",), rule, do="mark the one that does: reads_certificates, true"))


def check_grant_names(pool: PoolSettings, today: date) -> Findings:
    """Several grants are told apart by their names: their order must not matter."""
    counts = Counter(access.name for access in pool.key_vault_access or [])
    return Findings(
        tuple(
            Problem(
                ("key_vault_access", index, "name"),
                "must tell this grant from the others",
                access.name,
                do="give each grant of the pool a name of its own",
            )
            for index, access in enumerate(pool.key_vault_access or [])
            if counts[access.name] > 1
        )
    )


def check_mode_is_known(pool: PoolSettings, today: date) -> Findings:
    """How a vault decides is looked up where the vault is known, and must be said where it is not."""
    return Findings(
        tuple(
            Problem(
                ("key_vault_access", index, "mode"),
                "required, since the vault is not known before it is made",
                allowed=f"{RBAC}, {ACCESS_POLICY}",
                do="say how the vault decides: its property enableRbacAuthorization is true in mode rbac",
            )
            for index, access in enumerate(pool.key_vault_access or [])
            if access.mode is None and isinstance(access.vault_id, Later)
        )
    )


def check_roles(pool: PoolSettings, today: date) -> Findings:
    """A role with which the extension can read a certificate; a custom role's id is taken at its word."""
    problems: list[Problem] = []
    for index, access in enumerate(pool.key_vault_access or []):
        path = ("key_vault_access", index, "role")
        role = find_role(access.role) if access.role is not None else None
        allowed = ", ".join(sufficient_roles())
        if role is not None and not role.suffices:
            rule = f"does not let the extension read a certificate: {role.name} {role.why}"
            problems.append(Problem(path, rule, access.role, allowed, f"use {sufficient_roles()[0]}"))
        elif access.role is not None and role is None and not re.fullmatch(GUID, access.role):
            meant = nearest_role(access.role)
            do = f"did you mean {meant}?" if meant else "give the id of a custom role"
            problems.append(Problem(path, "unknown role", access.role, allowed, do))
    return Findings(tuple(problems))


def check_what_only_rbac_has(pool: PoolSettings, today: date) -> Findings:
    """Access policies know no roles and no single secrets."""
    problems: list[Problem] = []
    for index, access in enumerate(pool.key_vault_access or []):
        if access.mode == ACCESS_POLICY:
            problems += what_only_rbac_has(index, access)
    return Findings(tuple(problems))


def what_only_rbac_has(index: int, access: KeyVaultAccess) -> list[Problem]:
    """What a grant on a vault with access policies cannot have."""
    rule = "is for vaults in mode rbac; an access policy grants get and list on all secrets of the vault"
    return [
        Problem(("key_vault_access", index, field), rule, do="remove it")
        for field in ("role", "secret_name")
        if getattr(access, field) is not None
    ]


def mode_not_found(index: int, access: KeyVaultAccess, why: str) -> Problem:
    """The problem of a vault that could not be asked how it decides."""
    return Problem(
        ("key_vault_access", index, "mode"),
        f"cannot be looked up: {why}",
        allowed=f"{RBAC}, {ACCESS_POLICY}",
        do=f"say it: how does {open_later(access.vault_id)} decide (its property enableRbacAuthorization)?",
    )
