"""A redrive of a group reads its dead letters alone, however many others wait."""

import pytest
from django.db import connection

from jobs.core.selection import Selection
from jobs.services.redrives.selected import letters_in_order, letters_selected
from jobs.tests.services.redrives.redriving import dead

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_group_comes_in_the_order_in_which_its_jobs_died() -> None:
    of_one, of_other = dead(3, type="tests.note"), dead(2, type="tests.note_by_text")
    group = Selection(fingerprint=of_one[0].fingerprint)
    assert [one.id for one in letters_in_order(group)] == [one.id for one in of_one]
    assert set(letters_in_order(group)) == set(letters_selected(group))
    everything = [one.id for one in letters_in_order(Selection())]
    assert everything == [one.id for one in (*of_one, *of_other)]


def test_a_group_is_read_by_its_own_index() -> None:
    """With few rows any index would do: what may be read is in order without a sort."""
    [letter] = dead(1)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute("SET enable_bitmapscan = off")
        plan = letters_in_order(Selection(fingerprint=letter.fingerprint))[:100].explain()
        cursor.execute("RESET ALL")
    assert "Index Scan using dead_letter_group_in_order" in plan
    assert "Sort" not in plan
