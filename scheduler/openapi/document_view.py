"""`GET /openapi.json`: the API of this deployment, with its own job types."""

import json
import threading
from functools import lru_cache

from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs.handlers.registry import job_types
from scheduler.openapi.document import openapi_document

# In seconds. It changes when another version is deployed.
CACHE_SECONDS = 60

# The document is made once, by one thread: drf-spectacular and our operations keep what they have
# found so far in their classes.
_making = threading.Lock()


class OpenApiView(APIView):
    """Open to everyone: it tells what can be asked, and nothing that was."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> HttpResponse:
        """The document, OpenAPI 3.1."""
        headers = {"Cache-Control": f"public, max-age={CACHE_SECONDS}"}
        with _making:
            text = _text()
        return HttpResponse(text, content_type="application/json", headers=headers)


@lru_cache(maxsize=1)
def _text() -> str:
    return json.dumps(openapi_document(job_types.as_mapping()))
