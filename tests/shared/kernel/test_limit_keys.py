"""Whom limits count as one."""

import pytest

from shared.kernel.limit_keys import address_of, mailbox_of, network_of


@pytest.mark.parametrize(
    ("text", "address", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7:54321", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:443", "192.0.2.7", "192.0.2.7"),
        ("2002:c000:207:1::1", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::ffff:2]:8080", "2001:db8::ffff:2", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("unknown", "unknown", "unknown"),
        ("", "", ""),
        ("192.0.2.7, 10.0.0.1", "192.0.2.7, 10.0.0.1", "192.0.2.7, 10.0.0.1"),
        ("999.0.0.1", "999.0.0.1", "999.0.0.1"),
    ],
)
def test_an_address_has_one_spelling_and_one_network(text, address, network):
    assert (address_of(text), network_of(text)) == (address, network)
    assert network_of(network) == network


@pytest.mark.parametrize(
    ("one", "mailbox"),
    [
        ("boss@example.com", "boss@example.com"),
        ("Boss+1@Example.com", "boss@example.com"),
        ("boss+1+2@example.com.", "boss@example.com"),
        ("b.o.s.s@example.com", "b.o.s.s@example.com"),
        ("b.o.ss+x@gmail.com", "boss@gmail.com"),
        ("boss@googlemail.com", "boss@gmail.com"),
        ("+x@example.com", "+x@example.com"),
        ("\uff42\uff4f\uff53\uff53\uff20example.com", "boss@example.com"),
        ("bo\u200bss\uff0b1@example\uff0ecom", "boss@example.com"),
        ("<boss@example.com>.,", "boss@example.com"),
        ("mailto:Boss@example.com", "boss@example.com"),
    ],
)
def test_addresses_of_one_mailbox_are_one(one, mailbox):
    assert mailbox_of(one) == mailbox
