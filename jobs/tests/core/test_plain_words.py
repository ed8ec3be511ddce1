"""Rules in plain words."""

import pytest

from jobs.core.cron import Cron
from jobs.core.plain_words import cron_in_words, interval_in_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("*/25 * * * *", "Every hour at minutes 0, 25 and 50"),
        ("0 * * * *", "Every hour at minute 0"),
        ("0 7 * * *", "At 07:00 every day"),
        ("0 7 * * MON-FRI", "At 07:00 from Monday to Friday"),
        ("0 9,17 * * 1,3", "At 09:00 and 17:00 on Monday and Wednesday"),
        ("0 */2 * * *", "Every 2 hours at minute 0"),
        ("30 */6 * * *", "At 00:30, 06:30, 12:30 and 18:30 every day"),
        ("*/15 9-17 * * SUN,SAT", "Every 15 minutes from 09:00 to 17:59 on Saturday and Sunday"),
        ("5 0 13 * 5", "At 00:05 on day 13 of the month or on Friday"),
        ("0 0 */15 * MON", "At 00:00 on days 1, 16 and 31 of the month if that is Monday"),
        ("0 0 L * *", "At 00:00 on the last day of the month"),
        ("0 0 * * 5L", "At 00:00 on the last Friday of the month"),
        ("0 0 * * MON#1", "At 00:00 on the 1st Monday of the month"),
        ("0 0 LW * *", "At 00:00 on the last day from Monday to Friday of the month"),
        ("@yearly", "At 00:00 on day 1 of the month in January"),
        ("0 0 1 1-3,6 *", "At 00:00 on day 1 of the month from January to March and June"),
        ("0 1-9 10-20 * *", "At minute 0 of hours 1 to 9 on days 10 to 20 of the month"),
        ("*/30 8,12 * * *", "At 08:00, 08:30, 12:00 and 12:30 every day"),
        ("*/10 8,12 * * *", "Every 10 minutes in hours 8 and 12"),
    ],
)
def test_a_cron_expression_in_words(text: str, words: str) -> None:
    assert cron_in_words(Cron(text), "Asia/Tokyo") == f"{words} (Asia/Tokyo)."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "Every second."),
        (60, "Every minute."),
        (90, "Every 1 minute 30 seconds."),
        (7_200, "Every 2 hours."),
        (86_400, "Every day."),
        (1.5, "Every 1.5 seconds."),
        (90_061, "Every 1 day 1 hour 1 minute 1 second."),
    ],
)
def test_an_interval_in_words(seconds: float, words: str) -> None:
    assert interval_in_words(seconds) == words
