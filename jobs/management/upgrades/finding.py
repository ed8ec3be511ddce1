"""What a rule says about a migration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse a migration.

    `subject` is what it is about, such as `jobs_job.run_at` or `index job_by_age`; `problem` says
    what would go wrong, and what to do instead. `breaks`: the released version fails for certain,
    so that only the contract step of a released expand step is excused.
    """

    subject: str
    problem: str
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """The migration waits for a lock on a table of the released version; others wait behind it.

    `lets_read`: whether statements that only read pass, as with a table that is referred to.
    """

    table: str
    lets_read: bool = False


@dataclass(frozen=True, slots=True)
class Timeout:
    """A lock_timeout is set, or taken away: whether there `is_one` from now on.

    `is_local`: until the transaction ends, and not at all outside one.
    """

    is_one: bool
    is_local: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """BEGIN or COMMIT among the statements."""

    begins: bool


Said = Finding | Lock | Timeout | Transaction
