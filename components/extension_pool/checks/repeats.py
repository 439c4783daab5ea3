"""Values that must differ within a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..problems import Findings, Later, Notice, Path, Problem


def repeated(at: Path, field: str, values: Sequence[Any], *, fold: bool = False) -> list[Problem]:
    """A problem for each entry of a list whose ``field`` another entry has too. fold: upper and lower case are equal.

    values: one for each entry, in order; what is left out or not known yet is passed over.
    """
    keys = [value.lower() if fold and isinstance(value, str) else value for value in values]
    counts = Counter(key for key in keys if key is not None and not isinstance(key, Later))
    return [
        Problem((*at, index, field), "used by another entry too", values[index], do="give each its own")
        for index, key in enumerate(keys)
        if key is not None and not isinstance(key, Later) and counts[key] > 1
    ]


def warn_of_repeated(at: Path, field: str, values: Sequence[Any], *, fold: bool = False) -> Findings:
    """The same as a warning, for lists whose entries azure-native tells apart by ``field``: with two of one key every
    preview shows a change."""
    text = "used by another entry too: previews cannot tell the two apart and may show a change that is none"
    return Findings(notices=tuple(Notice(one.path, text) for one in repeated(at, field, values, fold=fold)))
