"""The vendor page's pool, from its own JSON: by plain extensions, or by certificates."""

import json
from pathlib import Path

import pulumi

from extension_pool import ExtensionPool

config = pulumi.Config()
body = json.loads(Path(config.require("body")).read_text(encoding="utf-8"))
properties = body["properties"]
machines = properties["deploymentConfiguration"]["virtualMachineConfiguration"]
(extension,) = machines["extensions"]
(identity,) = body["identity"]["userAssignedIdentities"]
management = extension["settings"]["secretsManagementSettings"]
scale = properties["scaleSettings"]["fixedScale"]

arguments = {
    "resource_group_name": "rg-page",
    "account_name": "pageaccount",
    "pool_name": body["name"],
    "vm_size": properties["vmSize"],
    "image_reference": machines["imageReference"],
    "node_agent_sku_id": machines["nodeAgentSkuId"],
    "task_scheduling_policy": {"node_fill_type": properties["taskSchedulingPolicy"]["nodeFillType"]},
    "scale_settings": {
        "fixed_scale": {
            "target_dedicated_nodes": scale["targetDedicatedNodes"],
            "target_low_priority_nodes": scale["targetLowPriorityNodes"],
            "resize_timeout": scale["resizeTimeout"],
        }
    },
    "identity": {
        "existing": [
            {
                "id": identity,
                "client_id": extension["settings"]["authenticationSettings"]["msiClientId"],
                "principal_id": config.require("principal"),
            }
        ]
    },
}
if config.require("way") == "extensions":
    arguments["extensions"] = [
        {
            "name": extension["name"],
            "type": extension["type"],
            "publisher": extension["publisher"],
            "type_handler_version": extension["typeHandlerVersion"],
            "auto_upgrade_minor_version": extension["autoUpgradeMinorVersion"],
            "settings": extension["settings"],
            "protected_settings": extension["protectedSettings"],
        }
    ]
else:
    spelling = {
        "url": "url",
        "certificateStoreLocation": "certificate_store_location",
        "keyExportable": "key_exportable",
    }
    arguments["key_vault_certificates"] = [
        {spelling[key]: value for key, value in certificate.items()}
        for certificate in management["observedCertificates"]
    ]
    arguments["key_vault_extension"] = {
        "name": extension["name"],
        "polling_interval_in_s": management["pollingIntervalInS"],
        "require_initial_sync": management["requireInitialSync"],
    }

ExtensionPool("page", arguments)
