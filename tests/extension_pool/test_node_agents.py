"""The catalogue of node agents: whole, and of one mind with the catalogue of images."""

from extension_pool.images import catalogue
from extension_pool.node_agents import NODE_AGENTS, find_node_agent


def test_an_agent_is_found_whatever_its_case() -> None:
    agent = find_node_agent("Batch.Node.Ubuntu 24.04")
    assert agent is not None and agent.id == "batch.node.ubuntu 24.04"
    assert find_node_agent("batch.node.solaris 11") is None


def test_every_image_has_an_agent_that_is_known() -> None:
    for image in catalogue():
        assert image.node_agent_sku_id is None or find_node_agent(image.node_agent_sku_id) is not None


def test_an_agent_with_an_end_has_a_successor_that_stays() -> None:
    assert len({agent.id for agent in NODE_AGENTS}) == len(NODE_AGENTS)
    for agent in NODE_AGENTS:
        assert (agent.end_of_support is None) == (agent.successor is None)
        if agent.successor is not None:
            successor = find_node_agent(agent.successor)
            assert successor is not None and successor.end_of_support is None
