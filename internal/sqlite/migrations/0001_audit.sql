-- The log: only ever appended to, numbered from 1 without a gap. The body is an
-- entry's canonical form.
CREATE TABLE entries (
    seq  INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- Which entries make a record: derived from the log, and what keeps a record to
-- one entry of each kind.
CREATE TABLE records (
    opened INTEGER PRIMARY KEY REFERENCES entries (seq),
    id     TEXT NOT NULL UNIQUE,
    closed INTEGER REFERENCES entries (seq)
) STRICT;

CREATE INDEX records_unclosed ON records (opened) WHERE closed IS NULL;

-- Beside the log, because a salt may be erased and an entry may not.
CREATE TABLE salts (
    opened INTEGER PRIMARY KEY REFERENCES records (opened),
    salt   BLOB NOT NULL
) STRICT;
