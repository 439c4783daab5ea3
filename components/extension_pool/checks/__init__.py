"""The rules that need more than one field of a pool. Pure: one function a rule, each from a pool to findings.

Dates are judged against the date that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ..problems import Findings
from ..spec import PoolSettings
from . import (
    access,
    api_versions,
    drivers,
    extension_order,
    extension_settings,
    extensions,
    health,
    identity,
    image,
    key_vault,
    machines,
    network,
    pool,
    rollout,
    scale,
    sign_in,
    storage,
    tasks,
)

RULES: tuple[Callable[[PoolSettings, date], Findings], ...] = (
    image.check_image,
    image.check_node_agent,
    image.warn_of_image_past_support,
    image.warn_of_retiring_node_agent,
    image.warn_of_retiring_vm_size,
    image.warn_of_generation,
    scale.check_scale,
    scale.warn_of_formula_without_target,
    scale.warn_of_task_slots,
    scale.warn_of_inter_node_limit,
    scale.warn_of_few_addresses,
    extensions.check_reserved_types,
    extensions.check_listed_types,
    extensions.warn_of_unsure_listing,
    extensions.warn_of_retired_types,
    extensions.warn_of_automatic_upgrade,
    extensions.check_extension_os,
    extensions.warn_of_undocumented_os,
    key_vault.check_certificates,
    key_vault.check_certificate_version,
    extensions.check_extension_names,
    extensions.warn_of_repeated_types,
    extension_order.check_provision_after,
    extension_settings.check_plain_data,
    extension_settings.check_settings,
    extension_settings.check_protected_settings,
    extension_settings.check_proxy_credentials,
    extension_settings.check_dsc_arguments,
    extension_settings.warn_of_settings_as_text,
    key_vault.warn_of_pinned_certificates,
    key_vault.check_msi_endpoint,
    key_vault.warn_of_misplaced_authentication,
    key_vault.warn_of_idle_options,
    health.warn_of_agent_port,
    drivers.check_secure_boot,
    drivers.warn_of_missing_gpu,
    drivers.warn_of_second_driver,
    drivers.warn_of_missing_trusted_launch,
    identity.check_created_identity,
    identity.check_existing_identities,
    identity.check_reading_identity,
    identity.check_identity_for_certificates,
    access.check_reader_is_chosen,
    access.check_grant_names,
    access.check_mode_is_known,
    access.check_roles,
    access.check_what_only_rbac_has,
    sign_in.check_identity_is_there,
    sign_in.check_signed_in_identity,
    sign_in.warn_of_missing_authentication,
    sign_in.check_identity_references,
    machines.check_data_disks,
    machines.warn_of_repeated_registries,
    machines.check_disk_encryption,
    machines.check_windows_only,
    machines.check_security_profile,
    machines.check_upgrade_policy,
    network.check_nat_pools,
    network.check_frontend_ports,
    network.check_security_rules,
    network.check_public_addresses,
    storage.check_mounts,
    storage.check_application_packages,
    storage.check_resource_files,
    tasks.check_user_accounts,
    tasks.warn_of_repeated_environment_settings,
    tasks.check_user_identity,
    api_versions.warn_of_removed_properties,
    pool.check_metadata_names,
    rollout.check_name_has_room,
    rollout.check_strategy,
    rollout.check_after,
    rollout.warn_of_idle_version,
)


def check_pool(settings: PoolSettings, today: date) -> Findings:
    """Everything that is wrong with a pool, and everything that deserves a warning."""
    findings = [rule(settings, today) for rule in RULES]
    return Findings(
        tuple(problem for one in findings for problem in one.problems),
        tuple(notice for one in findings for notice in one.notices),
    )
