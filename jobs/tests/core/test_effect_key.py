"""Effect keys: no two different things are written alike."""

from uuid import UUID

import pytest

from jobs.core.effect_key import EFFECT_KEY_MAX, client_effect_key, derived_effect_key
from jobs.core.message import can_be_shared

PARTS = ["a", "b", "a:b", "b:c", "c", ":", "::", "a:", ":a", "%", "%3A", "a%3Ab", "7", "sha256", ""]


def test_no_two_keys_are_written_alike() -> None:
    types = [part for part in PARTS if part]
    clients = [None, 7, "7", "a:b", "b", "%3A", "7:"]
    parts = {(one, key, str(client)) for one in types for key in PARTS for client in clients}
    of_clients = {client_effect_key(one, key, client if client != "None" else None)
                  for one, key, client in parts}  # fmt: skip
    derived = {derived_effect_key(one, key) for one in types for key in PARTS}
    assert len(of_clients) == len(parts)
    assert len(derived) == len(types) * len(PARTS)
    assert not of_clients & derived


def test_each_can_be_told_from_a_job_that_is_its_own_key() -> None:
    assert can_be_shared(client_effect_key("a", "b", None))
    assert can_be_shared(derived_effect_key("a", "b"))


def test_what_was_derived_before_is_written_as_before() -> None:
    assert derived_effect_key("send_welcome_email", "ann@b:c") == "send_welcome_email:ann@b:c"


@pytest.mark.parametrize("client", [2**63 - 1, UUID(int=7)])
def test_the_longest_parts_of_usual_clients_fit_as_they_are(client: object) -> None:
    key = client_effect_key("t" * 100, "k" * 255, client)
    assert key == f":{'t' * 100}:{'k' * 255}:{client}"
    assert len(key) <= EFFECT_KEY_MAX


def test_what_does_not_fit_is_hashed() -> None:
    keys = {client_effect_key("t" * 100, "k" * 255, "c" * 99 + last) for last in "ab"}
    assert len(keys) == 2
    assert all(len(key) <= EFFECT_KEY_MAX and key.count(":") == 2 for key in keys)


def test_what_postgresql_does_not_store_is_hashed() -> None:
    keys = {derived_effect_key("a", key) for key in ("b\0", "b\ud800", "b\ud801", "b\0\0")}
    assert len(keys) == 4
    assert all(key.startswith("a:sha256-") for key in keys)
