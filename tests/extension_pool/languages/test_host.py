"""What the plugin answers the engine with."""

import asyncio
import logging
from datetime import date
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import errors_pb2, provider_pb2, status_pb2

from extension_pool import InvalidPoolError
from extension_pool.languages.host import (
    PluginPool,
    Servicer,
    notice_in_their_words,
    pool_arguments,
)
from extension_pool.languages.package import TOKEN, package_schema
from extension_pool.languages.wire import read_value
from extension_pool.problems import InvalidInput, Notice, Problem
from extension_pool.resource_options import without_effect
from extension_pool.wire_marks import SIGNATURE

SCHEMA = package_schema()
SMALLEST = {
    "resourceGroupName": "rg-test",
    "accountName": "testaccount",
    "vmSize": "Standard_D2s_v5",
    "image": "ubuntu-24.04",
}


class Aborted(Exception):
    """What gRPC raises in a servicer once an answer is refused."""


class Context:
    """Keeps the refusal."""

    code: Any = None
    details = ""
    errors: tuple[tuple[str, str], ...] = ()

    async def abort(self, code: Any, details: str) -> None:
        self.code, self.details = code, details
        raise Aborted

    async def abort_with_status(self, status: Any) -> None:
        self.code, self.details = status.code, status.details
        ((_, packed),) = status.trailing_metadata
        message, inner = status_pb2.Status.FromString(packed), errors_pb2.InputPropertiesError()
        message.details[0].Unpack(inner)
        self.errors = tuple((one.property_path, one.reason) for one in inner.errors)
        raise Aborted


def struct(**inputs: Any) -> Any:
    return json_format.ParseDict(inputs, struct_pb2.Struct())


def refused(error: Exception, **inputs: Any) -> Context:
    """The answer to a program whose pool meets an error."""
    context = Context()

    class Failing(Servicer):
        async def _construct(self, request: Any, context: Any) -> Any:
            raise error

    request = provider_pb2.ConstructRequest(name="render", type=TOKEN, inputs=struct(**inputs))
    with pytest.raises(Aborted):
        asyncio.run(Failing(None, [], "").Construct(request, context))  # type: ignore[arg-type]
    return context


def arguments(**inputs: Any) -> Any:
    arrived = {name: read_value(value) for name, value in struct(**{**SMALLEST, **inputs}).fields.items()}
    return pool_arguments(arrived, SCHEMA, date(2026, 6, 1))


def problems(**inputs: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        arguments(**inputs)
    return [one.sentence() for one in caught.value.problems]


def test_the_component_gets_its_own_words() -> None:
    made = arguments(osDisk={"diskSizeGB": 64}, keyVaultAccess=[], identity={"create": False})
    assert made["os_disk"] == {"disk_size_gb": 64}
    assert made["resource_group_name"] == "rg-test" and made["identity"]["create"] is False


def test_every_problem_is_told_at_once_in_the_words_of_the_program() -> None:
    told = problems(
        vmSiz="x",
        taskSlotsPerNode=5.5,
        imageReference={"publisher": "x"},
        scaleSettings={"fixedScale": {"target_dedicated_nodes": 1}},
        extensions=[{"name": "a", "publisher": "p", "type": "CustomScript", "typeHandlerVersion": 1.21}],
    )
    assert "vmSiz: unknown key; did you mean vmSize?" in told
    assert "taskSlotsPerNode: must be a whole number, got 5.5" in told
    assert [one for one in told if one.startswith("scaleSettings.fixedScale.target_dedicated_nodes: unknown key")]
    assert (
        "extensions[0].typeHandlerVersion: must be a string, got 1.21; write it as text in the program, in quotes"
        in told
    )
    assert [one for one in told if one.startswith("extensions[0].type: custom script extensions are reserved")]
    assert [one for one in told if one.startswith("image: ")]


def test_what_is_no_value_is_refused_once_with_all_other_problems() -> None:
    """In the settings, which take anything, an asset would go to Azure as a mapping of our making."""
    text = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "echo", "hash": "h"}
    account = {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:account", "id": "x"}
    driver = {"name": "a", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}
    extension = {**driver, "settings": {"script": text}}
    no_asset = "must be plain data, not an asset or an archive; give its text, or a URL that nodes can read"
    assert problems(extensions=[extension]) == [f"extensions[0].settings.script: {no_asset}"]
    assert sorted(problems(extensions=[extension], accountName=account, image=text, vmSize="")) == [
        "accountName: must be plain data, not a resource; give its id or its name",
        f"extensions[0].settings.script: {no_asset}",
        f"image: {no_asset}",
        'vmSize: must not be empty, got ""',
    ]


def test_rules_name_arguments_as_the_program_does() -> None:
    (told,) = problems(poolName="p" * 60, rollout={"strategy": "blue-green"})
    assert told.startswith("poolName: must be at most 55")
    notice = Notice(("extensions", 0, "protected_settings_version"), "has no effect: it has no protected_settings")
    assert notice_in_their_words(notice).sentence() == (
        "extensions[0].protectedSettingsVersion: has no effect: it has no protectedSettings"
    )
    assert PluginPool._worded(notice) == notice_in_their_words(notice)


def test_a_late_problem_is_an_error_of_its_property() -> None:
    problem = Problem(("scale_settings", "fixed_scale", "target_dedicated_nodes"), "must be 0 or more", -1)
    context = refused(InvalidPoolError("render", InvalidInput([problem])), scaleSettings={"fixedScale": {}})
    assert context.code == grpc.StatusCode.INVALID_ARGUMENT
    assert context.details == "ExtensionPool 'render' cannot be made"
    assert context.errors == (("scaleSettings.fixedScale.targetDedicatedNodes", "must be 0 or more, got -1"),)


def test_a_problem_behind_a_failed_wait_is_found() -> None:
    failed = RuntimeError("an apply failed")
    failed.__cause__ = InvalidPoolError("render", InvalidInput([Problem(("vm_size",), "must not be empty", "")]))
    assert refused(failed).errors == (("vmSize", 'must not be empty, got ""'),)


def test_the_engine_is_not_led_to_a_secret() -> None:
    """It shows the value of each property that it is told of."""
    problem = Problem(("user_accounts", 0, "password"), "must not be empty", "")
    error = InvalidPoolError("render", InvalidInput([problem]))
    context = refused(error, userAccounts=[{"name": "a", "password": "hush"}])
    assert context.errors == ()
    assert "property userAccounts[0].password has a problem: must not be empty" in context.details


def test_what_ends_the_program_in_python_is_one_message_here() -> None:
    context = refused(pulumi.RunError("the tools are missing; install them"))
    assert (context.details, context.errors) == ("the tools are missing; install them", ())


def test_a_bug_of_ours_is_one_line_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    try:
        pool_arguments({}, {}, date(2026, 6, 1))
    except KeyError as error:
        context = refused(error)
    assert context.details.startswith("ExtensionPool 'render' met KeyError: 'resources' at host.py:")
    assert "\n" not in context.details and "Traceback" not in context.details


def test_timeouts_of_the_program_reach_the_component() -> None:
    """Pulumi's own servicer forgets them: then a pool that takes long to go would fail after Azure's own time."""
    sent = provider_pb2.ConstructRequest(name="render", type=TOKEN)
    sent.customTimeouts.delete = "2h"
    sent.protect = True
    options = Servicer._construct_options(sent)
    assert options.custom_timeouts is not None
    assert (options.custom_timeouts.delete, options.custom_timeouts.create, options.protect) == ("2h", None, True)
    assert Servicer._construct_options(provider_pb2.ConstructRequest()).custom_timeouts is None


def test_options_that_do_nothing_are_told_in_the_words_of_the_program() -> None:
    sent = provider_pb2.ConstructRequest(
        name="render",
        type=TOKEN,
        deleteBeforeReplace=True,
        additionalSecretOutputs=["clientId"],
        replace_with=["urn:x"],
    )
    sent.resource_hooks.before_update.append("a-hook")
    sent.replacement_trigger.string_value = "v2"

    async def options(request: Any) -> Any:
        return Servicer._construct_options(request)

    said = [PluginPool._option_worded(one) for one in without_effect(asyncio.run(options(sent)))]
    assert [one.split()[2] for one in said] == [
        "deleteBeforeReplace",
        "additionalSecretOutputs",
        "hooks",
        "replacementTrigger",
        "replaceWith",
    ]
    assert said[3].endswith('put its value into metadata, with replaceOnChanges=["metadata"]')
    assert without_effect(asyncio.run(options(provider_pb2.ConstructRequest()))) == []
