-- Building hnsw indexes: by one process and by several, in memory and beyond it.
SET client_min_messages = warning;
CREATE TABLE built (id serial, v vector(24), grp int);
SELECT setseed(0.5);
-- clusters, values that occur more than once, NULLs, and a few zeros
INSERT INTO built (v, grp) SELECT CASE WHEN i % 100 = 0 THEN NULL
    WHEN i % 250 = 1 THEN array_fill(0, ARRAY[24])::vector
    ELSE (SELECT array_agg(round((10 * (i % 16) * (j % 3) + 10 * random())::numeric, 2) ORDER BY j)
        FROM generate_series(1, 24) j)::float4[]::vector END, i % 7
    FROM generate_series(1, 3000) i;
INSERT INTO built (v, grp) SELECT v, grp FROM built, generate_series(1, 12) WHERE id % 400 = 3;
ANALYZE built;

-- Builds an index four ways: with and without workers, with memory for the graph
-- and, at 1 and 4 MB, for a part of it. For each: whether the index is sound and
-- holds all rows, and whether searches find 0.95 of the true neighbors.
CREATE FUNCTION build_four_ways(value text, opclass text, operator text, clause text DEFAULT '')
    RETURNS TABLE (workers int, memory text, errors bigint, rows_agree bool, recall_ok bool)
    LANGUAGE plpgsql AS $$
DECLARE
    exact text[];
    search text;
    found int;
    indexed bigint;
BEGIN
    search := format('SELECT coalesce(array_agg(q.id || '':'' || n.d), ''{}'') FROM
        (SELECT id, %1$s AS q FROM built WHERE v IS NOT NULL AND id %% 399 = 7) q,
        LATERAL (SELECT round((%1$s %2$s q.q)::numeric, 3) AS d FROM built %3$s
            ORDER BY %1$s %2$s q.q LIMIT 10) n', value, operator, clause);
    SET LOCAL min_parallel_table_scan_size = 0;
    SET LOCAL enable_indexscan = off;
    EXECUTE search INTO exact;
    SET LOCAL enable_indexscan = on;
    FOREACH workers IN ARRAY ARRAY[0, 2] LOOP
        FOREACH memory IN ARRAY ARRAY['64MB', CASE workers WHEN 0 THEN '1MB' ELSE '4MB' END] LOOP
            PERFORM set_config('max_parallel_maintenance_workers', workers::text, true);
            PERFORM set_config('maintenance_work_mem', memory, true);
            EXECUTE format('ALTER TABLE built SET (parallel_workers = %s)', workers);
            EXECUTE format('CREATE INDEX built_v ON built USING hnsw ((%s) %s) %s', value, opclass,
                clause);
            SELECT count(*) INTO errors FROM vecmilvus_check_index('built_v', true)
                WHERE severity = 'error';
            SELECT reltuples INTO indexed FROM pg_class WHERE relname = 'built_v';
            EXECUTE format('SELECT count(*) FROM built %s', CASE clause WHEN '' THEN
                'WHERE v IS NOT NULL' ELSE clause || ' AND v IS NOT NULL' END) INTO found;
            IF opclass LIKE '%cosine%' THEN
                EXECUTE format('SELECT $1 - count(*) FROM built WHERE vector_norm(v) = 0 %s',
                    replace(clause, 'WHERE', 'AND')) INTO found USING found;
            END IF;
            rows_agree := found = indexed;
            SET LOCAL enable_seqscan = off;
            EXECUTE format('SELECT count(*) >= 0.95 * cardinality($1) FROM (SELECT unnest($1)
                INTERSECT ALL SELECT unnest((%s))) s', search) INTO recall_ok USING exact;
            SET LOCAL enable_seqscan = on;
            DROP INDEX built_v;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

SELECT * FROM build_four_ways('v', 'vector_l2_ops', '<->');
SELECT * FROM build_four_ways('v', 'vector_cosine_ops', '<=>');
SELECT * FROM build_four_ways('(v::halfvec(24))', 'halfvec_l1_ops', '<+>');
SELECT * FROM build_four_ways('(v::sparsevec(24))', 'sparsevec_l2_ops', '<->');
SELECT * FROM build_four_ways('v', 'vector_l2_ops', '<->', 'WHERE grp = 3');

-- many bits that are alike
SELECT * FROM build_four_ways('(binary_quantize(v)::bit(24))', 'bit_hamming_ops', '<~>');

---------------------------------------------------------------- equal values
-- Far more rows of one value than a search looks at, among others: in the build's
-- graph, on disk, and inserted later. All are found, and so are the others.
CREATE TABLE equals (id serial, v vector(8));
INSERT INTO equals (v) SELECT CASE WHEN i % 4 > 0 THEN array_fill(0.5, ARRAY[8])::vector
    ELSE (SELECT array_agg(random() + i * 0 ORDER BY j) FROM generate_series(1, 8) j)::float4[]::vector
    END FROM generate_series(1, 8000) i;
CREATE FUNCTION equals_are_found(OUT findings bigint, OUT equal_rows bigint, OUT others_found boolean)
    LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_sort = off;
    SET LOCAL hnsw.iterative_scan = relaxed_order;
    SET LOCAL hnsw.max_scan_tuples = 1000000;
    SET LOCAL hnsw.scan_mem_multiplier = 100;
    SELECT count(*) INTO findings FROM vecmilvus_check_index('equals_v', true);
    SELECT count(*) INTO equal_rows FROM (SELECT v FROM equals
        ORDER BY v <-> array_fill(0.5, ARRAY[8])::vector LIMIT 20000) s
        WHERE v = array_fill(0.5, ARRAY[8])::vector;
    SELECT count(*) >= 95 INTO others_found FROM (SELECT id, v FROM equals
        WHERE v <> array_fill(0.5, ARRAY[8])::vector ORDER BY id LIMIT 100) o,
        LATERAL (SELECT e.v FROM equals e ORDER BY e.v <-> o.v LIMIT 1) n WHERE n.v = o.v;
END $$;
SET max_parallel_maintenance_workers = 0;
CREATE INDEX equals_v ON equals USING hnsw (v vector_l2_ops);
SELECT * FROM equals_are_found();
INSERT INTO equals (v) SELECT v FROM equals WHERE id <= 4000;
SELECT * FROM equals_are_found();
SET maintenance_work_mem = '1MB';
REINDEX INDEX equals_v;
SELECT * FROM equals_are_found();
SET maintenance_work_mem = '64MB';
SET max_parallel_maintenance_workers = 2;
SET min_parallel_table_scan_size = 0;
REINDEX INDEX equals_v;
-- two processes may make a node each of one value
SELECT equal_rows > 8900 AS most_found, others_found FROM equals_are_found();
RESET maintenance_work_mem;
RESET max_parallel_maintenance_workers;
RESET min_parallel_table_scan_size;
DROP TABLE equals;
DROP FUNCTION equals_are_found;

---------------------------------------------------------------- errors of workers
\set VERBOSITY terse
CREATE TABLE dense (v sparsevec(2000));
INSERT INTO dense SELECT '{1:1,7:3}/2000' FROM generate_series(1, 2000);
UPDATE dense SET v = (SELECT '{' || string_agg(i || ':1', ',') || '}/2000'
    FROM generate_series(1, 1001) i)::sparsevec WHERE ctid IN (SELECT max(ctid) FROM dense);
ALTER TABLE dense SET (parallel_workers = 2);
CREATE INDEX ON dense USING hnsw (v sparsevec_l2_ops);
DROP TABLE dense;
\set VERBOSITY default

---------------------------------------------------------------- nothing to build
CREATE TABLE nothing (v vector(3));
ALTER TABLE nothing SET (parallel_workers = 2);
CREATE INDEX nothing_v ON nothing USING hnsw (v vector_cosine_ops);
INSERT INTO nothing VALUES (NULL), ('[0,0,0]');
REINDEX INDEX nothing_v;
REINDEX INDEX CONCURRENTLY nothing_v;
SELECT * FROM vecmilvus_check_index('nothing_v', true);
SET enable_seqscan = off;
SELECT * FROM nothing ORDER BY v <=> '[1,2,3]';
INSERT INTO nothing VALUES ('[1,0,0]');
SELECT * FROM nothing ORDER BY v <=> '[1,2,3]';
RESET enable_seqscan;
DROP TABLE nothing, built;
DROP FUNCTION build_four_ways;
