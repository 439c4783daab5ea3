"""What a test asks of a recorded program: true for what is right, false with words for the twin that lacks it."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import resources

from extension_pool import ExtensionPool
from extension_pool.testing import Answer, NotRecorded, Pool, RecordedStack, Secret, run_program
from extension_pool.testing.tokens import POOL, RESOURCE_GROUP
from tests.extension_pool.test_pool import VAULT, arguments
from tests.extension_pool.testing.programs import EXTENSIONS, HIDDEN, raw_pool, render


def raw(**given: Any) -> Pool:
    return run_program(lambda: raw_pool(**given)).pool("raw")


def test_replaces_on_is_true_for_the_component_and_false_for_a_raw_pool_without_the_option() -> None:
    assert run_program(render).pool("render").replaces_on("extensions")
    answer = raw().replaces_on("extensions")
    assert not answer
    assert repr(answer) == "no: pool 'raw' is not replaced for extensions; it is for nothing"


def test_replaces_on_reads_every_form_of_a_path() -> None:
    every = {"replace_on_changes": [EXTENSIONS, "vmSize", "metadata[*].value"]}
    pool = raw(opts=pulumi.ResourceOptions(**every))
    for path in ("extensions", EXTENSIONS, "extensions[0].settings", "vmSize", "metadata[3].value", "poolName"):
        assert pool.replaces_on(path), path
    for path in ("metadata", "metadata[3].name", "imageReference", "deploymentConfiguration"):
        assert not pool.replaces_on(path), path
    assert "for parts of deploymentConfiguration only: extensions" in repr(pool.replaces_on("deploymentConfiguration"))
    assert raw(opts=pulumi.ResourceOptions(replace_on_changes=["*"])).replaces_on("vmSize")


def test_a_misspelt_property_is_no_answer() -> None:
    with pytest.raises(NotRecorded, match="vmSiz: no property of a pool"):
        raw().replaces_on("vmSiz")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("vm_size", "vmSize"),
        ("scale_settings.fixed_scale", "scaleSettings.fixedScale"),
        ("deployment_configuration", "deploymentConfiguration"),
        ("data_disks[0].disk_size_gb", "dataDisks[0].diskSizeGB"),
    ],
)
def test_a_name_of_python_is_no_answer(asked: str, meant: str) -> None:
    """The component replaces on none of them: both answers would mislead."""
    pool = run_program(render).pool("render")
    with pytest.raises(NotRecorded, match=re.escape(f"{asked}: is a name of Python; give the provider's: {meant}")):
        pool.replaces_on(asked)
    assert pool.replaces_on("extensions[0].settings.snake_case") and not pool.replaces_on("tags.cost_center")


def test_has_secret_is_true_at_its_own_place_only() -> None:
    pool = raw()
    assert pool.has_secret("extensions[0].protectedSettings") and pool.has_secret("...protectedSettings")
    assert pool.extension("x").has_secret("protectedSettings")
    assert pool.secrets == (f"{EXTENSIONS}[0].protectedSettings",)
    assert not pool.has_secret("extensions") and not pool.has_secret("vmSize")


def test_has_secret_is_false_where_nothing_or_too_much_is_secret() -> None:
    clear, whole = raw(secret="nowhere"), raw(secret="whole")
    answers = [
        clear.has_secret("...protectedSettings"),
        clear.has_secret("extensions[0].protectedSettings"),
        whole.has_secret("...protectedSettings"),
        whole.has_secret("extensions[0].protectedSettings"),
    ]
    assert [bool(one) for one in answers] == [False] * 4
    assert "in the clear" in repr(answers[0])
    assert "deploymentConfiguration of pool 'raw' is secret as a whole" in repr(answers[3])
    assert not any(HIDDEN in repr(one) for one in answers)
    with pytest.raises(NotRecorded, match="cannot be seen"):
        _ = whole.extensions
    with pytest.raises(NotRecorded, match="are not secret"):
        _ = clear.extension("x").protected_settings


@pytest.mark.parametrize("secret", ["leaf", "whole", "nowhere"])
def test_a_secret_of_a_name_that_is_nowhere_is_no_answer(secret: str) -> None:
    pool = raw(secret=secret)
    with pytest.raises(NotRecorded, match=r"pool 'raw' has no protectedSetings; secret are"):
        pool.has_secret("...protectedSetings")


def test_one_secret_of_two_places_is_not_every_secret() -> None:
    half = {"publisher": "P", "name": "y", "type": "T", "protected_settings": {"a": 1}}

    def program() -> None:
        machines = {"image_reference": {}, "node_agent_sku_id": "a"}
        both = [{**half, "name": "x", "protected_settings": pulumi.Output.secret({"a": 1})}, half]
        configuration: Any = {"virtual_machine_configuration": {**machines, "extensions": both}}
        raw_pool(deployment_configuration=configuration)

    answer = run_program(program).pool("raw").has_secret("...protectedSettings")
    assert not answer and "extensions[1].protectedSettings" in repr(answer)


def test_protected_settings_can_be_read_and_are_not_shown() -> None:
    extension = run_program(render).pool("render").extension("AMA")
    assert extension.protected_settings == Secret({"key": HIDDEN})
    assert extension.protected_settings is not None and extension.protected_settings.value["key"] == HIDDEN
    assert HIDDEN not in repr(extension.pool.inputs)
    with pytest.raises(AssertionError) as caught:
        assert extension.protected_settings == Secret("other")
    assert HIDDEN not in str(caught.value)


def test_depends_on_sees_what_comes_before_directly_and_over_others() -> None:
    def program() -> None:
        group = resources.ResourceGroup("hpc")
        later = resources.ResourceGroup("later", opts=pulumi.ResourceOptions(depends_on=[group]))
        last = raw_pool(pulumi.ResourceOptions(depends_on=[later]))
        resources.ResourceGroup("inputs", resource_group_name=last.name)
        resources.ResourceGroup("alone")

    stack = run_program(program)
    pool = stack.pool("raw")
    assert pool.depends_on("later") and pool.depends_on(stack.resource("hpc"))
    assert stack.resource("inputs").depends_on(pool)
    answer = pool.depends_on("alone")
    assert repr(answer) == "no: pool 'raw' does not wait for alone; it waits for later"


def test_a_component_is_waited_for_when_all_that_is_in_it_is() -> None:
    def program() -> None:
        first = render()
        ExtensionPool("second", arguments(), pulumi.ResourceOptions(depends_on=[first]))
        raw_pool(pulumi.ResourceOptions(depends_on=[first]))

    stack = run_program(program)
    assert stack.pool("raw").depends_on("render")
    assert stack.pool("second").depends_on("render")
    assert not stack.pool("render").depends_on("raw")


def test_protection_reaches_children_and_is_not_claimed_without() -> None:
    protected = run_program(lambda: ExtensionPool("p", arguments(), pulumi.ResourceOptions(protect=True)))
    assert protected.pool("p").is_protected and protected.identity("p").is_protected
    assert repr(raw().is_protected) == "no: pool 'raw' is not protected"


def test_options_are_those_of_the_program() -> None:
    options = pulumi.ResourceOptions(
        delete_before_replace=False,
        ignore_changes=["scaleSettings"],
        retain_on_delete=True,
        custom_timeouts=pulumi.CustomTimeouts(delete="1h"),
        additional_secret_outputs=["name"],
        aliases=[pulumi.Alias(name="old")],
        hooks=pulumi.ResourceHookBinding(),
        version="3.1.0",
        import_="/an/id",
    )
    pool = raw(opts=options)
    found = pool.options
    assert (found.delete_before_replace, found.retain_on_delete, found.protect) == (False, True, None)
    assert (found.ignore_changes, found.timeouts) == (("scaleSettings",), {"delete": "1h"})
    assert (found.version, found.import_id) == ("3.1.0", "/an/id")
    assert "urn:pulumi:test::project::azure-native:batch:Pool::old" in found.aliases
    assert found.additional_secret_outputs == ("name",) and isinstance(pool.outputs["name"], Secret)
    assert "deleteBeforeReplace of pool 'raw' is false" in repr(pool.deletes_first)
    assert "is not set" in repr(raw().deletes_first)


def test_hooks_are_told_with_their_moment() -> None:
    def program() -> None:
        hook = pulumi.ResourceHook("mine", lambda args: None)
        raw_pool(pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_delete=[hook])))

    stack = run_program(program)
    assert stack.hooks == ("mine",)
    assert stack.pool("raw").has_hook("mine")
    assert repr(stack.pool("raw").has_hook("other")) == "no: pool 'raw' has the hooks: mine (before_delete)"


def test_a_provider_is_told_and_its_subscription_counts() -> None:
    from pulumi_azure_native import Provider

    def program() -> None:
        provider = Provider("west", subscription_id="44444444-4444-4444-4444-444444444444", location="westus")
        resources.ResourceGroup("there", opts=pulumi.ResourceOptions(provider=provider))
        resources.ResourceGroup("here")

    stack = run_program(program)
    there, here = stack.resource("there"), stack.resource("here")
    assert there.options.provider.endswith("::west::west-id") and here.options.provider == ""
    assert there.id is not None and there.id.startswith("/subscriptions/44444444-")
    assert (there.outputs["location"], here.outputs["location"]) == ("westus", "westeurope")


def test_resources_are_found_by_the_names_that_people_use() -> None:
    def program() -> None:
        render(pool_name="in-azure")
        raw_pool()
        resources.ResourceGroup("render")

    stack = run_program(program)
    assert [one.logical_name for one in stack.pools] == ["raw", "render-pool"]
    assert stack.pool("render") is stack.pool("render-pool") is stack.pool("in-azure")
    assert stack.identity("render") is stack.identity("render-identity")
    assert stack.resource("render", RESOURCE_GROUP).type == RESOURCE_GROUP
    assert stack.pool("render").component is stack.pool("render").parent
    assert stack.pool("raw").component is None and stack.pool("raw").parent is None


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda stack: stack.pool("rendr"), "no pool 'rendr'; there are: render"),
        (lambda stack: stack.resource("render-poo"), "no resource 'render-poo'; there are: render (extension-pool"),
        (lambda stack: stack.identity("x"), "no identity 'x'; there are: render-identity"),
        (lambda stack: stack.only(RESOURCE_GROUP), "no resource of azure-native:resources:ResourceGroup; there are"),
        (lambda stack: stack.pool("render").extension("Nvidia"), "has no extension 'Nvidia'; it has AMA (Azure"),
        (lambda stack: stack.pool("render").input("vmSzie"), "vmSzie: not there; .* did you mean vmSize"),
        (lambda stack: stack.pool("render").input("vmSize.x"), "vmSize has a value of its own"),
        (lambda stack: stack.exports["pol"], "no export 'pol'; there are: pool"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(ask: Any, words: str) -> None:
    stack = run_program(lambda: {"pool": render().pool_name})
    with pytest.raises(NotRecorded) as caught:
        ask(stack)
    assert isinstance(caught.value, AssertionError) and isinstance(caught.value, LookupError)
    pattern = words.split(".*")
    assert all(part.strip() in str(caught.value) for part in pattern)


def test_two_of_a_type_are_not_the_only_one() -> None:
    stack = run_program(lambda: [raw_pool(), render()])
    with pytest.raises(NotRecorded, match="2 resources of azure-native:batch:Pool, not one: raw, render-pool"):
        stack.only(POOL)


def test_grants_say_who_may_what() -> None:
    access = [{"vault_id": VAULT, "mode": "rbac", "secret_name": "tls"}]
    stack = run_program(lambda: ExtensionPool("render", arguments(key_vault_access=access)))
    (grant,) = stack.grants
    assert (grant.role, grant.secret_name, grant.scope) == ("Key Vault Secrets User", "tls", f"{VAULT}/secrets/tls")
    assert grant.lets(stack.identity("render")) and not grant.lets("someone")


@pytest.mark.parametrize("mode", ["rbac", "access-policy"])
def test_in_a_preview_a_grant_is_known_by_the_identity_that_it_comes_of(mode: str) -> None:
    """There no principal is known: two of them must not look like one."""

    def program() -> None:
        for name in ("render", "other"):
            ExtensionPool(name, arguments(key_vault_access=[{"vault_id": VAULT, "mode": mode}]))

    stack = run_program(program, preview=True)
    lets = {
        (grant.logical_name.split("-")[0], who): bool(grant.lets(stack.identity(who)))
        for grant in stack.grants
        for who in ("render", "other")
    }
    assert lets == {
        **{("render", "render"): True, ("render", "other"): False},
        **{("other", "other"): True, ("other", "render"): False},
    }
    with pytest.raises(NotRecorded, match="a preview does not know whom"):
        stack.grants[0].lets("22222222-2222-2222-2222-222222222222")


def test_a_canary_is_found_at_its_pool_and_is_no_pool_of_its_own() -> None:
    stack: RecordedStack = run_program(lambda: render(rollout={"canary": {"nodes": 2}}))
    (pool,) = stack.pools
    assert pool.canary is not None and pool.canary.is_canary and pool.canary.canary is None
    assert run_program(render).pool("render").canary is None


def test_an_answer_is_a_bool_where_one_is_compared() -> None:
    yes, no = Answer(True, "a"), Answer(False, "b")
    assert yes == True and no == False and yes != no  # noqa: E712
    assert repr(yes) == "yes: a" and {yes: 1}[Answer(True, "other")] == 1
