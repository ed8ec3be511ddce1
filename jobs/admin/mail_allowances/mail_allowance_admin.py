"""Mail allowances in the admin."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q

from jobs.admin.shared.leaves_with_client import LeavesWithClient
from jobs.admin.shared.links import account_column
from jobs.core.conf import jobs_conf
from jobs.models import MailAllowance
from jobs.templatetags.moments import moment


class MailAllowanceAdmin(LeavesWithClient):
    """How many recipients of its day a client has used, when it was counted for the last time."""

    list_display = ("account", "recipients", "counted")
    fields = list_display
    list_select_related = ("client",)
    search_help_text = "The beginning of a client's name."

    account = account_column("client", "client")

    def search(self, term: str) -> Q:
        return Q(**{f"client__{get_user_model().USERNAME_FIELD}__startswith": term})

    @admin.display(description="recipients")
    def recipients(self, allowance: MailAllowance) -> str:
        return f"{allowance.used:.0f} of {jobs_conf().email_recipients_per_day} a day"

    @admin.display(description="counted at")
    def counted(self, allowance: MailAllowance) -> str:
        return moment(allowance.counted_at)
