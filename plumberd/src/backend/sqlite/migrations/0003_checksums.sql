-- A checksum with every row, so that a bit which changed on the disk is an
-- error and no other event.

ALTER TABLE events ADD COLUMN checksum INTEGER;
ALTER TABLE streams ADD COLUMN checksum INTEGER;

-- An older plumberd that still has the file open would go on to write rows
-- without one: its statements fail from now on.
ALTER TABLE events RENAME COLUMN recorded TO recorded_at;

-- What is older has no checksum, and its positions may have gaps. Reading all
-- of it to make them would take minutes, and vouch for what may be wrong.
ALTER TABLE store ADD COLUMN unchecked_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN unchecked_stream INTEGER NOT NULL DEFAULT 0;
UPDATE store SET
    unchecked_position = max(
        coalesce((SELECT max(position) FROM events), 0),
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)
    ),
    unchecked_stream = coalesce((SELECT max(stream) FROM streams), 0);
