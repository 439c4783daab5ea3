"""Every pattern of the table against texts that were really published; see quotes.toml."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from extension_pool.extensions import REGISTRY
from extension_pool.ops.diagnosis import Remedy
from extension_pool.ops.diagnosis.causes import (
    EXTENSION,
    NODE,
    POOL,
    RESIZE,
    START_TASK,
    Told,
    find_cause,
    find_causes,
    find_log,
    known_causes,
)
from extension_pool.ops.diagnosis.values import Surroundings, fill, fill_values
from extension_pool.ops.snapshot import Pool

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATA = tomllib.loads((Path(__file__).parent / "quotes.toml").read_text(encoding="utf-8"))
KNOWN = known_causes()

# What no text tells: rules of find.py, each with a test of its own in test_diagnosis.py.
BY_RULE = {
    "initial-sync-stuck",
    "extension-stuck",
    "extension-absent",
    "extension-not-in-pool",
    "extension-without-status",
    "node-unreachable",
    "contact-lost",
    "no-answer",
    "autoscale-failed",
    "image-past-support",
    "pool-missing",
}


def told(quote: dict[str, Any]) -> Told:
    at = quote.get("at", EXTENSION)
    code = quote.get("code", "ProvisioningState/failed" if at == EXTENSION else "")
    return Told(at, code, quote["text"], quote.get("type", ""))


QUOTES = [(quote, told(quote)) for quote in DATA["quote"]]
CODES = [
    (type_, number, cause)
    for table in DATA["exit_codes"]
    for type_ in table["types"]
    for number, cause, _ in table["codes"]
]


@pytest.mark.parametrize(
    ("quote", "said"), QUOTES, ids=[f"{q['cause'] or 'unknown'}-{n}" for n, (q, _) in enumerate(QUOTES)]
)
def test_a_published_text_tells_its_cause_and_no_other(quote: dict[str, Any], said: Told) -> None:
    assert [cause.id for cause in find_causes(said)] == ([quote["cause"]] if quote["cause"] else [])


@pytest.mark.parametrize(("type_", "number", "cause"), CODES, ids=[f"{type_}{number}" for type_, number, _ in CODES])
def test_a_published_exit_code_tells_its_cause_however_it_is_written(type_: str, number: int, cause: str) -> None:
    framed = [Told(EXTENSION, framing.format(code=number), "", type_) for framing in DATA["framings"]]
    # as WALinuxAgent and the OMS agent write it, see the quotes
    framed += [
        Told(EXTENSION, "ProvisioningState/failed", text.format(number), type_.upper())
        for text in (
            "[ExtensionOperationError] Non-zero exit code: {}, ./shim.sh",
            "Enable failed with exit code {} and so on",
        )
    ]
    assert [[one.id for one in find_causes(said)] for said in framed] == [[cause]] * len(framed)


def test_every_pattern_has_a_published_text() -> None:
    # one that a text fits on its own, not only with others of its cause
    unquoted = []
    for known in KNOWN.values():
        for pattern in known.patterns:
            if pattern.exit_codes:
                listed = {(type_.lower(), number) for type_, number, cause in CODES if cause == known.cause.id}
                unquoted += [
                    (known.cause.id, type_, number)
                    for type_ in pattern.types
                    for number in pattern.exit_codes
                    if (type_, number) not in listed
                ]
            elif not any(quote["cause"] == known.cause.id and pattern.fits(said) for quote, said in QUOTES):
                unquoted.append((known.cause.id, *pattern.text, 0))
            unquoted += [
                (known.cause.id, code, 0)
                for code in pattern.codes
                if not any(said.code.lower() == code and pattern.fits(said) for _, said in QUOTES)
            ]
    assert unquoted == []


def test_every_quote_names_where_it_was_published() -> None:
    assert [quote["text"] for quote in DATA["quote"] if len(quote["source"]) < 20] == []


def test_an_exit_code_of_one_extension_tells_nothing_of_another() -> None:
    code = "ProvisioningState/failed/52"
    assert find_cause(Told(EXTENSION, code, "", "DSC")) != find_cause(Told(EXTENSION, code, "", "OmsAgentForLinux"))
    assert find_cause(Told(EXTENSION, code, "", "KeyVaultForLinux")) is None
    assert find_cause(Told(EXTENSION, "ProvisioningState/failed/520", "", "DSC")) is None


def test_a_text_is_read_over_line_ends_and_in_any_case() -> None:
    said = Told(EXTENSION, "", "CALLER is not\r\n  authorized to perform\taction on resource.")
    assert getattr(find_cause(said), "id", None) == "vault-refuses-role"


def test_a_resize_does_not_fail_for_what_extensions_fail_for() -> None:
    assert find_cause(Told(RESIZE, "", "Identity not found")) is None


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_a_cause_is_told_by_a_pattern_or_by_a_rule(known: Any) -> None:
    assert bool(known.patterns) is (known.cause.id not in BY_RULE)
    assert set(known.at) <= {EXTENSION, NODE, START_TASK, RESIZE, POOL}
    assert isinstance(known.cause.remedy, Remedy)
    assert known.cause.advice
    assert all(step.endswith((".", ")")) for step in known.cause.advice)
    assert re.match(r"https://(learn\.microsoft\.com|www\.pulumi\.com|github\.com)/", known.cause.source)


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_every_command_can_be_filled_with_what_is_never_known(known: Any) -> None:
    command = fill(known.command, fill_values(Surroundings(), Pool("linux"), None, ""))
    assert "\n" not in command
    assert "{" not in command or "--query" in command or "Invoke" in command


def test_the_remedies_fit_their_commands() -> None:
    # `repair` acts on nodes: the command leads there where nodes are to be acted on, and nowhere else
    wrong = [
        known.cause.id
        for known in KNOWN.values()
        if ("extension-pool repair" in known.command)
        is not (known.cause.remedy in {Remedy.REBOOT, Remedy.REIMAGE, Remedy.REMOVE})
        and known.cause.id != "start-task-failed"
    ]
    assert wrong == []


def test_every_extension_names_its_log() -> None:
    unnamed = [one for one in REGISTRY if not find_log(one.publisher.upper(), one.type)]
    assert unnamed == []
    assert find_log("Contoso", "Other") == ""
