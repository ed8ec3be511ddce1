"""The scopes that calls about jobs need.

A view declares in `required_scopes` which one each of its calls takes, by action of a view set, or
by method of another view. Whoever authenticates callers compares it with what their tokens hold;
where tokens have no scopes it says nothing. A scope narrows: the permissions of a call are asked as
well.
"""

JOBS_READ = "jobs:read"
JOBS_WRITE = "jobs:write"
DLQ_READ = "dlq:read"
DLQ_WRITE = "dlq:write"
QUEUES_WRITE = "queues:write"
SCHEDULES_WRITE = "schedules:write"
