-- Rows that are few, well compressed and very wide once they are read.
CREATE SCHEMA wide;
CREATE TABLE wide.shelves (id integer PRIMARY KEY, note text);
CREATE TABLE wide.books (id integer PRIMARY KEY, shelf_id integer REFERENCES wide.shelves (id), note text);
CREATE TABLE wide.pages (id integer PRIMARY KEY, book_id integer REFERENCES wide.books (id), note text);
CREATE TABLE wide.quotes (shelf_id integer REFERENCES wide.shelves (id), note text);
CREATE INDEX ON wide.books (shelf_id);
CREATE INDEX ON wide.pages (book_id);

INSERT INTO wide.shelves SELECT id, repeat('s', 40000) FROM generate_series(1, 50) AS id;
INSERT INTO wide.books SELECT id, 1 + id / 50, repeat('b', 20000) FROM generate_series(1, 2499) AS id;
INSERT INTO wide.pages SELECT id, 1 + id / 40, repeat('p', 20000) FROM generate_series(1, 4000) AS id;
INSERT INTO wide.quotes SELECT 1, repeat('"', 1990) FROM generate_series(1, 250);

CREATE FUNCTION wide.notes() RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT note FROM wide.books';
CREATE FUNCTION wide.every() RETURNS SETOF wide.books LANGUAGE sql STABLE AS 'SELECT * FROM wide.books';
CREATE FUNCTION wide.first(shelf wide.shelves) RETURNS SETOF wide.books LANGUAGE sql STABLE ROWS 100
    AS 'SELECT * FROM wide.books WHERE shelf_id = shelf.id';
ANALYZE;
