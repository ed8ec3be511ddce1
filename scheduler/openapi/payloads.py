"""Bodies that submit jobs, or schedules: a schema for each job type, told apart by `type`."""

from collections.abc import Mapping

from jobs.api.job_types.example_payload import example_payload
from jobs.api.job_types.payload_schema import payload_schema
from jobs.api.job_types.representations import description_of
from jobs.api.jobs.bulk_items import ITEMS_MAX
from jobs.api.jobs.submission import JobSubmission
from jobs.api.schedules.submission import ScheduleSubmission
from jobs.api.shared.json_schema import serializer_schema
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.handlers.registry import JobType
from jobs.services.chains import CHAIN_JOBS_MAX
from scheduler.openapi.answers import Answers, Schema
from scheduler.openapi.calls import CHAIN, MANY_JOBS, ONE_JOB, SCHEDULE


def add_payloads(answers: Answers, types: Mapping[str, JobType]) -> None:
    """Adds the schemas of bodies with jobs, with those of each type."""
    answers.schemas[ONE_JOB] = _one_of(answers, "job", JobSubmission(), types)
    answers.schemas[SCHEDULE] = _one_of(answers, "schedule", ScheduleSubmission(), types)
    answers.schemas[MANY_JOBS] = {
        "type": "object",
        "properties": {
            "jobs": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{ONE_JOB}"},
                "maxItems": ITEMS_MAX,
            }
        },
        "required": ["jobs"],
        "additionalProperties": False,
    }
    answers.schemas[CHAIN] = {
        "type": "object",
        "properties": {
            "jobs": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{ONE_JOB}"},
                "minItems": 1,
                "maxItems": CHAIN_JOBS_MAX,
            },
            "batch": {"type": ["string", "null"], "format": "uuid"},
        },
        "required": ["jobs"],
        "additionalProperties": False,
    }


def job_examples(types: Mapping[str, JobType]) -> dict[str, Schema]:
    """A body of `POST /addJob` for each type that an example can be made for."""
    examples = {}
    for name, job_type in sorted(types.items()):
        payload = example_payload(job_type, payload_schema(job_type))
        if payload is not None:
            body = {"type": name, "payload": payload}
            examples[name] = {"summary": description_of(job_type) or name, "value": body}
    return examples


def _one_of(
    answers: Answers, noun: str, body: StrictSerializer, types: Mapping[str, JobType]
) -> Schema:
    """The body with the payload of each type."""
    variants = {name: _variant(answers, noun, body, types[name]) for name in sorted(types)}
    return {
        "oneOf": list(variants.values()),
        "discriminator": {
            "propertyName": "type",
            "mapping": {name: variant["$ref"] for name, variant in variants.items()},
        },
    }


def _variant(answers: Answers, noun: str, body: StrictSerializer, job_type: JobType) -> Schema:
    payload = answers.ref(f"payload.{job_type.name}", payload_schema(job_type))
    whole = serializer_schema(body)
    properties = {
        **whole["properties"],
        "type": {"type": "string", "const": job_type.name},
        "payload": payload,
    }
    schema = {**whole, "description": description_of(job_type), "properties": properties}
    return answers.ref(f"{noun}.{job_type.name}", schema)
