"""What the admin answers where it cannot show a page: what is the matter, and what to do."""

from typing import NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from scheduler.http.request_id import request_id


class ErrorPage(NamedTuple):
    """What a person reads of an error, whose status is `status`."""

    status: int
    title: str
    explanation: str
    advice: str


BAD_REQUEST = ErrorPage(
    400,
    "That address cannot be answered",
    "The server does not know the host of this address, or cannot read the request.",
    "Check the address. Whoever runs the service names its hosts in ALLOWED_HOSTS.",
)
TOO_MUCH = ErrorPage(
    400,
    "That was too much at once",
    "The form has more fields, or more text, than the server takes in one request. Nothing was "
    "changed.",
    "Select fewer records. Of dead letters, a redrive replays any number: start it from their "
    "group, or with all of a list selected.",
)
FORBIDDEN = ErrorPage(
    403,
    "You may not do that",
    "Your account does not have the right that this takes. Nothing was changed.",
    "An administrator can give it to you: by one of the groups viewer, operator and "
    "administrator, or by a permission of its own.",
)
FORM_REFUSED = ErrorPage(
    403,
    "The form was refused",
    "It did not come with the token of your session: you may have logged in again meanwhile, "
    "or the browser keeps no cookies. Nothing was changed.",
    "Go back, load the page anew, and send the form again.",
)
NOT_FOUND = ErrorPage(
    404,
    "There is nothing here",
    "No page has this address. What it was about may be pruned, or decided about.",
    "Look for it in the lists: they can be searched by id.",
)
FAILED = ErrorPage(
    500,
    "The server failed",
    "The page could not be made. The database may not answer, or there is a fault.",
    "Try again in a moment. The log of the server has the cause under the request id below.",
)


def error_page(request: HttpRequest, page: ErrorPage) -> HttpResponse:
    """The page within the admin, with its navigation; for those who are logged in."""
    if not admin.site.has_permission(request):
        return bare_page(request, page)
    context = {
        **admin.site.each_context(request),
        **_words(request, page),
        "crumb": f"Error {page.status}",
    }
    response = TemplateResponse(request, "admin/jobs/error.html", context, status=page.status)
    return response.render()


def bare_page(request: HttpRequest, page: ErrorPage) -> HttpResponse:
    """A page of its own: where there is no session, or where the rest of the admin fails."""
    name = "admin/jobs/failed.html"
    return TemplateResponse(request, name, _words(request, page), status=page.status).render()


def _words(request: HttpRequest, page: ErrorPage) -> dict[str, object]:
    return {
        "title": page.title,
        "explanation": page.explanation,
        "advice": page.advice,
        "request_id": request_id(request),
    }
