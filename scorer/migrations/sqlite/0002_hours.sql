-- Sessions per eighth of the UTC day, a byte each. Habits have two more dimensions: network and tls.
ALTER TABLE profile ADD COLUMN hours BLOB NOT NULL DEFAULT x'';
