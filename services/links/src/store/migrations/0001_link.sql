-- AUTOINCREMENT: an id is never given twice, so a page's cursor stays right when links are deleted.
CREATE TABLE link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    created INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;
