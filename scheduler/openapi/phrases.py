"""The phrases of statuses, the same with every version of Python: 3.13 took those of RFC 9110."""

from http import HTTPStatus

_OF_RFC_9110 = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}


def phrase_of(status: int) -> str:
    """`Not Found`, of 404."""
    return _OF_RFC_9110.get(status) or HTTPStatus(status).phrase
