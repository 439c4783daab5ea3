// A Batch pool with a certificate from Key Vault and the Azure Monitor agent, in a network that is there already.
import * as pulumi from "@pulumi/pulumi";
import { ExtensionPool } from "@pulumi/extension-pool";

const config = new pulumi.Config();
const workspaceIdentityId = config.require("workspaceIdentityId");

const render = new ExtensionPool("render", {
    resourceGroupName: config.require("resourceGroup"),
    accountName: config.require("batchAccount"),
    vmSize: "Standard_D4s_v5",
    image: "ubuntu-24.04",
    scaleSettings: {
        fixedScale: { targetDedicatedNodes: config.requireNumber("nodes"), resizeTimeout: "PT20M" },
    },
    taskSlotsPerNode: 4,
    networkConfiguration: {
        subnetId: config.require("subnetId"),
        publicIPAddressConfiguration: { provision: "NoPublicIPAddresses" },
    },
    // The pool gets an identity of its own, which may read the secrets of the vault, and the one of the workspace.
    identity: {
        create: true,
        readsCertificates: true,
        existing: [{ id: workspaceIdentityId }],
    },
    keyVaultAccess: [{ vaultId: config.require("keyVaultId") }],
    keyVaultCertificates: [
        { url: config.require("certificateUrl"), certificateStoreLocation: "/etc/render/certificates" },
    ],
    extensions: [
        {
            name: "AzureMonitorLinuxAgent",
            publisher: "Microsoft.Azure.Monitor",
            type: "AzureMonitorLinuxAgent",
            typeHandlerVersion: "1.21",
            autoUpgradeMinorVersion: true,
            settings: {
                authentication: {
                    managedIdentity: {
                        "identifier-name": "mi_res_id",
                        "identifier-value": workspaceIdentityId,
                    },
                },
            },
        },
    ],
    metadata: [{ name: "team", value: "rendering" }],
    tags: { environment: pulumi.getStack() },
    // An edit that Azure refuses makes a new pool beside the old one, which goes once the new one has proved itself.
    rollout: {
        strategy: "blue-green",
        gate: { require: "95%", timeout: "PT30M" },
        drain: { jobs: "migrate" },
    },
});

export const poolName = render.poolName;
export const poolId = render.poolId;
export const extensionNames = render.extensionNames;
