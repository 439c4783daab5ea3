"""Stack files for pages that speak of a stack which their reader has already."""

_HEAD = """config:
  azure-native:location: westeurope
  extension-pool:resourceGroup: {name: rg-batch-prod}
  extension-pool:batchAccount: {name: extpoolprod}
"""

_MONITORING = """
      extensions:
        - name: monitoring
          publisher: Microsoft.Azure.Monitor
          type: AzureMonitorLinuxAgent
          typeHandlerVersion: "1.21"
          autoUpgradeMinorVersion: true
"""

OPERATED = f"""{_HEAD}
  extension-pool:keyVault: {{name: kv-extpool-prod, resourceGroup: rg-platform-prod}}
  extension-pool:pools:
    render:
      image: ubuntu-24.04
      vmSize: Standard_D4s_v5
      scaleSettings: {{fixedScale: {{targetDedicatedNodes: 40}}}}
      keyVaultCertificates:
        - https://kv-extpool-prod.vault.azure.net/secrets/render-tls{_MONITORING}"""
"""docs/operating.md: 40 nodes with a certificate and monitoring."""

_NETWORK = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-net/providers/Microsoft.Network"

OPEN = f"""{_HEAD}
  extension-pool:pools:
    render:
      image: ubuntu-24.04
      vmSize: Standard_D4s_v5
      scaleSettings: {{fixedScale: {{targetDedicatedNodes: 4}}}}
      identity: {{create: false}}
      networkConfiguration:
        subnetId: {_NETWORK}/virtualNetworks/batch/subnets/nodes
        endpointConfiguration:
          inboundNatPools:
            - name: ssh
              protocol: TCP
              backendPort: 22
              frontendPortRangeStart: 20000
              frontendPortRangeEnd: 20100
"""
"""docs/policy.md: a pool that everybody can reach."""

ROLLED = f"""{_HEAD}
  extension-pool:pools:
    render:
      image: ubuntu-24.04
      vmSize: Standard_D4s_v5
      scaleSettings: {{fixedScale: {{targetDedicatedNodes: 48}}}}
      rollout: {{strategy: blue-green}}{_MONITORING}"""
"""docs/ways-back.md: 48 nodes, replaced blue-green behind a gate."""
