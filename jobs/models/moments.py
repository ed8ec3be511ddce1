"""Moments by the database's clock."""

from django.db import models
from django.db.models import ExpressionWrapper, Func
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


def seconds_ago(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """The database's moment so many seconds before now (after now, if negative)."""
    interval = Func(0, 0, 0, 0, 0, 0, float(seconds), function="make_interval")
    return ExpressionWrapper(Now() - interval, output_field=models.DateTimeField())
