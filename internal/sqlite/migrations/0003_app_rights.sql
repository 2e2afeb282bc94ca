-- What an app may do besides asking: be given personal data that an answer found;
-- features and quotas are lists with spaces, empty for all and for the general ones.
ALTER TABLE apps ADD COLUMN personal_data INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN features TEXT NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN quotas TEXT NOT NULL DEFAULT '';
-- Apps of a rehearsal are entitled to personal data.
UPDATE apps SET personal_data = 1 WHERE name = 'rehearsal ' || market;
