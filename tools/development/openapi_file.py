"""Writes docs/openapi.json, the API with the job types that come with it.

To be called after each change of the API: bin/python -m tools.development.openapi_file
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from tools.checkout import CHECKOUT

FILE = CHECKOUT / "docs" / "openapi.json"
COMMAND = "bin/python -m tools.development.openapi_file"


def built_in_types() -> Mapping[str, Any]:
    """The job types that come with the service."""
    from jobs.handlers.registry import job_types

    return {
        name: job_type
        for name, job_type in job_types.as_mapping().items()
        if job_type.handler.__module__.startswith("jobs.handlers.")
    }


def document_text() -> str:
    """What the file should be."""
    from scheduler.openapi.document import openapi_document

    return json.dumps(openapi_document(built_in_types()), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Needs no server: nothing is asked of PostgreSQL or Redis."""
    os.environ |= {"ENVIRONMENT": "development", "DJANGO_SETTINGS_MODULE": "scheduler.settings"}
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
    import django

    django.setup()
    FILE.write_text(document_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
