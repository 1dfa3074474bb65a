"""Addresses of machines, compared as numbers: the same address is written in several ways."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_MAPPED_BITS = 96
"""The bits before an address of IPv4 that is written as one of IPv6: ``::ffff:10.0.0.5``."""
_CLIENT_BITS = 64
"""The bits of an address of IPv6 that a provider gives to one client, who chooses the others."""


def address_of(text: str) -> Address | None:
    """Return the address that a text is, without a port; None for any other text.

    An address of IPv4 that is written as one of IPv6 is that of IPv4, and a zone such as ``%eth0`` does not count.
    """
    try:
        found = ip_address(_without_port(text.strip()))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Address) else found.ipv4_mapped or IPv6Address(int(found))


def _without_port(text: str) -> str:
    """Return an address without its port: some proxies write ``10.0.0.5:4711`` or ``[2001:db8::1]:4711``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def network_of(text: str) -> Network:
    """Return the network that a text is, or that of one address. Raises ValueError, also for one that holds every address."""
    try:
        found = ip_network(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not an address such as 10.0.0.5, nor a network such as 10.0.0.0/8") from None
    if isinstance(found, IPv6Network) and found.prefixlen >= _MAPPED_BITS and (mapped := found.network_address.ipv4_mapped):
        found = IPv4Network((mapped, found.prefixlen - _MAPPED_BITS))
    if not found.prefixlen:
        raise ValueError(f"{text!r} holds every address; name those of the proxy alone")
    return found


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address belongs to one of the networks. A text that is no address belongs to none."""
    found = address_of(address)
    return found is not None and any(found in network for network in networks)  # another version is never in it


def client_network(address: str) -> str:
    """Return what one client has: its address of IPv4, or its network of IPv6; the text itself if it is no address."""
    found = address_of(address)
    if found is None or isinstance(found, IPv4Address):
        return address if found is None else str(found)
    return str(IPv6Network((found, _CLIENT_BITS), strict=False))
