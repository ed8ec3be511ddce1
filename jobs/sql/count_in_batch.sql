-- Counts jobs of a batch that have ended, and those of chains that were added behind them; returns
-- whether all have ended, and no more can be added.
-- The row stays locked until the commit: whoever ends jobs calls this last.
UPDATE jobs_batch
SET total = total + %(added)s,
    succeeded = succeeded + %(succeeded)s,
    skipped = skipped + %(skipped)s,
    failed = failed + %(failed)s,
    cancelled = cancelled + %(cancelled)s,
    expired = expired + %(expired)s
WHERE id = %(id)s
RETURNING
    closed_at IS NOT NULL AND succeeded + skipped + failed + cancelled + expired >= total
        AS is_complete
