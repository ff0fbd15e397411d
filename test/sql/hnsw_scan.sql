-- Scans of hnsw indexes: what they return and in which order, with an index as
-- part of a table's life, and how many rows ef_search and iterative scans give.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers
\set am hnsw
\set with_options ''
\set index_table :dir '/sql/include/index_table.sql'
\i :index_table

---------------------------------------------------------------- how many rows a scan gives
SET enable_seqscan = off;
CREATE TABLE line (id int, v vector(2));
INSERT INTO line SELECT i, ARRAY[i, i % 2] FROM generate_series(1, 100) i;
CREATE INDEX line_v ON line USING hnsw (v vector_l2_ops);
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> '[50,0]') s;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> '[50,0]' LIMIT 90) s;
SELECT n, outcome_of_statement('SET hnsw.ef_search = ' || n) AS set,
    outcome('SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> ''[50.1,0]'') s') AS rows,
    outcome('SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> ''[50.1,0]'' LIMIT 15) s')
    AS limited
    FROM unnest(ARRAY[1, 2, 10, 40, 99, 100, 1000]) n;
SELECT id FROM line ORDER BY v <-> '[50.1,0]' LIMIT 3;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> (SELECT NULL::vector)) s;
SET hnsw.ef_search = 10;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> (SELECT NULL::vector)) s;
-- the nearest of a few rows, whatever stands between
SELECT count(*) FROM (SELECT id FROM line WHERE id > 90 ORDER BY v <-> '[1.1,0]' LIMIT 5) s;
-- read when the first row is fetched
CREATE FUNCTION fetch_all(cursor refcursor) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    MOVE FORWARD ALL FROM cursor;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
BEGIN;
DECLARE early CURSOR FOR SELECT id FROM line ORDER BY v <-> '[50.1,0]';
SET LOCAL hnsw.ef_search = 4;
FETCH 1 FROM early;
SET LOCAL hnsw.ef_search = 100;
SELECT fetch_all('early');
ROLLBACK;

---------------------------------------------------------------- iterative scans
-- every row once, in any order but not too far from the right one
SET hnsw.iterative_scan = relaxed_order;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM line ORDER BY v <-> '[50.1,0]') s;
SELECT count(*) FROM (SELECT id FROM line WHERE id > 90 ORDER BY v <-> '[1.1,0]' LIMIT 5) s;
SELECT count(*) FROM (SELECT id FROM line WHERE id > 100 ORDER BY v <-> '[1.1,0]' LIMIT 5) s;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> (SELECT NULL::vector)) s;
WITH near AS MATERIALIZED (SELECT id, v <-> '[1.1,0]' AS d FROM line WHERE id > 90
    ORDER BY v <-> '[1.1,0]' LIMIT 10)
    SELECT id FROM near ORDER BY d;
SELECT q, (SELECT count(*) FROM (SELECT id FROM line WHERE id % 10 = 0 ORDER BY v <-> q LIMIT 4) s)
    FROM (VALUES ('[1,1]'::vector), ('[99,0]'), ('[1,1]'), ('[50,50]')) w(q);
-- every row at most once, each at least as far as the one before it
SET hnsw.iterative_scan = strict_order;
SELECT count(*) > 10 AS more, count(*) = count(DISTINCT id) AS once,
    count(*) FILTER (WHERE d < before) AS out_of_order FROM
    (SELECT id, d, lag(d) OVER (ORDER BY n) AS before FROM
    (SELECT id, d, row_number() OVER () AS n FROM
    (SELECT id, v <-> '[50.1,0]' AS d FROM line ORDER BY v <-> '[50.1,0]') a) b) c;
SELECT count(*) > 0 AS found, min(id) > 90 AS filtered FROM
    (SELECT id FROM line WHERE id > 90 ORDER BY v <-> '[1.1,0]' LIMIT 5) s;
SELECT id FROM line ORDER BY v <-> '[50.1,0]' LIMIT 3;
-- a scan stops when it has seen enough, and no sooner than ef_search
SELECT mode, tuples, outcome_of_statement('SET hnsw.iterative_scan = ' || mode) AS set,
    outcome_of_statement('SET hnsw.max_scan_tuples = ' || tuples) AS set,
    outcome('SELECT count(*) < 100 FROM (SELECT id FROM line ORDER BY v <-> ''[50.1,0]'') s') AS stopped,
    outcome('SELECT count(*) >= 10 FROM (SELECT id FROM line ORDER BY v <-> ''[50.1,0]'') s') AS enough
    FROM (VALUES ('relaxed_order', 1), ('strict_order', 1)) w(mode, tuples);
RESET hnsw.max_scan_tuples;
SET hnsw.iterative_scan = relaxed_order;
-- in a cursor, across settings that change between two batches
BEGIN;
DECLARE batches CURSOR FOR SELECT id FROM line ORDER BY v <-> '[50.1,0]';
FETCH 3 FROM batches;
SET LOCAL hnsw.iterative_scan = off;
SELECT fetch_all('batches');
DECLARE larger CURSOR FOR SELECT id FROM line ORDER BY v <-> '[50.1,0]';
SET LOCAL hnsw.iterative_scan = relaxed_order;
FETCH 3 FROM larger;
SET LOCAL hnsw.ef_search = 60;
SET LOCAL hnsw.max_scan_tuples = 1;
SELECT fetch_all('larger') < 97 AS stopped;
ROLLBACK;
DROP FUNCTION fetch_all;
RESET hnsw.iterative_scan;
RESET hnsw.ef_search;
-- rows that are dead but still in the index do not take the place of others
SET hnsw.iterative_scan = relaxed_order;
DELETE FROM line WHERE id BETWEEN 20 AND 80;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> '[50.1,0]' LIMIT 39) s;
VACUUM line;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> '[50.1,0]' LIMIT 39) s;
RESET hnsw.iterative_scan;
SELECT count(*) FROM (SELECT id FROM line ORDER BY v <-> '[50.1,0]' LIMIT 39) s;
SELECT * FROM vecmilvus_check_index('line_v', true) WHERE severity <> 'notice';
DROP TABLE line;
RESET enable_seqscan;
