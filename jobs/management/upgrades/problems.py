"""What would go wrong, and what to do instead: one sentence for each problem."""

TABLE_DROPPED = "is dropped, and the released version uses it: drop it one release later"
NOT_NULL = (
    "is NOT NULL, and the database knows no default: the released version does not name it when "
    "it inserts, and fails. Give it db_default, or null=True"
)
REWRITES = (
    "has a value of its own in each row: the table is closed while all are written anew. Add it "
    "with null=True, and fill it in batches"
)
UNIQUE_COLUMN = (
    "gets a unique index while its table is closed: add the column, build the index CONCURRENTLY"
)
DROPPED = (
    "is dropped, and the released version reads and writes it: stop using it in one release, drop"
    " it in the next"
)
NO_MORE_NULL = "refuses NULL from now on, and the released version may write it"
NULL_NOW = "may be NULL from now on: say why the released version can read that"
NO_DEFAULT = "has no default any more, and the released version leaves it to the database"
OTHER_TYPE = (
    "gets another type: the released version may write what that refuses, or the table is written"
    " anew while it is closed. Add a column beside it"
)
RENAMED = (
    "is a new name for what the released version calls by the old one: add the new one beside it,"
    " use both in one release, drop the old one in the next"
)
UNIQUE_DROPPED = "is dropped, and the released version relies on it (ON CONFLICT)"
REFUSES_ROWS = "refuses rows that the released version may write: say why it writes none"
CONSTRAINT_BUILDS_INDEX = (
    "builds an index while its table is closed: build it CONCURRENTLY, then ADD CONSTRAINT ... "
    "USING INDEX"
)
CONSTRAINT_READS_TABLE = (
    "reads its table through while that is closed: add it NOT VALID, and VALIDATE CONSTRAINT in "
    "the next migration"
)
INDEX_CLOSES = (
    "keeps everybody from writing to its table until it is built: use CREATE INDEX CONCURRENTLY "
    "in a migration with atomic = False"
)
INDEX_DROPPED = (
    "is dropped, and the released version may read by it: say why not, or drop it one release later"
)
TRIGGER = "runs with what the released version writes: say why that works"
FUNCTION_DROPPED = "is dropped: say why nothing calls it any more"
ROWS_CHANGED = (
    "are changed beneath the released version, and stay locked until the migration commits: say "
    "why that is bearable, or do it in batches after the upgrade"
)
SEVERAL_TABLES = (
    "are closed in one transaction: statements that take them in another order end as deadlocks. "
    "Make a migration for each"
)
UNKNOWN = "is not known to this check: say what it does to the released version"
CODE = "is code that this check cannot read: say what it does to the released version"
