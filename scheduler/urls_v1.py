"""The paths that begin with `/v1/`: every call of the API. `scheduler/http/versions.py` chooses."""

from django.urls import include, path, re_path

from scheduler.http import error_views

urlpatterns = [
    path("v1/", include("jobs.api.urls")),
    path("v1/", include("accounts.api.urls")),
    re_path(r"", error_views.no_such_path),
]

handler400 = error_views.handler400
handler403 = error_views.handler403
handler404 = error_views.handler404
handler500 = error_views.handler500
