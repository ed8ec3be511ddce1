"""Asks for pages of the admin without its theme; started as a process of its own.

Arguments: the id of the user who asks, and the pages. Writes a line of JSON for each page.
"""

import json
import sys

import django
from django.test import Client
from django.test.utils import setup_test_environment


def main(user_id: str, *pages: str) -> None:
    """Writes the status, the policy and the text of each page."""
    django.setup()
    setup_test_environment()
    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    for page in pages:
        response = client.get(page)
        policy = response["Content-Security-Policy"]
        sys.stdout.write(f"{json.dumps([page, response.status_code, policy, response.text])}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
