"""How a change that replaces the pool reaches the nodes."""

from typing_extensions import NotRequired, TypedDict


class GateArgs(TypedDict):
    """What the nodes of a new pool must reach before the old pool goes and before whatever depends on the new one."""

    enabled: NotRequired[bool]
    """Optional. Left out, true. false: nothing is waited for, and the old pool goes as soon as the new one is made."""
    require: NotRequired[str]
    """Optional. How many of the wanted nodes must be usable with all their extensions succeeded, such as 95%. Left
    out, 100%."""
    timeout: NotRequired[str]
    """Optional. ISO 8601 duration: how long to wait for that. The gate ends earlier when it cannot pass any more. Left
    out, PT30M."""
    soak: NotRequired[str]
    """Optional. ISO 8601 duration: how long it must then stay so. Left out, PT0S."""


class DrainArgs(TypedDict):
    """What becomes of the jobs and job schedules of a pool that is replaced."""

    enabled: NotRequired[bool]
    """Optional. Left out, true. false: jobs are left alone; those of a pool that is gone wait for one of its name."""
    jobs: NotRequired[str]
    """Optional. migrate: jobs move to the new pool; running tasks may end, those that still run at the timeout are
    queued again. wait: the same, but nothing is deleted while a task runs. requeue, terminate: running tasks are queued
    again, or ended, at once. refuse: nothing is deleted while a job is active. Left out, migrate."""
    timeout: NotRequired[str]
    """Optional. ISO 8601 duration: how long running tasks and the move may take. Left out, PT1H."""


class CanaryArgs(TypedDict):
    """A small pool with the new configuration, tried before the working pool is touched."""

    nodes: int
    """Required. How many nodes it gets, 1 to 100. They need quota beside the working pool."""


class RolloutArgs(TypedDict):
    """How a change that Azure refuses on a live pool is rolled out."""

    strategy: NotRequired[str]
    """Optional. delete-first: the pool is deleted and made anew under its name. blue-green: the new pool is made beside
    the old one, under a name of its own, and the old one is deleted afterwards; needs quota for both, and a name of at
    most 55 characters. Left out, delete-first."""
    size: NotRequired[str]
    """Optional, blue-green. declared: the new pool gets the nodes of scale_settings. live: as many as the old one has
    at that moment; a formula of scale_settings counts again once the gate has passed. Left out, declared."""
    gate: NotRequired[GateArgs]
    """Optional. What a new pool must reach, else the update fails and the old pool stays. Left out, the defaults below
    for blue-green, and no gate for delete-first. A pool with a gate is destroyed with pulumi destroy --run-program."""
    canary: NotRequired[CanaryArgs]
    """Optional, delete-first. A small pool is tried first; when it fails, the working pool is left as it is. Left out,
    none."""
    drain: NotRequired[DrainArgs]
    """Optional. What becomes of the old pool's jobs. Left out, the defaults below for blue-green with its gate; else
    jobs are left alone. A pool with a drain is destroyed with pulumi destroy --run-program."""
    after: NotRequired[list[str]]
    """Optional, stack files only; in code, depends_on does it. Pools of the stack, by their names there, that must have
    passed their gates before this one is touched. Left out, none."""
