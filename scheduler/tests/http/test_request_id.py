"""Every answer carries the id of its request, in the header and in the problem."""

import pytest
from django.test import Client

from accounts.tests.problem import problem
from jobs.core.request_id import current_request_id

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sent", ["a", "req-1.2_3:4/5+6=7@8", "x" * 128])
def test_a_request_keeps_the_id_it_came_with(browser: Client, sent: str) -> None:
    assert browser.get("/", HTTP_X_REQUEST_ID=sent)["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", " ", "two words", "x" * 129, "a\nb", "é", "<script>"])
def test_an_id_that_is_not_fit_for_a_log_is_replaced(browser: Client, sent: str) -> None:
    response = browser.get("/nothing", HTTP_X_REQUEST_ID=sent)

    assert len(problem(response, 404, "not_found")["request_id"]) == 32


def test_every_request_without_an_id_gets_one_of_its_own(browser: Client) -> None:
    assert browser.get("/")["X-Request-ID"] != browser.get("/")["X-Request-ID"]


def test_a_request_that_has_ended_leaves_no_id_for_later_log_lines(browser: Client) -> None:
    browser.get("/", HTTP_X_REQUEST_ID="req-7")
    browser.get("/nothing", HTTP_X_REQUEST_ID="req-8")

    assert current_request_id.get() == ""
