"""Addresses that no one else has."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcluster.addresses import Block, NoFreeBlock, choose_block, free_ports, parse_routes

ALL = [IPv4Network(f"10.{second}.0.0/16") for second in range(200, 255)]


@given(st.sets(st.sampled_from(ALL), max_size=len(ALL) - 1))
def test_a_block_overlaps_nothing_that_is_taken(taken: set[IPv4Network]) -> None:
    assert choose_block(taken).network not in taken


@given(st.sampled_from(ALL))
def test_the_parts_of_a_block_lie_in_it_and_apart(network: IPv4Network) -> None:
    block = Block(network)
    parts = [block.pods, block.services, block.wire]
    assert all(part.subnet_of(network) for part in parts)
    assert not any(one.overlaps(other) for one in parts for other in parts if one is not other)
    assert block.host in block.wire
    assert block.node in block.wire
    assert block.host != block.node
    assert block.api_service in block.services


def test_a_route_into_a_block_takes_all_of_it() -> None:
    assert choose_block([IPv4Network("10.200.3.0/28")]).network == IPv4Network("10.201.0.0/16")


def test_a_machine_that_routes_all_of_ten_has_no_room() -> None:
    with pytest.raises(NoFreeBlock, match="overlap a route"):
        choose_block([IPv4Network("10.0.0.0/8")])


def test_routes_are_read_but_for_the_default_one() -> None:
    printed = '[{"dst":"default","gateway":"192.0.2.1"},{"dst":"192.0.2.0/24"},{"type":"local","dst":"127.0.0.1"}]'
    assert parse_routes(printed) == [IPv4Network("192.0.2.0/24"), IPv4Network("127.0.0.1/32")]
    assert parse_routes("") == []


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20
