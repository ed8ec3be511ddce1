"""Page numbers without counting a big table."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# Rows within reach of page numbers; for anything older, a person searches or filters.
COUNTED = 1_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over the first `COUNTED` rows; `is_capped` says that there are more."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are rows beyond the last page."""
        return self._counted > COUNTED

    @cached_property
    def _counted(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[: COUNTED + 1].count()
