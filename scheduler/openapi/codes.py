"""What a client does about each code of a problem. The document has this as a table.

A new code needs a line here; a test names those that lack one.
"""

CODES = {
    # 400
    "invalid": "see `errors`",
    "invalid_payload": "the payload does not fit its job type: see `errors`",
    "unknown_job_type": "see `errors`, which has the names that come close",
    "unknown_queue": "see `errors`, which has the names that come close",
    "unstorable_text": "send text without U+0000 and without half a surrogate pair",
    "invalid_limit": "the limit makes no sense: see `errors`",
    "invalid_schedule": "the schedule makes no sense: see `errors`",
    "parse_error": "send strict JSON",
    "bad_request": "send a well-formed request to the right host",
    "idempotency_key_header_invalid": (
        "send an `Idempotency-Key` of 1 to 255 printable ASCII characters"
    ),
    "idempotency_key_header_not_taken": "leave out the `Idempotency-Key` of a stream of jobs",
    # 401
    "not_authenticated": "send an access token",
    "token_not_valid": "get a new token",
    "bad_authorization_header": "send `Authorization: Bearer`, a space and the token",
    "no_active_account": "wrong name or password, or the account is closed",
    "user_not_found": "the account of the token is gone",
    "user_inactive": "the account of the token is closed",
    "metrics_token_needed": "`/metrics` takes METRICS_TOKEN, and no token of an account",
    # 403
    "permission_denied": "ask the administrator for the permission that `detail` names",
    "signup_disabled": "ask the administrator for an account",
    "submission_not_allowed": (
        "a service account may submit other types, or to other queues: ask the administrator"
    ),
    "insufficient_scope": "`WWW-Authenticate` names the scope: log in for it",
    "https_required": "use `https://`, and change what was sent in the clear",
    # 404 to 408
    "not_found": "it does not exist, or is another client's",
    "method_not_allowed": "use one of the methods in `Allow`",
    "not_acceptable": "accept what the call answers with, `application/json` as a rule",
    "headers_too_slow": "send the request line and the headers within 10 s",
    "body_too_slow": "send the body within 10 s, or at 64 KiB/s",
    # 409
    "already_resolved": "nothing: the dead letter was replayed, discarded or settled",
    "already_final": "nothing: the job has ended",
    "already_started": "nothing: an attempt has begun",
    "name_taken": "choose another name",
    "declared_in_code": "change the code that declares the schedule",
    "schedule_broken": "mend the schedule, as its `error` says",
    "batch_closed": "put the jobs into a new batch",
    "batch_full": "put the jobs into a new batch",
    "batch_completed": "nothing: there is nothing left to cancel",
    "nothing_selected": "no waiting dead letter fits the filter: choose others",
    "redrive_ended": "start another redrive for what is left",
    "call_in_progress": (
        "the first call with this `Idempotency-Key` is at work: repeat after `Retry-After` seconds"
    ),
    # 411 to 415
    "length_required": "send `Content-Length`, not chunks",
    "precondition_failed": "it has changed since the `ETag` in your `If-Match`: get it again",
    "payload_too_large": "put large data elsewhere and send its address",
    "body_too_large": "put large data elsewhere and send its address",
    "line_too_long": "shorten the line; one of more than 8 MiB has ended the stream",
    "uri_too_long": "send a shorter path and query",
    "unsupported_media_type": (
        "send `Content-Type: application/json`; a stream of jobs: `application/x-ndjson`"
    ),
    "unsupported_content_encoding": "send the body as it is, not compressed",
    "unsupported_charset": "send UTF-8",
    # 422 to 431
    "idempotency_key_header_reused": (
        "send the call that was sent before with this `Idempotency-Key`, or another key"
    ),
    "idempotency_key_reused": (
        "send what was sent before with this `idempotency_key`, or another one"
    ),
    "jobs_refused": "correct what `errors` names, or submit without `atomic=true`",
    "precondition_required": "send `If-Match` with the `ETag` of what you want to change",
    "throttled": "wait for `Retry-After` seconds",
    "quota_exceeded": (
        "the account or the address made too many calls: wait for `Retry-After` seconds"
    ),
    "recipients_limit": (
        "your mails have had the recipients of a day: wait for `Retry-After` seconds"
    ),
    "too_many_waits": (
        "as many calls wait for jobs, or follow them, as may: of you (429) or of all (503). End "
        "one, or repeat after `Retry-After` seconds"
    ),
    "headers_too_large": "send fewer or shorter headers",
    # 500 and more
    "internal_error": "tell the operator the `request_id`; the log has the cause",
    "connect_not_supported": "call the server itself: it is no proxy",
    "unsupported_transfer_coding": "send `Content-Length`",
    "backpressure": (
        "the queue is as deep as it may be; nothing was accepted: repeat after `Retry-After` "
        "seconds"
    ),
    "busy": (
        "another change of the same rows is under way; nothing was done: repeat after "
        "`Retry-After` seconds"
    ),
    "database_unavailable": "nothing was accepted; repeat after `Retry-After` seconds",
    "issuer_unavailable": (
        "the keys of the outside issuer of your token cannot be had: repeat after `Retry-After` "
        "seconds"
    ),
    "list_too_slow": "narrow the list, by `created_after` and `created_before` for example",
    "too_many_connections": (
        "the server has no room for another connection: repeat after `Retry-After` seconds"
    ),
    "too_many_streams": (
        "the server takes no further stream of jobs: repeat after `Retry-After` seconds"
    ),
}


def codes_table() -> str:
    """The codes as a table in Markdown."""
    rows = "".join(f"| `{code}` | {what} |\n" for code, what in CODES.items())
    return f"| code | what to do |\n|---|---|\n{rows}"
