-- key_hash is SHA-256 in hexadecimal digits. Times are Unix milliseconds; revoked
-- is 0 while the key is good.
CREATE TABLE apps (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    market       TEXT NOT NULL,
    key_hash     TEXT NOT NULL UNIQUE,
    shows_labels INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    revoked      INTEGER NOT NULL
) STRICT;
