"""What can keep the command from an answer, each with the exit code that scripts see.

Messages start with a lower-case path (the option or setting to look at), then the rule, the value and what to do.
They may quote the service, so whoever prints them cleans them first (`text.clean_block`).
"""


class OpsError(Exception):
    """The common base: one message for the person who must act, and the exit code."""

    exit_code = 3


class BadUsage(OpsError):
    """Asked wrongly or configured wrongly; asking again changes nothing. Exit code 2."""

    exit_code = 2


class UnknownPool(BadUsage):
    """The account (or the stack) has no such pool; the message names those that it has. Exit code 2."""


class UnknownNode(BadUsage):
    """The pool has no such node; the message names some that it has. Exit code 2."""


class CannotAsk(OpsError):
    """Azure gave no answer: no login, no permission, no connection. Exit code 3.

    `passing` is true when the same question may well succeed a little later (network, throttling, an outage).
    """

    exit_code = 3

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Declined(OpsError):
    """Azure understood a change and does not make it for the state that things are in. Exit code 1.

    `code` is Batch's own word, such as `NodeBeingRebooted` or `PoolBeingResized`.
    """

    exit_code = 1

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
