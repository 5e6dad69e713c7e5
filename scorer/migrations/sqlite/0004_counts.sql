-- Sessions that showed each value; 0 for what was learned before they were counted. Habits have one more dimension: city.
ALTER TABLE habit ADD COLUMN sightings INTEGER NOT NULL DEFAULT 0;
