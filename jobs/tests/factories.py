"""Rows for tests, made by the product's own services where that is possible."""

import itertools
from typing import Any

from django.contrib.auth.models import Permission

from accounts.models import User
from jobs.models import Job, Worker
from jobs.services.enqueue import job_enqueue
from jobs.services.workers import worker_register

_numbers = itertools.count(1)


def make_user(**fields: Any) -> User:
    """A user with a password of `secret-secret`."""
    username = fields.pop("username", f"user{next(_numbers)}")
    return User.objects.create_user(username=username, password="secret-secret", **fields)


def allow(user: User, *permissions: str) -> User:
    """Gives a user permissions of this app, by their code names."""
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return User.objects.get(pk=user.pk)  # without the permissions that Django has cached


def make_job(**fields: Any) -> Job:
    """A queued job, of type `tests.note` unless `fields` name another."""
    number = next(_numbers)
    fields = {"type": "tests.note", "payload": {"text": f"note{number}"}} | fields
    return job_enqueue(**fields).job


def make_worker(**fields: Any) -> Worker:
    """A worker that has just registered."""
    return worker_register(**({"name": None, "queues": ["default"], "concurrency": 4} | fields))
