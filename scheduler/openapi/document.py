"""The document: drf-spectacular walks the URL confs, each operation describes itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import get_resolver
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator

from accounts.scopes import SCOPES
from jobs import __version__
from jobs.core.call_key import CALL_KEY_PATTERN
from jobs.handlers.registry import JobType
from scheduler.http.versions import URLCONFS
from scheduler.openapi.answers import Answers, Schema
from scheduler.openapi.codes import codes_table
from scheduler.openapi.links import add_links
from scheduler.openapi.names import VERSION
from scheduler.openapi.operation import BEARER, METRICS_TOKEN, SERVICE_ACCOUNT, Operation
from scheduler.openapi.payloads import add_payloads, job_examples

# Paths that are in the document without a version, beside those that have none.
FIXED_PATHS = ("/addJob", "/failedJobs")

_DESCRIPTION = f"""\
Background jobs: submit them, follow them, decide about those that failed.

Get a token from `POST /v1/login`, or `POST /v1/token` for a service account, and send it as \
`Authorization: Bearer <token>`. Paths without `/v1` are the same calls.

Every refusal is a problem (RFC 9457). Programs read its `status` and `code`; `detail` is for \
people, and `errors` points at what is wrong with the body or the query.

{codes_table()}"""


def openapi_document(types: Mapping[str, JobType]) -> Schema:
    """The document of a deployment with these job types; raises DocumentIncomplete."""
    answers = Answers()
    add_payloads(answers, types)
    Operation.answers, Operation.examples = answers, job_examples(types)
    generator: Any = _Generator(patterns=list(_patterns()))  # type: ignore[no-untyped-call]
    paths = generator.parse(None, public=True)
    add_links(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Job scheduler", "version": __version__, "description": _DESCRIPTION},
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": dict(sorted(answers.schemas.items())),
            "responses": dict(sorted(answers.responses.items())),
            "headers": _headers(),
            "parameters": _parameters(),
            "securitySchemes": _security_schemes(),
        },
    }


def _patterns() -> Iterator[Any]:
    yield from get_resolver().url_patterns
    for urlconf in URLCONFS.values():
        yield from get_resolver(urlconf).url_patterns


class _Endpoints(EndpointEnumerator):
    """Each call once, under `/v1` if it has a version; the two fixed paths in both forms."""

    def get_path_from_regex(self, path_regex: str) -> str:
        """Without the slash at the end, which may be left out."""
        path: str = super().get_path_from_regex(path_regex)  # type: ignore[no-untyped-call]
        return path.rstrip("/") or "/"

    def get_api_endpoints(self, patterns: Any = None, prefix: str = "") -> list[Any]:
        """The endpoints that the document has."""
        found = super().get_api_endpoints(patterns, prefix)  # type: ignore[no-untyped-call]
        versioned = {path for path, *_ in found if path.startswith(f"{VERSION}/")}
        unversioned = {"/.well-known/jwks.json"}
        return [
            one
            for one in found
            if (
                one[0].removeprefix(VERSION) not in unversioned | set(FIXED_PATHS)
                and VERSION + one[0] not in versioned
            )
            or one[0] in unversioned
            or one[0].removeprefix(VERSION) in FIXED_PATHS
        ]


class _Generator(SchemaGenerator):
    endpoint_inspector_cls = _Endpoints


def _headers() -> Schema:
    def header(description: str, *, required: bool = False, **schema: Any) -> Schema:
        made: Schema = {"description": description, "schema": {"type": "string", **schema}}
        return made | ({"required": True} if required else {})

    return {
        "X-Request-ID": header("In every log line of the call.", required=True),
        "traceparent": header("The trace of the call (W3C Trace Context).", required=True),
        "Location": header("Where the job, or the schedule, is.", format="uri-reference"),
        "Link": header("The pages beside this one (RFC 8288)."),
        "ETag": header("Changes with what is shown.", required=True),
        "Idempotency-Replayed": header("`true`: the stored answer.", const="true"),
        "Deprecation": header("Since when a parameter is no longer to be used (RFC 9745)."),
        "RateLimit": header("What is left, where calls are limited."),
        "RateLimit-Policy": header("The limits that count here."),
        "Retry-After": header("In seconds.", type="integer", minimum=0),
        "WWW-Authenticate": header("What is missing (RFC 6750).", required=True),
        "WWW-Authenticate-of-403": header("The scope that the token lacks (RFC 6750)."),
        "Accept-Encoding": header("How a body may be coded (RFC 9110).", const="identity"),
    }


def _parameters() -> Schema:
    def header(name: str, description: str, **schema: Any) -> Schema:
        return {
            "name": name,
            "in": "header",
            "description": description,
            "schema": {"type": "string", **schema},
        }

    return {
        "Idempotency-Key": header(
            "Idempotency-Key",
            "Sent again with the same key, the call is not done again, but gets the stored answer.",
            pattern=CALL_KEY_PATTERN,
        ),
        "If-Match": header("If-Match", "The ETag of what is to be changed: else 412."),
        "If-None-Match": header("If-None-Match", "The last ETag: 304 if nothing is new."),
        "Last-Event-ID": header(
            "Last-Event-ID", "The id of the last event that came: the stream goes on behind it."
        ),
    }


def _security_schemes() -> Schema:
    scopes = {name: scope.does for name, scope in SCOPES.items()}
    return {
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access` token of POST /v1/login.",
        },
        SERVICE_ACCOUNT: {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {"tokenUrl": f"{VERSION}/token", "scopes": scopes},
            },
        },
        METRICS_TOKEN: {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN."},
    }
