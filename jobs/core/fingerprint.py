"""Which failures are one problem: the same type, exception, message, and place in our own code.

What differs between two jobs with the same problem (ids, numbers, addresses, quoted values, the
line number after a deployment) must not tell them apart.
"""

import re
from hashlib import sha256

from jobs.core.attempt_error import AttemptError

# Hexadecimal digits; 64 bits tell far more problems apart than anybody has.
FINGERPRINT_LENGTH = 16

# A message that goes on for longer than this mostly quotes data.
_MESSAGE_LENGTH = 200

# In this order: what is quoted may contain all of the others.
_VARIABLE = (
    (re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`"), "<text>"),
    (re.compile(r"[\w.+-]+@[\w.-]+"), "<address>"),
    (re.compile(r"\w+://\S+"), "<url>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?:0x)?(?=[a-f]*\d)[0-9a-f]{6,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<number>"),
)

_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line \d+, in (?P<function>.+)$', re.MULTILINE)
_SLASH = re.compile(r"[/\\]")
# Packages that are installed, the standard library, and what has no file.
_FOREIGN = re.compile(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python\d|^<")
# The runner of attempts is below every handler, and says nothing about it.
_RUNNER = re.compile(r"[/\\]jobs[/\\]worker[/\\]")


def error_fingerprint(job_type: str, error: AttemptError) -> str:
    """The fingerprint of an error of a job of this type: 16 hexadecimal digits."""
    parts = (job_type, error["error"], _normalised(error["message"]), _place(error["traceback"]))
    return sha256("\n".join(parts).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _normalised(message: str) -> str:
    """The first line, with placeholders for what differs from job to job."""
    line = "".join(message.strip().splitlines()[:1])[:_MESSAGE_LENGTH]
    for pattern, placeholder in _VARIABLE:
        line = pattern.sub(placeholder, line)
    return line


def _place(traceback: str) -> str:
    """File and function of the innermost frame of the project's own code; else of the innermost.

    The last two parts of the file's path: where the project lies differs between machines.
    """
    frames = [(one["file"], one["function"]) for one in _FRAME.finditer(traceback)]
    frames = [one for one in frames if not _RUNNER.search(one[0])] or frames
    if not frames:
        return ""
    own = [one for one in frames if not _FOREIGN.search(one[0])]
    file, function = (own or frames)[-1]
    return f"{'/'.join(_SLASH.split(file)[-2:])}:{function}"
