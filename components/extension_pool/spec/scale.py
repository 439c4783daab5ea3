"""How many nodes, and how tasks fill them."""

from typing import Literal

from ..azure_types import EvaluationInterval, LaterOr, NodeCount, ResizeTimeout, Text
from .base import SpecModel


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
