"""Where the checkout is, and where the tools keep data in it."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DATA_DIR = CHECKOUT / ".data"
