"""The command line that carries out what was shown. Pure."""

import shlex
from collections.abc import Sequence


def command_line(command: str, *options: tuple[str, str | bool | Sequence[str] | None]) -> str:
    """`extension-pool COMMAND ... --yes`, quoted for a shell, with the options as they were given.

    An option is left out where its value is None, false or an empty list; true gives the bare option, a list one for
    each value.
    """
    words = ["extension-pool", command]
    for name, value in options:
        if value is True:
            words.append(name)
        elif isinstance(value, str):
            words += [name, value]
        else:
            words += [word for one in value or () for word in (name, one)]
    return shlex.join([*words, "--yes"])


def unless(value: str, default: str) -> str | None:
    """`value`, or None where it is the default and need not be said."""
    return None if value == default else value
