"""The look of the admin: django-unfold, where it is installed; Django's own where it is not."""

from importlib.util import find_spec
from typing import Any

from django.templatetags.static import static

APPS = ["unfold"] if find_spec("unfold") else []

# Shades of Tailwind's indigo and slate: white text on 600, and 600 on white, is read easily.
_PRIMARY = {
    "50": "#eef2ff",
    "100": "#e0e7ff",
    "200": "#c7d2fe",
    "300": "#a5b4fc",
    "400": "#818cf8",
    "500": "#818cf8",
    "600": "#4f46e5",
    "700": "#4338ca",
    "800": "#3730a3",
    "900": "#312e81",
    "950": "#1e1b4b",
}

_SETTINGS: dict[str, Any] = {
    "SITE_SYMBOL": "checklist",
    "SITE_URL": None,  # what lies at / is for programs
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": _PRIMARY},
    "STYLES": [lambda request: static("jobs/admin.css"), lambda request: static("jobs/unfold.css")],
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("jobs/favicon.svg"),
        }
    ],
    "SCRIPTS": [lambda request: static("jobs/unfold.js")],
    "SIDEBAR": {"navigation": "scheduler.admin_navigation.navigation"},
}


def theme_settings(cell: str) -> dict[str, Any]:
    """The settings of the theme, for a deployment that is that cell; empty: the only one."""
    name = site_name(cell)
    return {"SITE_TITLE": name, "SITE_HEADER": name, **_SETTINGS}


def site_name(cell: str) -> str:
    """What the header of every page of the admin says."""
    return f"Job scheduler, cell {cell}" if cell else "Job scheduler"
