-- Which entries are appeals against a record: derived from the log, and what keeps a
-- rule of a record to one. The user's own words stand beside the log, because they may
-- be erased and an entry may not; the entry commits to them.
CREATE TABLE appeals (
    entry   INTEGER PRIMARY KEY REFERENCES entries (seq),
    record  INTEGER NOT NULL REFERENCES records (opened),
    rule    TEXT NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (record, rule)
) STRICT;
