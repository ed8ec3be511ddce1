"""The receiver of the tests: a client that is killed amid its request costs the others nothing."""

import socket

from jobs.tests.http_receiver import HttpReceiver

HEAD = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"
CUT_OFF = [b"", b"POST / HTTP/1.1\r\nContent-", HEAD, HEAD + b"four"]


def test_what_was_not_sent_to_its_end_is_no_request() -> None:
    with HttpReceiver() as receiver:
        for part in [*CUT_OFF, HEAD + b"whole"]:
            with socket.create_connection(("127.0.0.1", receiver.port), 5.0) as client:
                client.sendall(part)
                client.shutdown(socket.SHUT_WR)
                answer = client.recv(100)
        assert answer.startswith(b"HTTP/1.1 200 ")
    assert receiver.requests == [HEAD + b"whole"]
