"""A redrive of a group reads its dead letters alone, however many others wait."""

import pytest
from django.db import connection

from jobs.core.selection import Selection
from jobs.models import DeadLetter
from jobs.services.redrives.selected import letters_in_order, letters_selected
from jobs.tests.services.redrives.redriving import dead

LAST = "0" * 16
# Letters like the one that is there, the last of them of a kind of their own. Each needs a job of
# its own, which is only named here.
OTHERS = f"""
SET session_replication_role = replica;
INSERT INTO jobs_deadletter
SELECT (jsonb_populate_record(letter, jsonb_build_object(
    'id', '01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'),
    'job_id', gen_random_uuid(),
    'fingerprint', CASE WHEN number > %(count)s - %(last)s THEN '{LAST}' ELSE fingerprint END
))).*
FROM jobs_deadletter AS letter, generate_series(1, %(count)s) AS number;
RESET session_replication_role
"""

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_group_comes_in_the_order_in_which_its_jobs_died() -> None:
    of_one, of_other = dead(3, type="tests.note"), dead(2, type="tests.note_by_text")
    group = Selection(fingerprint=of_one[0].fingerprint)
    assert [one.id for one in letters_in_order(group)] == [one.id for one in of_one]
    assert set(letters_in_order(group)) == set(letters_selected(group))
    everything = [one.id for one in letters_in_order(Selection())]
    assert everything == [one.id for one in (*of_one, *of_other)]


def test_a_group_is_read_by_its_own_index() -> None:
    [letter] = dead(1)
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, {"count": 5_000, "last": 500})
        cursor.execute("ANALYZE jobs_deadletter")
    plan = letters_in_order(Selection(fingerprint=LAST))[:100].explain(analyze=True)
    assert "Index Scan using dead_letter_group_in_order" in plan
    assert "Rows Removed" not in plan
    DeadLetter.objects.exclude(id=letter.id).delete()
