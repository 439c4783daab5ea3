"""`status --node`: all that the service knows of one node, or of one extension on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import asking, showing
from .asking import Question
from .batch import BatchAccount
from .errors import BadUsage, UnknownPool
from .health import Verdict, judge_node
from .json_view import render_node_json
from .node_view import render_node
from .output import PageOutput, look, write, write_json
from .snapshot import Answer, NodeReading
from .text import some


@dataclass(frozen=True)
class OneNode:
    """A node, or one extension of it by its name in the pool."""

    node: str
    extension: str | None = None


def check(node: str | None, extension: str | None, output: PageOutput, others: Sequence[bool]) -> OneNode | None:
    """What --node and --extension ask for; None without them. `others`: whether options that are about pools are set.

    Raises `BadUsage`.
    """
    if node is None:
        if extension is not None:
            raise BadUsage("--extension: goes with --node, got it alone; add --node ID")
        return None
    # Both are parts of the request's path; an empty one, or one of dots, would ask for something else.
    for option, text in (("--node", node), ("--extension", extension)):
        if text is not None and (text.strip(". ") == "" or any(char in text for char in "/?#\\")):
            raise BadUsage(f"{option}: must be a name as 'extension-pool status' shows it, got {text[:100]!r}")
    if output is PageOutput.HTML or any(others):
        raise BadUsage(
            "--node: shows one node once, so --all, --watch, --wait, --require and --output html cannot go with it; "
            "leave them out"
        )
    return OneNode(node, extension)


def run(questions: Sequence[Question], wanted: OneNode, output: PageOutput) -> int:
    """Prints the node and returns the exit code: 0 if it, or the one extension, is healthy, else 1.

    In the place of a node of a stack's pool that was deleted outside Pulumi, that pool is printed.
    """
    if len(questions) != 1:
        got = some([question.pool for question in questions], 20)
        raise BadUsage(f"--node: needs exactly one pool, got {got}; add --pool NAME")
    with asking.accounts(questions) as accounts:
        (question,) = questions
        account = accounts[question.place]
        try:
            pool = account.pool(question.pool)
        except UnknownPool:
            if question.stack is None:
                raise
            showing.show([asking.missing(question)], output)
            return 1
        expected = question.expected if question.expected is not None else pool.expected
        reading = account.read_node(question.pool, wanted.node)
        if wanted.extension is not None:
            reading = _only(account, question.pool, reading, wanted.extension, expected or ())
            expected = (wanted.extension,)
    show = write_json if output is PageOutput.JSON else write
    show(_text(reading, expected, question, output))
    return 0 if judge_node(reading, expected).verdict is Verdict.HEALTHY else 1


def _text(reading: NodeReading, expected: Sequence[str] | None, question: Question, output: PageOutput) -> str:
    pool, account = question.pool, question.place.account
    if output is PageOutput.JSON:
        return render_node_json(reading, pool=pool, account=account, expected=expected)
    seen = look()
    return render_node(
        reading,
        pool=pool,
        account=account,
        expected=expected,
        width=seen.width,
        colour=seen.colour,
        unicode=seen.unicode,
    )


def _only(account: BatchAccount, pool: str, reading: NodeReading, name: str, expected: Sequence[str]) -> NodeReading:
    """`reading` with the one extension, by the call for one extension; with none where the node should have it.

    Raises `BadUsage` for an extension that nobody knows, and `CannotAsk`.
    """
    reported = [one for item in reading.extensions for one in (item.name, *item.aliases)]
    known = {one.casefold(): one for one in (*reported, *expected)}
    if reading.answer is Answer.ANSWERED and name.casefold() not in known:
        has = some(sorted(known.values())) or "none"
        raise BadUsage(f"--extension: must be an extension of the pool or the node, got {name!r}; it has {has}")
    if reading.answer is Answer.ANSWERED and name.casefold() not in {one.casefold() for one in reported}:
        return replace(reading, extensions=())
    # Whether Azure reads names in any case here is not documented.
    found = account.read_extension(pool, reading.node.id, known.get(name.casefold(), name))
    return replace(reading, answer=Answer.ANSWERED, extensions=(found,), problem=None)
