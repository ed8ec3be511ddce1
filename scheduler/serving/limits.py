"""What the API bears from one client, so that slow or silent ones take nothing from the others."""

# From the connection, or the first byte of a further request, to the end of the headers. A packet
# that was lost is sent again within 3 s as a rule.
HEADERS_SECONDS = 10.0

# A body may take BODY_GRACE_SECONDS, and longer as long as it keeps to this rate on the average.
BODY_GRACE_SECONDS = 10.0
BODY_BYTES_PER_SECOND = 64 * 1024

# A larger body is read only after the call was found to want it: a wrong token or path is answered
# before. A smaller one comes in one piece with its headers as a rule.
SMALL_BODY_BYTES = 64 * 1024

# Forms of the admin. Only JSON may be larger, up to what its call allows.
FORM_MAX_BYTES = 256 * 1024
BODY_MAX_BYTES = 64 * 1024 * 1024

# Large bodies that one process holds at a time, 8 MiB each at most as a rule; others wait.
LARGE_BODIES = 16

# How long what the client still sends is dropped after an answer that ends the connection. Closed
# at once, the connection would be reset, and the answer lost on its way (RFC 9112, 9.6).
LINGER_SECONDS = 2.0

# How long an answer may wait for a client that does not take it.
ANSWER_SECONDS = 60.0

# A stream without news has a comment so often, so that proxies do not take it for dead. The usual
# ones end a connection after 60 s without a byte.
HEARTBEAT_SECONDS = 15.0

# So often Django is asked without news, too, whether a client may still follow its stream.
REVIEW_SECONDS = 60.0
