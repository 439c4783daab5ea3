"""The checked form of a pool's arguments: what each may be, its default, its limits. Pure.

Field names are the component's (snake_case); their aliases are those of stack files and other languages (camelCase).
The shapes are ARM's, `deploymentConfiguration.virtualMachineConfiguration` flattened, since a pool with extensions has
no other kind. https://learn.microsoft.com/azure/templates/microsoft.batch/batchaccounts/pools
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from typing_extensions import Self

from .azure_types import (
    AccountName,
    EvaluationInterval,
    Guid,
    ImageId,
    LaterOr,
    NodeCount,
    PollingInterval,
    PoolName,
    ResizeTimeout,
    ResourceGroupName,
    SecretUrl,
    TaskSlots,
    Text,
    UserAssignedIdentityId,
    VaultId,
)
from .problems import Later

DEFAULT_POLLING_INTERVAL = "3600"
"""Seconds between two looks at the vault: the value of the vendor's examples; the extension has no default."""

DEFAULT_MSI_ENDPOINT = "http://169.254.169.254/metadata/identity"
"""The metadata service as the Batch samples write it, for both operating systems."""


PLACEHOLDERS = "placeholders"
"""Key of the validation context: whether a `Later` may stand for a whole mapping."""


class SpecModel(BaseModel):
    """What all models of inputs share: strict types, no unknown keys, no values in error texts."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _placeholder_for_later(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if isinstance(value, Later) and info.context and info.context.get(PLACEHOLDERS):
            return cls.placeholder()
        return handler(value)

    @classmethod
    def placeholder(cls) -> Self:
        """Stands for a mapping that is wrong or missing, so that the rules can still judge what is around it."""
        required = (name for name, field in cls.model_fields.items() if field.is_required())
        return cls.model_construct(None, **dict.fromkeys(required, Later(None)))


class ImageReference(SpecModel):
    """``imageReference``: a Marketplace image, or the id of one's own."""

    publisher: LaterOr[Text] | None = None
    offer: LaterOr[Text] | None = None
    sku: LaterOr[Text] | None = None
    version: LaterOr[Text] | None = None
    id: LaterOr[ImageId] | None = None


class FixedScale(SpecModel):
    """``scaleSettings.fixedScale``."""

    target_dedicated_nodes: LaterOr[NodeCount] | None = None
    target_low_priority_nodes: LaterOr[NodeCount] | None = None
    resize_timeout: LaterOr[ResizeTimeout] | None = None
    node_deallocation_option: LaterOr[Literal["Requeue", "Terminate", "TaskCompletion", "RetainedData"]] | None = None


class AutoScale(SpecModel):
    """``scaleSettings.autoScale``."""

    formula: LaterOr[Text]
    evaluation_interval: LaterOr[EvaluationInterval] | None = None


class ScaleSettings(SpecModel):
    """``scaleSettings``: exactly one of the two."""

    fixed_scale: FixedScale | None = None
    auto_scale: AutoScale | None = None


class TaskSchedulingPolicy(SpecModel):
    """``taskSchedulingPolicy``."""

    node_fill_type: LaterOr[Literal["Spread", "Pack"]]


class MetadataItem(SpecModel):
    """One entry of ``metadata``."""

    name: LaterOr[Text]
    value: LaterOr[str]


class ExistingIdentity(SpecModel):
    """A user-assigned identity that is already there; client and principal id are looked up unless they are given."""

    id: LaterOr[UserAssignedIdentityId]
    client_id: LaterOr[Guid] | None = None
    principal_id: LaterOr[Guid] | None = None


class Identity(SpecModel):
    """The pool's user-assigned identity: one of our own (``name``, ``tags``), or ``existing``."""

    name: LaterOr[Text] | None = None
    tags: dict[str, LaterOr[str]] | None = None
    existing: ExistingIdentity | None = None


class KeyVaultAccess(SpecModel):
    """One grant: the pool's identity may read the secrets of a vault. ``name`` tells several grants apart."""

    vault_id: LaterOr[VaultId]
    name: Text | None = None


class Acl(SpecModel):
    """Read access to a certificate's private key for a local account of a Linux node."""

    user: LaterOr[Text]
    group: LaterOr[Text] | None = None


class KeyVaultCertificate(SpecModel):
    """One entry of ``observedCertificates``; a bare URL stands for ``{"url": URL}``."""

    url: LaterOr[SecretUrl]
    certificate_store_location: LaterOr[Text] | None = None
    certificate_store_name: LaterOr[Text] | None = None
    key_exportable: LaterOr[bool] | None = None
    accounts: list[LaterOr[Text]] | None = None
    custom_symbolic_link_name: LaterOr[Text] | None = None
    acls: list[Acl] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_url(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class KeyVaultExtension(SpecModel):
    """How the Key Vault extension that `key_vault_certificates` asks for is set up."""

    name: Text | None = None
    polling_interval_in_s: LaterOr[PollingInterval] = DEFAULT_POLLING_INTERVAL
    require_initial_sync: LaterOr[bool] = True
    link_on_renewal: LaterOr[bool] | None = None
    type_handler_version: Text = "3.0"
    auto_upgrade_minor_version: LaterOr[bool] = True
    enable_automatic_upgrade: LaterOr[bool] | None = None
    provision_after_extensions: list[Text] | None = None


class Extension(SpecModel):
    """One plain, ARM-shaped extension."""

    name: Text
    publisher: Text
    type: Text
    type_handler_version: LaterOr[Text] | None = None
    auto_upgrade_minor_version: LaterOr[bool] | None = None
    enable_automatic_upgrade: LaterOr[bool] | None = None
    settings: LaterOr[dict[str, Any]] | None = None
    protected_settings: LaterOr[dict[str, Any]] | None = None
    provision_after_extensions: list[Text] | None = None

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(name="", publisher="", type="")


class PoolSettings(SpecModel):
    """A pool, apart from the account that it is in."""

    pool_name: LaterOr[PoolName] | None = None
    display_name: LaterOr[Text] | None = None
    vm_size: LaterOr[Text]
    image: Text | None = None
    image_reference: ImageReference | None = None
    node_agent_sku_id: Text | None = None
    scale_settings: ScaleSettings | None = None
    identity: Identity = Field(default_factory=Identity)
    key_vault_access: list[KeyVaultAccess] | None = None
    key_vault_certificates: list[KeyVaultCertificate] | None = None
    key_vault_extension: KeyVaultExtension | None = None
    extensions: list[Extension] | None = None
    task_slots_per_node: LaterOr[TaskSlots] | None = None
    task_scheduling_policy: TaskSchedulingPolicy | None = None
    inter_node_communication: LaterOr[Literal["Enabled", "Disabled"]] | None = None
    metadata: list[MetadataItem] | None = None
    tags: dict[str, LaterOr[str]] | None = None


class PoolSpec(PoolSettings):
    """All of a pool: the arguments of `ExtensionPool`."""

    resource_group_name: LaterOr[ResourceGroupName]
    account_name: LaterOr[AccountName]


def plain_tree(value: Any) -> Any:
    """A model (or a list of models) as plain mappings without what was left out; free mappings in it stay as typed."""
    if isinstance(value, BaseModel):
        return present({name: plain_tree(getattr(value, name)) for name in type(value).model_fields})
    if isinstance(value, list):
        return [plain_tree(item) for item in value]
    return value


def present(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without its None values."""
    return {key: value for key, value in mapping.items() if value is not None}
