-- Storage parameters of hnsw and the settings hnsw.*: values, ranges, when they
-- are read, and what is left for later versions.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- before the library is loaded
-- A name with a prefix may be set before; a value that the library refuses
-- becomes the default then.
\c -
SET hnsw.ef_search = 99;
SET hnsw.iterative_scan = 'sometimes';
SELECT '[1]'::vector;
SHOW hnsw.ef_search;
SHOW hnsw.iterative_scan;
\set ECHO none
\i :helpers

---------------------------------------------------------------- settings
RESET ALL;
SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals, boot_val
    FROM pg_settings WHERE name LIKE 'hnsw.%' ORDER BY name COLLATE "C";
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$SET hnsw.ef_search = 0$$),
    ($$SET hnsw.ef_search = 1$$),
    ($$SET hnsw.ef_search = 1000$$),
    ($$SET hnsw.ef_search = 1001$$),
    ($$SET hnsw.ef_search = -1$$),
    ($$SET hnsw.ef_search = 'many'$$),
    ($$SET hnsw.ef_search = 2.5$$),
    ($$SET hnsw.iterative_scan = on$$),
    ($$SET hnsw.iterative_scan = off$$),
    ($$SET hnsw.iterative_scan = relaxed_order$$),
    ($$SET hnsw.iterative_scan = strict_order$$),
    ($$SET hnsw.iterative_scan = STRICT_ORDER$$),
    ($$SET hnsw.iterative_scan = relaxed$$),
    ($$SET hnsw.iterative_scan = ''$$),
    ($$SET hnsw.max_scan_tuples = 0$$),
    ($$SET hnsw.max_scan_tuples = 1$$),
    ($$SET hnsw.max_scan_tuples = 2147483647$$),
    ($$SET hnsw.max_scan_tuples = 2147483648$$),
    ($$SET hnsw.scan_mem_multiplier = 0$$),
    ($$SET hnsw.scan_mem_multiplier = 0.99$$),
    ($$SET hnsw.scan_mem_multiplier = 1$$),
    ($$SET hnsw.scan_mem_multiplier = 1.5$$),
    ($$SET hnsw.scan_mem_multiplier = 1000$$),
    ($$SET hnsw.scan_mem_multiplier = 1001$$),
    ($$SET hnsw.scan_mem_multiplier = 'NaN'$$),
    ($$SET hnsw.no_such_setting = 1$$),
    ($$ALTER ROLE CURRENT_USER SET hnsw.no_such_setting = 1$$)
) v(x);
SHOW hnsw.scan_mem_multiplier;
RESET ALL;
-- users set them as they like, for a transaction or for a function too
CREATE ROLE vm_user;
SET ROLE vm_user;
BEGIN;
SET LOCAL hnsw.ef_search = 77;
SHOW hnsw.ef_search;
COMMIT;
SHOW hnsw.ef_search;
RESET ROLE;
DROP ROLE vm_user;
CREATE FUNCTION setting_inside() RETURNS text LANGUAGE sql
    SET hnsw.ef_search = 123 SET hnsw.iterative_scan = strict_order AS
    $$ SELECT current_setting('hnsw.ef_search') || ' ' || current_setting('hnsw.iterative_scan') $$;
SELECT setting_inside(), current_setting('hnsw.ef_search') AS outside;
DROP FUNCTION setting_inside;

---------------------------------------------------------------- storage parameters
CREATE TABLE options (v vector(3));
SELECT o, outcome_of_statement('CREATE INDEX ON options USING hnsw (v vector_l2_ops) WITH (' || o || ')')
    FROM (VALUES
    ('m = 1'), ('m = 2'), ('m = 32'), ('m = 100, ef_construction = 200'), ('m = 101'), ('m = -1'),
    ('m = 33'), ('m = 16.5'), ('m = ''many'''), ('m'),
    ('ef_construction = 3'), ('ef_construction = 4'), ('m = 2, ef_construction = 4'),
    ('ef_construction = 32'), ('ef_construction = 31'), ('m = 16, ef_construction = 31'),
    ('ef_construction = 1000'), ('ef_construction = 1001'),
    ('quantizer = none'), ('quantizer = auto'), ('quantizer = NONE'), ('quantizer = ''none'''),
    ('quantizer = rabitq'), ('quantizer = sq8'), ('quantizer = pq'), ('quantizer = '''''),
    ('quantizer'),
    ('m = 8, ef_construction = 40, quantizer = none'),
    ('m = 8, m = 9'), ('lists = 1'), ('fillfactor = 90'), ('bits = 4'), ('rerank = heap'),
    ('layout = node'), ('fastupdate = on'), ('no_such_option = 1'), ('hnsw.m = 8')
) w(o);
SELECT reloptions, count(*) FROM pg_class WHERE relname LIKE 'options_v_idx%' GROUP BY 1
    ORDER BY reloptions::text COLLATE "C";
SELECT pg_get_indexdef('options_v_idx5'::regclass);
DROP TABLE options;

-- ALTER INDEX checks what CREATE INDEX would
CREATE TABLE options (id int, v vector(3));
INSERT INTO options SELECT i, ARRAY[i, i, i] FROM generate_series(1, 10) i;
CREATE INDEX options_v ON options USING hnsw (v vector_l2_ops);
CREATE FUNCTION alter_index(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text := outcome_of_statement(statement);
BEGIN
    RETURN outcome || ' -> ' || coalesce((SELECT reloptions::text FROM pg_class
        WHERE relname = 'options_v'), 'none');
END $$;
SELECT x, alter_index(x) FROM (VALUES
    ($$ALTER INDEX options_v SET (m = 8)$$),
    ($$ALTER INDEX options_v SET (m = 0)$$),
    ($$ALTER INDEX options_v SET (ef_construction = 2000)$$),
    ($$ALTER INDEX options_v SET (no_such_option = 1)$$),
    ($$ALTER INDEX options_v SET (m = 50)$$),
    ($$REINDEX INDEX options_v$$),
    ($$ALTER INDEX options_v RESET (m)$$),
    ($$ALTER INDEX options_v SET (quantizer = none, ef_construction = 99)$$),
    ($$ALTER INDEX options_v SET (quantizer = pq)$$),
    ($$ALTER INDEX options_v SET (quantizer = auto)$$),
    ($$ALTER INDEX options_v RESET (quantizer, ef_construction)$$),
    ($$REINDEX INDEX options_v$$)
) v(x);
SET enable_seqscan = off;
SELECT id FROM options ORDER BY v <-> '[3.1,3,3]' LIMIT 2;
-- what the index was built with stays until REINDEX
ALTER INDEX options_v SET (m = 4, ef_construction = 8);
INSERT INTO options VALUES (11, '[3.2,3,3]');
SELECT id FROM options ORDER BY v <-> '[3.2,3,3]' LIMIT 2;
REINDEX INDEX options_v;
SELECT id FROM options ORDER BY v <-> '[3.2,3,3]' LIMIT 2;
RESET enable_seqscan;
DROP TABLE options;
DROP FUNCTION alter_index;
-- on a partitioned table the parameters go to every partition's index
CREATE TABLE parted_options (id int, v vector(3)) PARTITION BY RANGE (id);
CREATE TABLE parted_options_1 PARTITION OF parted_options FOR VALUES FROM (1) TO (10);
CREATE INDEX parted_options_v ON parted_options USING hnsw (v vector_l2_ops)
    WITH (m = 5, ef_construction = 20);
SELECT relname, reloptions FROM pg_class WHERE relname LIKE 'parted_options%v%' ORDER BY 1;
DROP TABLE parted_options;
