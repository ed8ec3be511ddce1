"""PostgreSQL's block range index: a summary of each few pages, so that the others need not be read.

It has no entry for a row, so that a row costs next to nothing to write.
"""

from typing import Any

from django.db import models


class BrinIndex(models.Index):
    """Summarised by vacuum. With `text_bloom_ops` a summary is the set of what occurs.

    Without `autosummarize`, whose lock cancels autovacuum (docs/decisions/0032).
    Django's own is in `django.contrib.postgres`, which a project would have to install.
    """

    suffix = "brin"

    def __init__(
        self, *expressions: Any, pages_per_range: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*expressions, **kwargs)
        self.pages_per_range = pages_per_range

    def deconstruct(self) -> Any:
        """Called by Django's migrations."""
        path, expressions, kwargs = super().deconstruct()
        if self.pages_per_range is not None:
            kwargs["pages_per_range"] = self.pages_per_range
        return path, expressions, kwargs

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Called by Django's migrations."""
        statement: Any = super().create_sql(model, schema_editor, using=" USING brin", **kwargs)
        if self.pages_per_range is not None:
            options = f"pages_per_range = {self.pages_per_range}"
            statement.parts["extra"] = f" WITH ({options}){statement.parts['extra']}"
        return statement


def bloom_index(
    name: str, *fields: str, opclass: str = "text_bloom_ops", null: bool = True
) -> BrinIndex:
    """An index of texts that tells which ranges of 16 pages do not have a value.

    `null=False` leaves rows with NULL out, which every column that may be NULL needs: PostgreSQL
    writes the summary of a range in which there is nothing else anew with each NULL.
    """
    return BrinIndex(
        fields=list(fields),
        opclasses=[opclass] * len(fields),
        pages_per_range=16,
        name=name,
        condition=None if null else models.Q(**{f"{one}__isnull": False for one in fields}),
    )


# For values of which nearly each row has its own: of a thousand ranges one is read in vain.
MANY_VALUES = "text_bloom_ops (false_positive_rate = 0.001)"
