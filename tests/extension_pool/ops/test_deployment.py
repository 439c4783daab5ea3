from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.deployment import in_order, references, uses, with_resources


def resource(name: str, *dependencies: str, **more: Any) -> dict[str, Any]:
    return {"urn": name, "id": f"{name}-1", "dependencies": list(dependencies), **more}


@st.composite
def states(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Resources in any order, of which each may refer to those with a smaller number."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        earlier = [f"r{other}" for other in range(number)]
        chosen = draw(st.lists(st.sampled_from(earlier), max_size=3)) if earlier else []
        more: dict[str, Any] = {"parent": draw(st.sampled_from(earlier))} if earlier and draw(st.booleans()) else {}
        if earlier and draw(st.booleans()):
            provider = draw(st.sampled_from(earlier))
            more["provider"] = f"{provider}::{provider}-1"
        made.append(resource(f"r{number}", *chosen, **more))
    return draw(st.permutations(made))


@given(states())
def test_whatever_a_resource_refers_to_stands_before_it(resources: list[dict[str, Any]]) -> None:
    ordered = in_order(resources)
    assert sorted(one["urn"] for one in ordered) == sorted(one["urn"] for one in resources)
    seen: set[str] = set()
    for one in ordered:
        assert set(references(one)) <= seen
        seen |= {one["urn"], f"{one['urn']}::{one['id']}"}


@given(states())
def test_an_order_that_the_engine_takes_stays_as_it_is(resources: list[dict[str, Any]]) -> None:
    once = in_order(resources)
    assert in_order(once) == once


def test_a_circle_and_a_missing_resource_end_it_nowhere() -> None:
    circle = [resource("a", "b"), resource("b", "a", "nowhere")]
    assert sorted(one["urn"] for one in in_order(circle)) == ["a", "b"]


def test_a_chain_of_thousands_is_no_trouble() -> None:
    chain = [resource(f"r{number}", f"r{number + 1}") for number in range(5000)]
    assert in_order(chain)[0]["urn"] == "r4999"


def test_what_a_resource_uses_is_found_at_any_depth() -> None:
    made = [resource("a"), resource("b", "a"), resource("c", propertyDependencies={"identity": ["b"]})]
    assert uses(made[2], made) == ["b", "a"]


def test_a_changed_state_has_nothing_under_way_and_keeps_all_else() -> None:
    before: dict[str, Any] = {
        "version": 3,
        "deployment": {"manifest": {"magic": "x"}, "pending_operations": [{"type": "creating"}], "resources": []},
    }
    after = with_resources(before, [resource("a")])
    assert after == {"version": 3, "deployment": {"manifest": {"magic": "x"}, "resources": [resource("a")]}}
    assert before["deployment"]["pending_operations"]
