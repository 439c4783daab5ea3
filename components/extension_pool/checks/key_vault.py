"""Certificates, the identity that reads them, and its grants."""

from __future__ import annotations

from collections import Counter
from datetime import date

from ..derived import os_type_of
from ..extensions.key_vault import check_certificate
from ..problems import Findings, Problem
from ..spec import PoolSettings


def check_certificates(pool: PoolSettings, today: date) -> Findings:
    """The options of certificates and of their extension fit the operating system and each other."""
    if not pool.key_vault_certificates:
        if pool.key_vault_extension is None:
            return Findings()
        do = "add the certificates, or remove the options"
        return Findings.of(Problem(("key_vault_extension",), "has no certificates to work on", do=do))
    os_type = os_type_of(pool)
    if os_type is None:
        return Findings()
    problems: list[Problem] = []
    for index, certificate in enumerate(pool.key_vault_certificates):
        problems += check_certificate(certificate, os_type, ("key_vault_certificates", index))
    return Findings(tuple(problems))


def check_existing_identity(pool: PoolSettings, today: date) -> Findings:
    """An existing identity is not made, so it takes no name and tags."""
    identity = pool.identity
    if identity.existing is None:
        return Findings()
    return Findings(
        tuple(
            Problem(("identity", field), "is for an identity that the component creates", do="remove it")
            for field in ("name", "tags")
            if getattr(identity, field) is not None
        )
    )


def check_grant_names(pool: PoolSettings, today: date) -> Findings:
    """Several grants are told apart by their names: their order must not matter."""
    counts = Counter(access.name for access in pool.key_vault_access or [])
    return Findings(
        tuple(
            Problem(
                ("key_vault_access", index, "name"),
                "must tell this grant from the others",
                access.name,
                do="give each vault of the pool a name of its own",
            )
            for index, access in enumerate(pool.key_vault_access or [])
            if counts[access.name] > 1
        )
    )
