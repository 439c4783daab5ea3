"""Text from outside, made safe to print. Pure.

Extension messages, names and error texts come from software on the nodes and from the service. On a terminal a control
character in them can move the cursor, recolour or retitle the window, and a bidirectional override can reorder what
the reader sees; none of these carries meaning, so they are dropped.
"""

import unicodedata

# Cc: control characters, escape among them. Cf: bidirectional overrides, zero-width characters.
# Cs: half a surrogate pair, which no output encoding takes. Zl, Zp: line ends that some terminals obey.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def clean_line(text: str) -> str:
    """`text` as one line: runs of blanks and line ends become one space, control characters are dropped."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
    return " ".join(kept.split())


def clean_block(text: str) -> list[str]:
    """The non-empty lines of `text`, each through `clean_line`."""
    lines = (clean_line(line) for line in text.splitlines())
    return [line for line in lines if line]


def count(number: int, noun: str) -> str:
    """`1 node`, `3 nodes`: a number with its noun, for nouns whose plural is an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: list[str], limit: int = 10) -> str:
    """`names` joined by commas; those over `limit` are only counted."""
    shown = ", ".join(names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
