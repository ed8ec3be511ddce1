"""A steady load through long phases: in peace, beside an open transaction, through crashes."""
