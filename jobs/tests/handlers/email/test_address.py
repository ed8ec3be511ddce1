"""Addresses in the form in which a mail server is given them."""

import pytest

from jobs.handlers.email.address import check_mailbox, envelope_address


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann Example <ann@example.com>", "ann@example.com"),
        ('"Example, Ann" <ann@bücher.example>', "ann@xn--bcher-kva.example"),
    ],
)
def test_the_envelope_has_the_plain_address_with_an_ascii_domain(
    mailbox: str, address: str
) -> None:
    assert envelope_address(mailbox) == address
    check_mailbox(mailbox)


def test_a_domain_without_an_ascii_form_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        envelope_address(f"ann@{'ü' * 64}.example")


@pytest.mark.parametrize("text", ["", "ann", "a@example.com, b@example.com", "Ann <ann@example"])
def test_what_is_not_one_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not one mailbox"):
        check_mailbox(text)
