"""What one promise has come to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A measured value, and the bounds within which the promise is kept."""

    says: str
    value: float
    unit: str
    at_most: float
    at_least: float = float("-inf")

    @property
    def is_kept(self) -> bool:
        return self.at_least <= self.value <= self.at_most

    @property
    def line(self) -> str:
        """One row of the table."""
        bounds = f"≤ {self.at_most:,g}"
        if self.at_least != float("-inf"):
            bounds = f"{self.at_least:,g} to {self.at_most:,g}"
        verdict = "kept" if self.is_kept else "BROKEN"
        return f"{self.says:<64} {self.value:>10,.1f} {self.unit:<6} {bounds:<12} {verdict}"
