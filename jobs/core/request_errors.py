"""Why requests are refused, whatever their payloads."""

from jobs.core.errors import JobsError


class RequestInvalid(JobsError):
    """What is asked of a job makes no sense. `errors`: sentences by argument of `jobs.enqueue`."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(
            " ".join(f"{name}: {text}" for name, texts in errors.items() for text in texts)
        )
        self.errors = errors


class CallbackUrlRefused(JobsError):
    """The URL that is to be called when a job or a batch has ended is not one that may be called.

    `sentences` say why, and what to do.
    """

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(f"callback_url: {' '.join(sentences)}")
        self.sentences = sentences


class RequestsRefused(JobsError):
    """Some of many requests are not acceptable, so none was accepted.

    `errors`: the error of each such request, by its position, counted from 0.
    """

    def __init__(self, errors: dict[int, JobsError]) -> None:
        super().__init__(f"{len(errors)} of the requests are not acceptable; none was accepted")
        self.errors = errors
