"""A hook for commit messages: refuses a subject of more than 72 characters."""

import sys
from pathlib import Path

LONGEST = 72  # what `git log --oneline` and web pages show without cutting it off


def main() -> int:
    """Exit code 0, or 1 with a sentence that says what to do."""
    subject = Path(sys.argv[1]).read_text(encoding="utf-8").partition("\n")[0]
    if len(subject) <= LONGEST:
        return 0
    print(f"The subject has {len(subject)} characters; make it {LONGEST} or fewer.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
