"""The JSON Schema of a type's payload, whatever the serializer of the project does."""

import json
import logging

from rest_framework.utils.encoders import JSONEncoder

from jobs.api.shared.json_schema import Schema, serializer_schema
from jobs.handlers.registry import JobType
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.project_code import place_of

logger = logging.getLogger(__name__)


def payload_schema(job_type: JobType) -> Schema:
    """What the serializer takes; any object where it cannot say, so that other types are shown."""
    try:
        schema = serializer_schema(job_type.payload())
        made: Schema = json.loads(json.dumps(schema, cls=JSONEncoder, allow_nan=False))
    except DATABASE_ERRORS:
        raise
    except Exception as error:  # noqa: BLE001 - a serializer of the project may raise anything
        logger.warning(
            "Job type %s could not describe its payload: %s",
            job_type.name,
            place_of(error),
            extra={"event": "job_type.not_described", "type": job_type.name},
        )
        return {"type": "object"}
    return made
