"""The list of dead letters, as a client gets it."""

from rest_framework.test import APIClient


def ids(client: APIClient, query: str = "") -> list[str]:
    """The ids of the dead letters on the first page."""
    response = client.get(f"/failedJobs{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]
