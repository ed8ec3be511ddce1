"""Which of root's rights this process has; a container may have taken them from root."""

from pathlib import Path

# Their numbers in Linux.
NET_ADMIN, SYS_ADMIN = 12, 21


def has_rights(*numbers: int) -> bool:
    """Whether this process has each of these."""
    status = Path("/proc/self/status")  # of Linux alone
    lines = status.read_text().splitlines() if status.exists() else []
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return all(held >> number & 1 for number in numbers)
