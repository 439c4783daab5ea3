"""Node sets as text, so that a table of cases can be read.

One line for each node: its state, then `name=word` for what it reports (`word` is the part after ProvisioningState/,
`name=` an extension without a status, `name=:word` another kind of code), then `!vanished`, `!Code` for a refusal, or
`?` for no answer.
"""

from extension_pool.ops.snapshot import (
    Answer,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    Status,
)

SILENT = {"creating", "leavingpool", "preempted", "deallocating", "deallocated"}


def node(line: str, number: int = 1) -> NodeReading:
    state, *words = line.split()
    drawn = Node(f"n{number}", state)
    if state in SILENT:
        return NodeReading(drawn, Answer.NOT_ASKED)
    for word in words:
        if word == "!vanished":
            return NodeReading(drawn, Answer.VANISHED, problem=Problem("NodeNotFound", "The node does not exist."))
        if word.startswith("!"):
            return NodeReading(drawn, Answer.REFUSED, problem=Problem(word[1:], "Not now."))
        if word == "?":
            return NodeReading(drawn, Answer.NO_ANSWER, problem=Problem("ServerBusy", "Busy."))
    return NodeReading(drawn, Answer.ANSWERED, tuple(extension(word) for word in words))


def extension(word: str) -> NodeExtension:
    name, _, state = word.partition("=")
    if not state:
        return NodeExtension(name)
    code = state[1:] if state.startswith(":") else f"ProvisioningState/{state}"
    return NodeExtension(name, statuses=(Status(code),))


def pool(
    lines: str,
    target: int | None = None,
    allocation: str = "steady",
    expected: tuple[str, ...] | None = ("a", "b"),
    resize: str = "",
    state: str = "active",
) -> PoolReading:
    nodes = tuple(node(line, number) for number, line in enumerate(lines.strip().splitlines(), 1))
    errors = (Problem(resize, "No room."),) if resize else ()
    return PoolReading(
        Pool(
            id="linux",
            state=state,
            allocation_state=allocation,
            expected=expected,
            target_nodes=len(nodes) if target is None else target,
            resize_errors=errors,
        ),
        nodes,
    )
