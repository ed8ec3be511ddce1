"""Moments by the database's clock, for querysets."""

from typing import Any

from django.db import models
from django.db.models import ExpressionWrapper, Func
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Extract, Now


def seconds_ago(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """The moment that many seconds before now, by the database's clock; after now, if negative."""
    interval = Func(0, 0, 0, 0, 0, 0, float(seconds), function="make_interval")
    return ExpressionWrapper(Now() - interval, output_field=models.DateTimeField())


def seconds_between(earlier: Any, later: Any) -> Extract:
    """Seconds with their fraction, below 0 if `later` comes first.

    `Extract` by itself ends in a whole number, and what was due in 0.9 s seemed to be due.
    """
    return Extract(later - earlier, "epoch", output_field=models.FloatField())
