"""What the navigation of the admin names, in the order in which staff need it."""

from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


class Page(NamedTuple):
    """A link: to the list of `model`, or to what `url_name` names.

    That is for everyone who may log in, or for those with `permission`. `icon`: its name among
    Google's Material Symbols.
    """

    title: str
    icon: str
    model: str = ""
    url_name: str = ""
    permission: str = ""


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "",
        (
            Page("Overview", "monitoring", url_name="admin:index"),
            Page("Jobs", "work", "jobs.job"),
            Page("Dead letter groups", "workspaces", "jobs.deadlettergroup"),
            Page("Dead letters", "report", "jobs.deadletter"),
            Page("Redrives", "replay", "jobs.redrive"),
            Page("Queues", "stacks", "jobs.queue"),
            Page("Schedules", "calendar_clock", "jobs.schedule"),
            Page("Batches", "package_2", "jobs.batch"),
            Page("Workers", "memory", "jobs.worker"),
        ),
    ),
    (
        "Limits and keys",
        (
            Page("Limits", "speed", "jobs.limit"),
            Page("Slots", "grid_view", "jobs.slot"),
            Page("Fair shares", "balance", "jobs.fairshare"),
            Page("Mail allowances", "mail", "jobs.mailallowance"),
            Page("Processed keys", "key", "jobs.processedkey"),
            Page("Key waits", "hourglass_top", "jobs.keywait"),
            Page("Stored answers", "inventory_2", "jobs.storedanswer"),
        ),
    ),
    (
        "Accounts",
        (
            Page("Users", "person", "accounts.user"),
            Page("Groups", "group", "auth.group"),
            Page("Service accounts", "smart_toy", "accounts.serviceaccount"),
            Page("Tenants", "apartment", "accounts.tenant"),
            Page("Signing secrets", "draw", "jobs.signingsecret"),
        ),
    ),
    (
        "Records",
        (
            Page(
                "Health",
                "health_metrics",
                url_name="admin:jobs_health",
                permission="jobs.view_health",
            ),
            Page("Events", "history", "jobs.event"),
            Page("Saved views", "bookmarks", "jobs.savedview"),
            Page("Dead letter counts", "functions", "jobs.deadlettercount"),
            Page("Results", "task", "jobs.jobresult"),
            Page("Progress", "pending", "jobs.progressreport"),
            Page("Roll-ups", "bar_chart", "jobs.rollup"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as django-unfold takes them, without what this person may not see."""
    groups: list[dict[str, Any]] = [
        {"title": title, "separator": bool(title), "items": items}
        for title, pages in GROUPS
        if (items := [_item(page) for page in pages if _may_see(page, request)])
    ]
    _mark([item for group in groups for item in group["items"]], request.path)
    return groups


def _may_see(page: Page, request: HttpRequest) -> bool:
    if not page.model:
        return not page.permission or request.user.has_perm(page.permission)
    model = apps.get_model(page.model)
    return admin.site.get_model_admin(model).has_view_permission(request)


def _mark(items: list[dict[str, Any]], path: str) -> None:
    """Says which of them the page belongs to: one, although health lies below the workers."""
    overview = reverse("admin:index")
    found = [
        item["link"]
        for item in items
        if path == item["link"] or (path.startswith(item["link"]) and item["link"] != overview)
    ]
    for item in items:
        item["active"] = item["link"] == max(found, key=len, default=None)


def _item(page: Page) -> dict[str, Any]:
    name = page.url_name or f"admin:{page.model.replace('.', '_')}_changelist"
    return {"title": page.title, "icon": page.icon, "link": reverse(name)}
