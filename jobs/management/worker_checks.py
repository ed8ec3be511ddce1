"""Which of the project's system checks `runworker` runs: all but those of pages."""

from django.core.checks import Tags
from django.core.checks.registry import registry

# To ask them is to import every page of the project: a quarter of the processor time of a start,
# and 16 MB that a worker would keep. The API and `manage.py check` ask them.
OF_PAGES = frozenset({Tags.admin, Tags.security, Tags.staticfiles, Tags.urls})


def worker_check_tags() -> list[str]:
    """The tags of the checks that say whether a worker can do its work.

    A project's own tags are among them. Django can leave checks out by their tags alone: a check
    without any is left out, too.
    """
    return sorted(registry.tags_available() - OF_PAGES)
