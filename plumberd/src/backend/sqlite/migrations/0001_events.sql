-- Text is stored once and named by an integer: half the size of the indexes,
-- and inserts twice as fast.

CREATE TABLE tenants (
    tenant INTEGER PRIMARY KEY,           -- 0 is "no tenant" and has no row
    name   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE streams (
    stream          INTEGER PRIMARY KEY,
    tenant          INTEGER NOT NULL,
    name            TEXT NOT NULL,
    -- What the last event of `$$name` says, so that a read need not look.
    max_count       INTEGER,
    max_age         INTEGER,              -- seconds
    truncate_before INTEGER,              -- i64::MAX: soft-deleted
    tombstoned      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, name)
) STRICT;

-- What events of one sort have in common.
CREATE TABLE kinds (
    kind         INTEGER PRIMARY KEY,
    event_type   TEXT NOT NULL,
    content_type TEXT NOT NULL,
    shape        INTEGER NOT NULL,        -- revision of the data's shape, 0: see the metadata
    UNIQUE (event_type, content_type, shape)
) STRICT;

CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice
    stream   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    tenant   INTEGER NOT NULL,
    id       BLOB NOT NULL,
    kind     INTEGER NOT NULL,
    recorded INTEGER NOT NULL,            -- microseconds since 1970, UTC
    data     BLOB NOT NULL,
    metadata BLOB NOT NULL,
    UNIQUE (stream, revision),
    UNIQUE (id, tenant)
) STRICT;
