"""Log-ins that are refused are events, of the account if there is one of the name."""

from accounts.models import ServiceAccount, User
from accounts.services.events import account_event


def login_refused(*, username: str, address: str) -> None:
    """Writes the event. What was typed is not kept: it may be a password in the wrong field.

    The same statements for a name that there is and one that there is not, so that their time
    tells neither apart. LOGIN_RATE bounds how many events an address can cause.
    """
    known = User.objects.filter(username=username.replace("\0", "")).first()
    account_event(action="account.login_refused", account=known, after={"address": address})


def token_refused(*, client_id: str, address: str) -> None:
    """The same for a service account that asks for a token."""
    accounts = ServiceAccount.objects.select_related("user")
    known = accounts.filter(client_id=client_id.replace("\0", "")).first()
    account_event(
        action="account.token_refused",
        account=known and known.user,
        after={"address": address},
    )
