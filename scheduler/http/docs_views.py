"""`/docs/`: the API of this deployment in a browser, to read and to try. All files are its own."""

from django.views.generic import TemplateView


class SwaggerView(TemplateView):
    """Swagger UI, which also makes calls."""

    http_method_names = ("get", "head")
    template_name = "docs/swagger.html"


class RedocView(TemplateView):
    """Redoc, for reading."""

    http_method_names = ("get", "head")
    template_name = "docs/redoc.html"
