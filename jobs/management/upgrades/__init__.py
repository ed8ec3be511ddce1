"""Rolling upgrades: what a migration would break for the released version that still runs."""
