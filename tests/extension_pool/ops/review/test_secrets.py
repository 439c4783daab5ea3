"""No secret of a preview is shown, whatever its form and wherever it stands."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extension_pool.ops.output import Look
from extension_pool.ops.review import judging, secrets
from extension_pool.ops.review.json_view import render_json
from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.review.model import Environment, Report
from extension_pool.ops.review.secrets import Secrets
from extension_pool.ops.review.terminal import render_terminal

from .stepped import change, judged, state, step

KEY = "hunter2-and-more"
MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def strings(value: Any) -> Iterator[str]:
    """Every text in a judged preview."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for one in pair for text in strings(one))
    elif isinstance(value, (tuple, list)):
        yield from (text for one in value for text in strings(one))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from (text for field in dataclasses.fields(value) for text in strings(getattr(value, field.name)))


def shown(environment: Environment) -> str:
    """All that a reader may see of it, in any form."""
    report = Report((environment,))
    printed = [
        render_markdown(report, limit=None),
        render_json(report),
        render_terminal(report, Look(None, False, True)),
    ]
    return "\n".join([repr(environment), *strings(environment), *printed])


# --- where secrets are known from ------------------------------------------------------------------------------------

SOURCES: dict[str, Callable[[str], dict[str, Any]]] = {
    "marked-value": lambda key: state({"a": {**MARK, "value": key}}),
    "marked-plaintext": lambda key: state({"a": {**MARK, "plaintext": json.dumps(key)}}),
    "marked-object": lambda key: state({"a": {**MARK, "plaintext": json.dumps({"b": [key]})}}),
    "marked-output": lambda key: state({"a": {**OUTPUT, "value": key, "secret": True}}),
    "protected": lambda key: state({"extensions": [{"protectedSettings": {"name": key}}]}),
    "protected-text": lambda key: state({"extensions": [{"protectedSettings": json.dumps({"k": key})}]}),
    "password": lambda key: state({"userAccounts": [{"name": "u", "password": key}]}),
    "ssh": lambda key: state({"userAccounts": [{"linuxUserConfiguration": {"sshPrivateKey": key}}]}),
    "mount": lambda key: state({"mountConfiguration": [{"azureFileShareConfiguration": {"accountKey": key}}]}),
    "named-by-others": lambda key: state({"primaryConnectionString": key}),
    "pair": lambda key: state({"environmentSettings": [{"name": "DB_PASSWORD", "value": key}]}),
    "in-json": lambda key: state({"settings": json.dumps({"apiKey": key})}),
    "option": lambda key: state({}, outputs={"made": {"up": key}}, additionalSecretOutputs=["made"]),
    "outputs": lambda key: state({}, outputs={"primaryKey": key}),
}
OUTPUT = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}

# --- where they turn up ----------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[str], str]] = {
    "itself": lambda key: key,
    "inside": lambda key: f"before {key} after",
    "json": json.dumps,
    "json-in-json": lambda key: json.dumps(json.dumps({"a": key})),
    "url": lambda key: f"https://host/?a={quote(key, safe='')}&b=1",
    "form": quote_plus,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64-of-more": lambda key: base64.b64encode(f"u:{key}:x".encode()).decode(),
    "base64-of-other": lambda key: base64.urlsafe_b64encode(f"user:{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
}


def quoting(text: str, source: dict[str, Any]) -> Environment:
    """A preview that knows a secret of one resource, and whose every other part quotes it."""
    old, new = {"tags": {text: "a"}, "vmSize": "A"}, {"tags": {text: f"b {text}"}, "vmSize": text}
    path = f"tags[{json.dumps(text)}]"
    return judged(
        step("update", "quotes", old=state(old), new=state(new), detailed={path: "update", "vmSize": "update"}),
        step(
            "replace", "object", old=state({"x": {}}), new=state({"x": {"y": [text]}}), detailed={"x": "update-replace"}
        ),
        step("update", "undetailed", old=state({"x": "y"}), new=state({"x": {"z": text}}), diffReasons=["x"]),
        step("same", "source", old=source, new=source),
        diagnostics=[{"severity": "error", "message": f"error: cannot log in with {text}\n"}],
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_that_is_known_is_hidden_everywhere(source: str, form: str) -> None:
    said = shown(quoting(FORMS[form](KEY), SOURCES[source](KEY)))
    for other in FORMS.values():
        assert other(KEY) not in said
    assert "[secret]" in said and "cannot log in with" in said


@pytest.mark.parametrize("form", FORMS)
def test_without_the_scrub_it_would_be_shown(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "find_secrets", lambda preview: Secrets(()))
    said = shown(quoting(FORMS[form](KEY), SOURCES["marked-value"](KEY)))
    assert FORMS[form](KEY) in said


# letters of every kind that a password may have, those that some format escapes among them
TEXTS = st.text(st.sampled_from("abcXYZ019 \"'\\/&<>%+=:;.,-_~`|*[](){}#@!?$^\n\té€漢"), min_size=6, max_size=24)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(sorted(SOURCES)), st.sampled_from(sorted(FORMS)))
def test_no_secret_is_shown_whatever_it_is(key: str, source: str, form: str) -> None:
    assume(len(key.strip()) >= 6 and not key.strip().isalpha())
    fixed = quoting("nothing", state({}))
    assume(key not in "".join(strings(fixed)))
    environment = quoting(FORMS[form](key), SOURCES[source](key))
    for text in strings(environment):
        assert key not in text
        assert FORMS[form](key) not in text
    # in one line, as values are shown
    assert not any(" ".join(key.split()) in text for text in strings(environment))


def test_a_short_secret_is_hidden_where_it_stands_and_does_not_blank_the_report() -> None:
    old, new = state({"password": "1", "vmSize": "A1"}), state({"password": "2", "vmSize": "A2"})
    found = change(step("update", old=old, new=new, detailed={"password": "update", "vmSize": "update"}))
    assert [(leaf.path, leaf.old, leaf.new) for leaf in found.leaves] == [
        ("password", "[secret]", "[secret]"),
        ("vmSize", "A1", "A2"),
    ]


@pytest.mark.parametrize("word", ["true", "False", "null", "none"])
def test_a_word_of_every_file_is_no_secret_elsewhere(word: str) -> None:
    old, new = state({"password": word, "x": "a"}), state({"password": "s3cr3t", "x": word})
    found = change(step("update", old=old, new=new, detailed={"x": "update"}))
    assert found.leaves[0].new in (word, f'"{word}"')


def test_permissions_on_secrets_stay_and_their_words_elsewhere_too() -> None:
    old, new = (
        state({"permissions": {"secrets": ["get"]}}),
        state({"permissions": {"secrets": ["get", "list"]}, "x": "list"}),
    )
    found = change(step("update", old=old, new=new, detailed={"permissions": "update", "x": "add"}))
    assert [leaf.new for leaf in found.leaves] == ['{"secrets": ["get", "list"]}', "list"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "https://a.blob.core.windows.net/c/f?sv=1&sig=abc%2Bdef&se=2",
            "https://a.blob.core.windows.net/c/f?sv=1&sig=[secret]&se=2",
        ),
        ("AccountName=a;AccountKey=bm90;EndpointSuffix=x", "AccountName=a;AccountKey=[secret];EndpointSuffix=x"),
        ("Server=x;Password=p w;User=u", "Server=x;Password=[secret] w;User=u"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [secret]"),
        ('{"password": "x", "name": "y"}', '{"password": "[secret]", "name": "y"}'),
        ("https://user:pw@host/x", "https://user:[secret]@host/x"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "[secret]"),
        ("secure: v1:AAAAAAAAAAAAAAAA:BBBBBBBBBBBBBBBBBBBB", "secure: [secret]"),
        ("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n[secret]\nb"),
        # what people must be able to read
        ("extensions[0].protectedSettings.password: required, but missing; add it", None),
        ("pollingIntervalInS = 60, https://kv.vault.azure.net/secrets/web-tls", None),
        ("key: value, token: required", None),
    ],
)
def test_credentials_are_hidden_in_any_text(text: str, expected: str | None) -> None:
    assert Secrets(()).scrub(text) == (text if expected is None else expected)


def test_the_configuration_is_a_source_as_well() -> None:
    config = {
        "extension-pool:pools": json.dumps({"a": {"extensions": [{"protectedSettings": {"k": KEY}}]}}),
        "p:token": "abcd-efgh",
    }
    said = shown(judged(config=config, diagnostics=[{"severity": "error", "message": f"{KEY} abcd-efgh"}]))
    assert KEY not in said and "abcd-efgh" not in said


def test_a_key_of_many_lines_is_hidden_line_by_line() -> None:
    lines = ["MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn", "ygWyF8PbnGy0AHB7MaXvoyWwBGoOoxG"]
    source = state({"sshPrivateKey": "\n".join(lines)})
    said = shown(quoting(f"bad line: {lines[1]}", source))
    assert not [line for line in lines if line in said]


def test_a_secret_with_letters_that_cannot_be_printed_is_hidden() -> None:
    key = "ab\u200bcd\x00efgh"
    said = shown(quoting(key, state({"password": key})))
    assert "cd\x00efgh" not in said and "abcdefgh" not in said


def test_many_secrets_are_hidden_as_few_are() -> None:
    keys = [f"secret-number-{index:05}" for index in range(secrets._FEW)]
    scrubber = Secrets(keys)
    assert scrubber.scrub(f"a {keys[7]} b {keys[-1]}c") == "a [secret] b [secret]c"


def test_an_encrypted_value_and_an_asset_are_not_shown() -> None:
    old = state({"a": {"secure": "AAABAKzzzz"}, "b": "x"})
    new = state(
        {"a": {"secure": "AAABAKyyyy"}, "b": {**MARK, "4dabf18193072939515e22adb298388d": ASSET, "text": "inside"}}
    )
    found = change(step("update", old=old, new=new, detailed={"a": "update", "b": "update"}))
    assert [(leaf.old, leaf.new) for leaf in found.leaves] == [("[secret]", "[secret]"), ("x", "[asset]")]


ASSET = "c44067f5952c0a294b673a41bacd8c17"


def test_every_form_of_the_report_is_looked_at() -> None:
    assert not isinstance(judged(), Enum)
    assert "tags" in shown(quoting("text", state({})))
