"""Every path of the service. Those of the API work with and without a trailing slash."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.admin_login import admin_login, admin_password_change
from jobs.admin.overview.overview_view import overview
from jobs.core.conf import jobs_conf
from scheduler.admin_theme import site_name
from scheduler.http import error_views
from scheduler.http.docs_views import RedocView, SwaggerView, ToPageView
from scheduler.http.health_views import LiveView, ReadyView
from scheduler.http.index_view import IndexView
from scheduler.http.metrics_view import MetricsView
from scheduler.openapi.document_view import OpenApiView

# Here and not in the settings: a worker, which has no pages, starts sooner and is 12 MB smaller.
admin.autodiscover()
admin.site.site_header = admin.site.site_title = site_name(jobs_conf().cell)
admin.site.index_title = "Overview"
admin.site.site_url = None  # what lies at / is for programs
# The one of Django names every model and takes the width that the lists of jobs need.
admin.site.enable_nav_sidebar = apps.is_installed("unfold")

urlpatterns = [
    # First, because these are called most: every pattern that is tried before costs 4 µs.
    path("", include("jobs.api.urls")),
    path("", IndexView.as_view(), name="index"),
    re_path(r"^health/?$", ReadyView.as_view(), name="health"),
    re_path(r"^health/live/?$", LiveView.as_view(), name="health-live"),
    re_path(r"^health/ready/?$", ReadyView.as_view(), name="health-ready"),
    re_path(r"^metrics/?$", MetricsView.as_view(), name="metrics"),
    path("openapi.json", OpenApiView.as_view(), name="openapi"),
    path("", include("accounts.api.urls")),
    path("docs", ToPageView.as_view(pattern_name="docs")),
    path("docs/", SwaggerView.as_view(), name="docs"),
    path("docs/redoc/", RedocView.as_view(), name="redoc"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/login/", admin_login),
    path("admin/password_change/", admin.site.admin_view(admin_password_change, cacheable=True)),
    path("admin/", admin.site.admin_view(overview)),
    # Django's view on site: no record here has a page of its own.
    re_path(r"^admin/r/", error_views.no_such_page),
    path("admin/", admin.site.urls),
    re_path(r"", error_views.no_such_path),
]

handler400 = error_views.handler400
handler403 = error_views.handler403
handler404 = error_views.handler404
handler500 = error_views.handler500
