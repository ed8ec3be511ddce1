"""Moments by the database's clock, for querysets."""

from django.db import models
from django.db.models import ExpressionWrapper, Func
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


def seconds_ago(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """The moment that many seconds before now, by the database's clock; after now, if negative."""
    interval = Func(0, 0, 0, 0, 0, 0, float(seconds), function="make_interval")
    return ExpressionWrapper(Now() - interval, output_field=models.DateTimeField())
