"""Mail addresses in the form in which a mail server is given them."""

from email.headerregistry import AddressHeader
from email.utils import parseaddr

from django.utils.encoding import punycode


def envelope_address(mailbox: str) -> str:
    """The plain address of a mailbox, with an international domain in its ASCII form.

    This is what stands in MAIL FROM and RCPT TO (RFC 5321, section 4.1.1). Raises ValueError for a
    domain that has no ASCII form.
    """
    local_part, _, domain = parseaddr(mailbox)[1].rpartition("@")
    return f"{local_part}@{punycode(domain)}"


def check_mailbox(mailbox: str) -> None:
    """Raises ValueError unless mail headers and mail servers take the text for one mailbox.

    Uses the standard library's parser, as Django does when it builds a mail.
    """
    envelope_address(mailbox)
    parsed = AddressHeader.value_parser(mailbox)
    if parsed.all_defects or len(parsed.all_mailboxes) != 1:
        raise ValueError(f"not one mailbox: {mailbox!r}")
