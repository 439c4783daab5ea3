"""How many nodes, and how tasks fill them."""

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class FixedScaleArgs(TypedDict):
    """``scaleSettings.fixedScale``: a number of nodes that stays."""

    target_dedicated_nodes: NotRequired[Input[int]]
    """Conditional: required unless target_low_priority_nodes is given. Left out, none."""
    target_low_priority_nodes: NotRequired[Input[int]]
    """Conditional: required unless target_dedicated_nodes is given. Spot or low-priority nodes, which Azure may take
    back. Left out, none."""
    resize_timeout: NotRequired[Input[str]]
    """Optional. ISO 8601 duration, at least PT5M. Left out, PT15M; the vendor advises PT30M above 1000 nodes."""
    node_deallocation_option: NotRequired[Input[str]]
    """Optional. What happens to tasks of nodes that go: Requeue (left out, this), Terminate, TaskCompletion,
    RetainedData."""


class AutoScaleArgs(TypedDict):
    """``scaleSettings.autoScale``: a formula decides."""

    formula: Input[str]
    """Required. https://learn.microsoft.com/azure/batch/batch-automatic-scaling"""
    evaluation_interval: NotRequired[Input[str]]
    """Optional. ISO 8601 duration from PT5M to PT168H. Left out, PT15M."""


class ScaleSettingsArgs(TypedDict):
    """How many nodes: exactly one of the two."""

    fixed_scale: NotRequired[FixedScaleArgs]
    """Conditional: a fixed number."""
    auto_scale: NotRequired[AutoScaleArgs]
    """Conditional: a formula."""


class TaskSchedulingPolicyArgs(TypedDict):
    """How tasks are spread over nodes with several task slots."""

    node_fill_type: Input[str]
    """Required. Spread or Pack."""
