"""What the calls about chains answer."""

from typing import NotRequired, TypedDict
from uuid import UUID

from django.urls import reverse

from jobs.api.shared.links import job_path
from jobs.core.states import ChainState
from jobs.services.chain_facts import ChainFacts, chain_facts


class ChainLinks(TypedDict):
    """Where a chain is, and the job that runs now, or that has stopped it."""

    self: str
    current_job: NotRequired[str]
    batch: NotRequired[str]


class ChainRepresentation(ChainFacts):
    """The facts of a chain, and where to go on."""

    links: ChainLinks


def chain_representation(chain_id: UUID) -> ChainRepresentation | None:
    """The chain as it is; None if there is none."""
    facts = chain_facts(chain_id)
    return None if facts is None else {**facts, "links": _links(facts)}


def _links(facts: ChainFacts) -> ChainLinks:
    links: ChainLinks = {"self": reverse("chain", args=[facts["id"]])}
    enqueued = [job["id"] for job in facts["jobs"] if job["id"] is not None]
    if facts["state"] is not ChainState.SUCCEEDED:
        links["current_job"] = job_path(enqueued[-1])
    if facts["batch"] is not None:
        links["batch"] = reverse("batch", args=[facts["batch"]])
    return links
