-- Binds the file to the log beside it: see `epoch.rs`.

CREATE TABLE store (
    id    BLOB NOT NULL,      -- of this file and its copies; a backup has its own
    epoch INTEGER NOT NULL,   -- one more with the first commit after the file was written to
    base  INTEGER NOT NULL    -- the epoch that the file itself had then; 0: it had none
) STRICT;

INSERT INTO store VALUES (randomblob(16), 1, 0);
