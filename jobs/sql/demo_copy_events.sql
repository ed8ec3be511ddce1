-- Events of the demonstration (jobs/services/demo), a line each, in the order of `EventRow`.
COPY jobs_event (
    id, at, actor_id, actor_name, action, subject_type, subject_id, reason, before, after, request_id
)
FROM STDIN
