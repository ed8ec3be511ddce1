"""Migrations that change rows."""

import importlib

import pytest
from django.apps import apps

from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_names_of_those_who_decided_before_are_kept() -> None:
    ann = make_user(username="ann")
    letters = [die(make_job()) for _ in range(3)]
    for letter, user in zip(letters, (ann, None), strict=False):
        dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=user.pk if user else None)
    DeadLetter.objects.update(resolved_by_name="")

    migration = importlib.import_module("jobs.migrations.0006_resolved_by_name")
    migration.keep_names(apps, None)

    names = dict(DeadLetter.objects.values_list("id", "resolved_by_name"))
    assert [names[letter.id] for letter in letters] == ["ann", "", ""]
