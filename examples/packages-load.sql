-- Creates the demo table and loads it from standard input (CSV with a header).
--   zcat examples/debian-packages.csv.gz | psql -d demo -f examples/packages-load.sql
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vecmilvus;

BEGIN;
CREATE TABLE packages (
    package text PRIMARY KEY,
    section text NOT NULL,
    installed_size int,            -- KiB
    priority text,
    embedding vector(96) NOT NULL  -- of the description, unit length
);
\copy packages FROM pstdin WITH (FORMAT csv, HEADER)
COMMIT;
VACUUM ANALYZE packages;
