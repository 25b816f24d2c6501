"""Where an address leads: out to the internet, or into a network of our own."""

import ipaddress
import socket


def is_private(host):
    """Tell whether a name or number leads to this server or into its network.

    Names are looked up, and every spelling that the system's resolver takes for a
    number too (``127.1``, ``2130706433``). A name that nobody knows leads nowhere.

    :param str host: as in an address, an IPv6 number without its brackets
    :rtype: bool
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_private_number(row[4][0]) for row in found)


def _is_private_number(number):
    address = ipaddress.ip_address(number.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return not address.is_global or address.is_multicast
