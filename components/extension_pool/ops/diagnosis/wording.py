"""What two texts have in common when they differ only in what belongs to one node, one try or one moment. Pure.

For grouping only: what is shown is always the whole text of one node.
"""

import re

# In this order: what is longer or more particular first.
_PARTS = (
    (re.compile(r"\btvm(?:ps)?[-_][\w-]+", re.IGNORECASE), "<node>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE), "<guid>"),
    # 2026-11-20T10:00:00.1234567Z, 2024/08/12 17:40:48.375193, 11/20/2026 10:00:00 AM
    (
        re.compile(
            r"\b\d{1,4}[-/]\d{1,2}[-/]\d{1,4}"
            r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d{1,2}:\d{2}:\d{2}(?:\.\d+)?\b"), "<time>"),
    # the metadata service and the wire server are no node's address
    (re.compile(r"\b(?!169\.254\.169\.254\b)(?!168\.63\.129\.16\b)(?:\d{1,3}\.){3}\d{1,3}\b(?::\d{1,5}\b)?"), "<ip>"),
    (re.compile(r"\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", re.IGNORECASE), "<ip>"),
    (re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.])"), "<version>"),
    (re.compile(r"\b(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,})\b", re.IGNORECASE), "<hex>"),
    # HTTP statuses, ports and exit codes have at most three digits, or are told by the words before them
    (re.compile(r"(?<!exit code )(?<!exit code: )(?<!port )(?<![\w.:-])\d{4,}(?![\w-])", re.IGNORECASE), "<number>"),
    (
        re.compile(r"\b\d+(?:\.\d+)?(?= ?(?:ms|milliseconds?|s|secs?|seconds?|minutes?|tries|retries|attempts?)\b)"),
        "<number>",
    ),
    (re.compile(r"\b(attempt|try|retry|pid|process)([ #:=]+)\d+", re.IGNORECASE), r"\1\2<number>"),
)


def normalise(text: str) -> str:
    """`text` on one line, with GUIDs, node ids, times, addresses, versions and varying numbers as placeholders."""
    text = " ".join(text.split())
    for pattern, placeholder in _PARTS:
        text = pattern.sub(placeholder, text)
    return text
