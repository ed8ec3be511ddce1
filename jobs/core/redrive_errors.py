"""Why something that is asked of a redrive is refused."""

from jobs.core.errors import JobsError


class NothingSelected(JobsError):
    """No waiting dead letter fits the filter. `interrupted`: how many of those left out would."""

    def __init__(self, interrupted: int = 0) -> None:
        said = "no waiting dead letter fits this filter"
        if interrupted:
            said += (
                f", but for {interrupted} whose effect may have happened: look whether it has, "
                "then ask for those as well (include_interrupted)"
            )
        super().__init__(said)
        self.interrupted = interrupted


class RedriveEnded(JobsError):
    """The redrive has ended: it can be neither paused, resumed nor cancelled."""

    def __init__(self, state: str) -> None:
        super().__init__(f"this redrive is {state}: start another one for what is left")
        self.state = state


class UnknownPerson(JobsError):
    """There is no such account, or it may not see dead letters."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is no active account that may see dead letters: give the name of one"
        )
        self.name = name
