"""An index for columns whose values grow with the table. Only an old migration names it now."""

from typing import Any

from django.db import models


class BrinIndex(models.Index):
    """PostgreSQL's block range index, summarised as the table grows.

    Django's own is in `django.contrib.postgres`, which a project would have to install.
    """

    suffix = "brin"

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Called by Django's migrations."""
        statement: Any = super().create_sql(model, schema_editor, using=" USING brin", **kwargs)
        statement.parts["extra"] = f" WITH (autosummarize = on){statement.parts['extra']}"
        return statement
