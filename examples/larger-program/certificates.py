"""The vault of the platform team, with the certificate that the nodes present."""

import pulumi
from pulumi_azure_native import authorization, keyvault, resources


class Certificates(pulumi.ComponentResource):
    """A vault that decides by roles, and a certificate in it."""

    vault: keyvault.Vault
    url: pulumi.Output[str]
    """Where the extension finds the certificate: without a version, so that a renewed one is taken."""

    def __init__(self, name: str, pfx: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        """pfx: certificate with its private key, a PFX in base64."""
        super().__init__("render-farm:index:Certificates", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = resources.ResourceGroup(f"{name}-certificates", opts=child)
        self.vault = keyvault.Vault(
            name,
            resource_group_name=group.name,
            properties={
                "tenant_id": authorization.get_client_config_output(
                    opts=pulumi.InvokeOutputOptions(parent=self)
                ).tenant_id,
                "sku": {"family": keyvault.SkuFamily.A, "name": keyvault.SkuName.STANDARD},
                "enable_rbac_authorization": True,
            },
            opts=child,
        )
        # ARM, and so azure-native, cannot make a certificate: it can write a secret that has one. That is enough for
        # nodes to read, and renewed by another `pulumi up`. Where the vault is to renew it by itself, make it there
        # (`az keyvault certificate create`) and give its URL to the pools instead.
        secret = keyvault.Secret(
            f"{name}-tls",
            resource_group_name=group.name,
            vault_name=self.vault.name,
            secret_name="render-tls",  # noqa: S106 - its name
            properties={"value": pfx, "content_type": "application/x-pkcs12"},
            opts=child,
        )
        # Of names, which stay known while vault or secret are updated (their tags, say); secret_uri does not, and a
        # preview would show the pools as replaced.
        self.url = pulumi.Output.concat("https://", self.vault.name, ".vault.azure.net/secrets/", secret.name)
        self.register_outputs({})
