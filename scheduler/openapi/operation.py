"""One operation of the document."""

import re
from inspect import getdoc
from typing import Any

from drf_spectacular.openapi import AutoSchema

from accounts.scopes import ADMIN
from jobs.api.shared.json_schema import field_schema, serializer_schema
from jobs.api.shared.stored_answers import METHODS, StoredAnswerMixin
from scheduler.http.problems import CONTENT_TYPE as PROBLEM_TYPE
from scheduler.http.route import Route
from scheduler.http.routes import ROUTES
from scheduler.openapi.answers import Answers, Schema, schema_name
from scheduler.openapi.call import Call, ListOf, PageOf
from scheduler.openapi.calls import CALLS
from scheduler.openapi.names import VERSION, operation_id, tag_of
from scheduler.openapi.phrases import phrase_of
from scheduler.openapi.plain_schemas import EVENT_STREAM
from scheduler.openapi.refusals import (
    HEADER,
    OF_EVERY_ANSWER,
    problem_ref,
    problem_response,
    refusal_codes,
)

BEARER, SERVICE_ACCOUNT, METRICS_TOKEN = "bearerAuth", "serviceAccount", "metricsToken"

_ROUTES = {(one.method, one.path): one for one in ROUTES}
_MARKDOWN_LINK = re.compile(r" \(\[[^\]]*\]\([^)]*\)\)")
_UUID_PATHS = ("/jobs/", "/failedJobs/", "/schedules/", "/batches/", "/redrives/")


class DocumentIncomplete(Exception):
    """A call is served that the document could say nothing about; the message says what to add."""


def call_of(method: str, path: str) -> tuple[Route, Call]:
    """The route and the call behind a path of the document; raises DocumentIncomplete."""
    plain = re.sub(r"{(\w+)}", r"<\1>", path).removeprefix(VERSION) or "/"
    if (route := _ROUTES.get((method, plain))) is None:
        raise DocumentIncomplete(
            f"{method} {plain} is served, but is not in ROUTES: add a Route to "
            "scheduler/http/routes.py."
        )
    if (call := CALLS.get(route.name)) is None:
        raise DocumentIncomplete(
            f"{method} {plain} has no description: add "
            f'"{route.name}": Call(<what it answers>, query=..., body=..., codes=...) to CALLS in '
            "scheduler/openapi/calls.py."
        )
    return route, call


class Operation(AutoSchema):
    """DEFAULT_SCHEMA_CLASS: describes a view by its line in the table of calls."""

    answers: Answers
    examples: dict[str, Schema]

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Schema:
        """The operation; raises DocumentIncomplete."""
        self.method = method
        route, call = call_of(method, path)
        operation: Schema = {
            "operationId": operation_id(route, path),
            "summary": _MARKDOWN_LINK.sub("", route.does),
            "description": self._described(),
            "tags": [tag_of(path)],
            "security": self._security(),
            "responses": self._responses(route, call),
        }
        if parameters := self._parameters(path, route, call):
            operation["parameters"] = parameters
        if call.body is not None:
            operation["requestBody"] = self._body(call)
        return operation

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", None) or self.method.lower())

    @property
    def _is_keyed(self) -> bool:
        return isinstance(self.view, StoredAnswerMixin) and self.method in METHODS

    def _described(self) -> str:
        return getdoc(getattr(self.view, self._action, None)) or ""

    def _security(self) -> list[Schema]:
        classes = self.view.authentication_classes
        if not classes:
            return []
        if any(one.__name__ == "ScraperAuthentication" for one in classes):
            return [{METRICS_TOKEN: []}]
        scope = getattr(self.view, "required_scopes", {}).get(self._action, ADMIN)
        scopes = [scope] if scope else []
        return [{BEARER: scopes}, {SERVICE_ACCOUNT: scopes}]

    def _parameters(self, path: str, route: Route, call: Call) -> list[Schema]:
        found = [_path_parameter(name, path) for name in re.findall(r"{(\w+)}", path)]
        if call.query is not None:
            fields = call.query().fields.items()
            deprecated = getattr(call.query, "deprecated", {})
            found += [
                _query_parameter(name, field, is_deprecated=name in deprecated)
                for name, field in fields
            ]
        if self._is_keyed:
            found.append(_header_parameter("Idempotency-Key"))
        if 304 in route.success:
            found.append(_header_parameter("If-None-Match"))
        if call.answer_type == EVENT_STREAM:
            found.append(_header_parameter("Last-Event-ID"))
        if 412 in route.refused:
            found.append(_header_parameter("If-Match"))
        return found

    def _body(self, call: Call) -> Schema:
        media: Schema = {"schema": self._body_schema(call)}
        if call.body == "JobSubmission" and self.examples:
            media["examples"] = self.examples
        content = {call.body_type: media} | _lines(call)
        return {"required": not call.body_may_be_missing, "content": content}

    def _body_schema(self, call: Call) -> Schema:
        if isinstance(call.body, str):
            return {"$ref": f"#/components/schemas/{call.body}"}
        if isinstance(call.body, dict):
            return self.answers.ref_by_title(call.body)
        assert call.body is not None
        schema = serializer_schema(call.body())
        if not call.is_partial:
            return self.answers.ref(call.body.__name__, schema)
        schema.pop("required", None)
        return self.answers.ref(f"{call.body.__name__}Changes", schema)

    def _responses(self, route: Route, call: Call) -> Schema:
        codes = refusal_codes(
            route.refused, call.codes, has_body=self.method != "GET", is_keyed=self._is_keyed
        )
        responses = {str(one): self._answer(one, route, call) for one in route.success}
        for status, names in codes.items():
            responses[str(status)] = problem_response(self.answers, status, names)
        if call.refusal is not None:
            responses |= {str(one): self._refusal(one, call) for one in call.refusal_statuses}
        return dict(sorted(responses.items()))

    def _refusal(self, status: int, call: Call) -> Schema:
        own = self.answers.of_any(call.refusal)
        content = {
            "application/json": {"schema": own},
            PROBLEM_TYPE: {"schema": problem_ref(self.answers)},
        }
        names = [*OF_EVERY_ANSWER, *(["WWW-Authenticate"] if status == 401 else [])]
        headers = {name: {"$ref": HEADER + name} for name in names}
        return {"description": phrase_of(status), "headers": headers, "content": content}

    def _answer(self, status: int, route: Route, call: Call) -> Schema:
        names = list(OF_EVERY_ANSWER)
        has_etag = 304 in route.success or 412 in route.refused
        names += ["ETag"] if has_etag and status in (200, 304) else []
        names += ["Location"] if call.tells_location else []
        names += ["Link"] if isinstance(call.answer, PageOf) else []
        names += ["Deprecation"] if getattr(call.query, "deprecated", {}) else []
        names += call.headers
        names += ["Idempotency-Replayed"] if self._is_keyed else []
        names += ["RateLimit", "RateLimit-Policy"] if self._security() else []
        response: Schema = {
            "description": phrase_of(status),
            "headers": {name: {"$ref": HEADER + name} for name in names},
        }
        if call.answer is not None and status not in (204, 304):
            content = {call.answer_type: {"schema": self._answer_schema(call)}}
            response["content"] = content | _lines(call)
        return response

    def _answer_schema(self, call: Call) -> Schema:
        answer, path = call.answer, {"type": ["string", "null"], "format": "uri-reference"}
        if isinstance(answer, dict):
            return self.answers.of_any(answer)
        if isinstance(answer, ListOf):
            rows = _results(self.answers.of(answer.row))
            return self.answers.ref(f"{schema_name(answer.row)}List", rows)
        if isinstance(answer, PageOf):
            page = _results(self.answers.some_members_of(answer.row))
            page["properties"] |= {"next": path, "prev": path}
            page["required"] = ["results", "next", "prev"]
            return self.answers.ref(f"{schema_name(answer.row)}Page", page)
        return self.answers.of(answer)


def _lines(call: Call) -> Schema:
    return {call.lines_type: {"schema": {"type": "string"}}} if call.lines_type else {}


def _results(row: Schema) -> Schema:
    rows = {"type": "array", "items": row}
    return {"type": "object", "properties": {"results": rows}, "required": ["results"]}


def _path_parameter(name: str, path: str) -> Schema:
    is_uuid = name == "id" and path.removeprefix(VERSION).startswith(_UUID_PATHS)
    schema: Schema = {"type": "string", "format": "uuid"} if is_uuid else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameter(name: str, field: Any, *, is_deprecated: bool) -> Schema:
    schema = field_schema(field)
    parameter: Schema = {"name": name, "in": "query", "schema": schema}
    if field.required:
        parameter["required"] = True
    if is_deprecated:
        parameter["deprecated"] = True
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}  # with commas between
    return parameter


def _header_parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}
