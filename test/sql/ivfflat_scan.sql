-- Scans of ivfflat indexes: lists, probes and iterative scans, every operator
-- class, and an index as part of a table's life.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers
\set opclass :dir '/sql/include/opclass.sql'
\i :opclass
\set am ivfflat
\set with_options 'WITH (lists = 1)'
\set ivf_lists :dir '/sql/include/ivf_lists.sql'
\i :ivf_lists
\set index_table :dir '/sql/include/index_table.sql'
\i :index_table
DROP FUNCTION search_by_index;

---------------------------------------------------------------- more rows than work_mem holds
-- 64 kB hold 5,461 of them: the lists are read again for the others. Distances
-- are whole numbers, and most of them many rows have.
CREATE TABLE held (id int, v vector(2));
INSERT INTO held SELECT i, ARRAY[i * 7919 % 90, i * 104729 % 110] FROM generate_series(1, 20000) i;
CREATE INDEX held_v ON held USING ivfflat (v) WITH (lists = 20);
INSERT INTO held SELECT i, ARRAY[i % 90, 3] FROM generate_series(20001, 23000) i;
DELETE FROM held WHERE id % 10 = 0;
VACUUM held;
CREATE FUNCTION misplaced(memory text, query vector, rows int)
    RETURNS TABLE (scanned bigint, misplaced bigint)
    LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
    PERFORM set_config('work_mem', memory, true);
    RETURN QUERY
        WITH found AS MATERIALIZED (SELECT id, row_number() OVER () AS n FROM
                (SELECT id FROM held ORDER BY v <-> query LIMIT rows) s),
            exact AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY v <-> query, ctid) AS n
                FROM (SELECT id, v, ctid FROM held OFFSET 0) w)
        SELECT count(*), count(*) FILTER (WHERE exact.n IS DISTINCT FROM found.n)
            FROM found LEFT JOIN exact USING (id);
END $$;
SET ivfflat.probes = 20;
SELECT memory, q, m.* FROM unnest(ARRAY['64kB', '100kB', '4MB']) memory,
    unnest(ARRAY['[0,0]', '[45,50]', '[-3,200]']) q, misplaced(memory, q::vector, 30000) m;
DROP FUNCTION misplaced;
SET enable_seqscan = off;
SET work_mem = '64kB';
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM held ORDER BY v <-> (SELECT NULL::vector)) s;
-- one scan for many queries
SELECT q, s.* FROM unnest(ARRAY['[1,1]', '[90,0]', NULL, '[50,50]']::vector[]) q,
    LATERAL (SELECT count(*), count(DISTINCT id) FROM
        (SELECT id FROM held ORDER BY v <-> q LIMIT 7000) w) s;
-- each batch of lists is read again
SET ivfflat.probes = 9;
SET ivfflat.iterative_scan = relaxed_order;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM held ORDER BY v <-> '[1,1]') s;
RESET ivfflat.iterative_scan;
RESET ivfflat.probes;
RESET work_mem;
RESET enable_seqscan;
DROP TABLE held;

---------------------------------------------------------------- at the limits of the types
-- centroids are finite, although their halves and their way back from the middle are not
SET client_min_messages = warning;
CREATE TABLE limits (id int, v vector(2), h halfvec(2));
INSERT INTO limits SELECT i, ARRAY[CASE i % 3 WHEN 0 THEN 3.4e38 ELSE -3.4e38 END, i]::vector,
    ARRAY[CASE i % 3 WHEN 0 THEN 65504 ELSE 65472 END, i]::halfvec FROM generate_series(1, 200) i;
CREATE INDEX limits_v ON limits USING ivfflat (v) WITH (lists = 60);
CREATE INDEX limits_h ON limits USING ivfflat (h halfvec_l2_ops) WITH (lists = 150);
CREATE INDEX limits_ip ON limits USING ivfflat (h halfvec_ip_ops) WITH (lists = 60);
SELECT i, c.* FROM unnest(ARRAY['limits_v', 'limits_h', 'limits_ip']) i,
    vecmilvus_check_index(i::regclass, true) c;
DROP TABLE limits;
RESET client_min_messages;
