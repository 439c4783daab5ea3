"""The rules that need more than one field of a pool. Pure: one function a rule, each from a pool to findings.

Dates are judged against the date that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ..problems import Findings
from ..spec import PoolSettings
from . import extensions, image, key_vault, pool, scale

_RULES: tuple[Callable[[PoolSettings, date], Findings], ...] = (
    image.check_image,
    image.warn_of_image_past_support,
    image.warn_of_retiring_vm_size,
    scale.check_scale,
    extensions.check_reserved_types,
    extensions.check_extension_os,
    key_vault.check_certificates,
    extensions.check_extension_names,
    key_vault.check_existing_identity,
    key_vault.check_grant_names,
    pool.check_metadata_names,
)


def check_pool(settings: PoolSettings, today: date) -> Findings:
    """Everything that is wrong with a pool, and everything that deserves a warning."""
    findings = Findings()
    for rule in _RULES:
        findings += rule(settings, today)
    return findings
