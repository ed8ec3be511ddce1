"""Errors of secrets that calls are signed with."""

from uuid import UUID

from jobs.core.errors import JobsError


class TooManySigningSecrets(JobsError):
    """The client has as many secrets as it may have at a time."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} signing secrets already; revoke one first")
        self.limit = limit


class SigningSecretLost(JobsError):
    """The SECRET_KEY that a secret is derived from is not known any more."""

    def __init__(self, secret_id: UUID) -> None:
        super().__init__(
            f"signing secret {secret_id} belongs to a former SECRET_KEY: name that in "
            "SECRET_KEY_FALLBACKS, or revoke the secret and make another"
        )
        self.secret_id = secret_id
