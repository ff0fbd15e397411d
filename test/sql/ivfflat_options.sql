-- Storage parameters of ivfflat and the settings ivfflat.*: values, ranges, when
-- they are read; and what an index on little or too much data says.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- before the library is loaded
\c -
SET ivfflat.probes = 12;
SET ivfflat.max_probes = 0;
SELECT '[1]'::vector;
SHOW ivfflat.probes;
SHOW ivfflat.max_probes;
\set ECHO none
\i :helpers

---------------------------------------------------------------- settings
RESET ALL;
SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals, boot_val
    FROM pg_settings WHERE name LIKE 'ivfflat.%' ORDER BY name COLLATE "C";
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$SET ivfflat.probes = 0$$),
    ($$SET ivfflat.probes = 1$$),
    ($$SET ivfflat.probes = 32768$$),
    ($$SET ivfflat.probes = 32769$$),
    ($$SET ivfflat.probes = -1$$),
    ($$SET ivfflat.probes = 'all'$$),
    ($$SET ivfflat.iterative_scan = on$$),
    ($$SET ivfflat.iterative_scan = off$$),
    ($$SET ivfflat.iterative_scan = relaxed_order$$),
    ($$SET ivfflat.iterative_scan = strict_order$$),
    ($$SET ivfflat.iterative_scan = ''$$),
    ($$SET ivfflat.max_probes = 0$$),
    ($$SET ivfflat.max_probes = 1$$),
    ($$SET ivfflat.max_probes = 32768$$),
    ($$SET ivfflat.max_probes = 32769$$),
    ($$SET ivfflat.ef_search = 1$$),
    ($$SET ivfflat.no_such_setting = 1$$)
) v(x);
RESET ALL;
BEGIN;
SET LOCAL ivfflat.probes = 7;
SHOW ivfflat.probes;
COMMIT;
SHOW ivfflat.probes;
SHOW ivfflat.iterative_scan;
SHOW ivfflat.max_probes;

---------------------------------------------------------------- storage parameters
SET client_min_messages = warning;
SET maintenance_work_mem = '1GB';
CREATE TABLE options (v vector(3));
SELECT o, outcome_of_statement('CREATE INDEX ON options USING ivfflat (v) WITH (' || o || ')')
    FROM (VALUES
    ('lists = 0'), ('lists = 1'), ('lists = 32768'), ('lists = 32769'), ('lists = -1'),
    ('lists = 2.5'), ('lists = ''many'''), ('lists'),
    ('quantizer = none'), ('quantizer = NONE'), ('quantizer = auto'),
    ('quantizer = rabitq'), ('quantizer = sq8'), ('quantizer = pq'), ('quantizer = '''''),
    ('quantizer'),
    ('lists = 3, quantizer = none'),
    ('lists = 1, lists = 2'), ('m = 16'), ('ef_construction = 64'), ('probes = 3'),
    ('fillfactor = 90'), ('bits = 4'), ('rerank = heap'), ('layout = node'), ('fastupdate = on'),
    ('no_such_option = 1')
) w(o);
SELECT reloptions, count(*) FROM pg_class WHERE relname LIKE 'options_v_idx%' GROUP BY 1
    ORDER BY reloptions::text COLLATE "C";
SELECT pg_get_indexdef('options_v_idx'::regclass);
DROP TABLE options;
RESET maintenance_work_mem;

CREATE TABLE options (id int, v vector(3));
INSERT INTO options SELECT i, ARRAY[i, i, i] FROM generate_series(1, 10) i;
CREATE INDEX options_v ON options USING ivfflat (v) WITH (lists = 2);
CREATE FUNCTION alter_index(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text := outcome_of_statement(statement);
BEGIN
    RETURN outcome || ' -> ' || coalesce((SELECT reloptions::text FROM pg_class
        WHERE relname = 'options_v'), 'none');
END $$;
SELECT x, alter_index(x) FROM (VALUES
    ($$ALTER INDEX options_v SET (lists = 8)$$),
    ($$ALTER INDEX options_v SET (lists = 0)$$),
    ($$ALTER INDEX options_v SET (no_such_option = 1)$$),
    ($$ALTER INDEX options_v SET (quantizer = none)$$),
    ($$ALTER INDEX options_v SET (quantizer = pq)$$),
    ($$ALTER INDEX options_v RESET (quantizer)$$),
    ($$ALTER INDEX options_v RESET (lists)$$),
    ($$REINDEX INDEX options_v$$)
) v(x);
-- what the index was built with stays until REINDEX
SET enable_seqscan = off;
ALTER INDEX options_v SET (lists = 1);
REINDEX INDEX options_v;
ALTER INDEX options_v SET (lists = 5);
INSERT INTO options VALUES (11, '[3.2,3,3]');
SELECT id FROM options ORDER BY v <-> '[3.2,3,3]' LIMIT 2;
SELECT count(*) FROM (SELECT id FROM options ORDER BY v <-> '[3.2,3,3]') s;
RESET enable_seqscan;
DROP TABLE options;
DROP FUNCTION alter_index;
RESET client_min_messages;

---------------------------------------------------------------- little data
CREATE TABLE little (v vector(2));
CREATE INDEX little_v ON little USING ivfflat (v) WITH (lists = 5);
INSERT INTO little SELECT ARRAY[i, i] FROM generate_series(1, 4) i;
REINDEX INDEX little_v;
INSERT INTO little VALUES ('[5,5]');
REINDEX INDEX little_v;
DROP TABLE little;

---------------------------------------------------------------- limits
SET client_min_messages = warning;
CREATE FUNCTION try_index(type text, opclass text, item text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    built text;
    inserted text;
    found text;
BEGIN
    EXECUTE format('CREATE TABLE limits (v %s)', type);
    built := outcome_of_statement(format('CREATE INDEX ON limits USING ivfflat (v %s) WITH (lists = 2)',
        opclass));
    inserted := outcome_of_statement(format('INSERT INTO limits SELECT %s FROM generate_series(1, 2)',
        item));
    EXECUTE format('DROP TABLE limits; CREATE TABLE limits (v %s); INSERT INTO limits SELECT %s
        FROM generate_series(1, 3)', type, item);
    found := outcome_of_statement(format('CREATE INDEX ON limits USING ivfflat (v %s) WITH (lists = 2)',
        opclass));
    DROP TABLE limits;
    RETURN concat_ws('; ', built, inserted, 'with rows: ' || found);
END $$;
SELECT type, opclass, try_index(type, opclass, item) FROM (VALUES
    ('vector(2000)', 'vector_l2_ops', 'array_fill(0.5, ARRAY[2000])::vector'),
    ('vector(2001)', 'vector_l2_ops', 'array_fill(0.5, ARRAY[2001])::vector'),
    ('vector', 'vector_l2_ops', '''[1,2]''::vector'),
    ('halfvec(4000)', 'halfvec_cosine_ops', 'array_fill(0.5, ARRAY[4000])::halfvec'),
    ('halfvec(4001)', 'halfvec_cosine_ops', 'array_fill(0.5, ARRAY[4001])::halfvec'),
    ('halfvec', 'halfvec_l2_ops', '''[1,2]''::halfvec'),
    ('bit(64000)', 'bit_hamming_ops', 'repeat(''1'', 64000)::bit(64000)'),
    ('bit(64001)', 'bit_hamming_ops', 'repeat(''1'', 64001)::bit(64001)'),
    ('bit', 'bit_hamming_ops', '''1''::bit'),
    ('varbit(3)', 'bit_hamming_ops', '''1''::varbit'),
    ('vector(1)', 'vector_l2_ops', '''[1]''::vector'),
    ('vector(1)', 'vector_ip_ops', '''[1]''::vector'),
    ('vector(1)', 'vector_cosine_ops', '''[1]''::vector'),
    ('halfvec(1)', 'halfvec_ip_ops', '''[1]''::halfvec'),
    ('halfvec(1)', 'halfvec_l2_ops', '''[1]''::halfvec')
) w(type, opclass, item);
DROP FUNCTION try_index;
-- k-means needs memory for its centroids
CREATE TABLE many (v vector(2000));
SET maintenance_work_mem = '1MB';
SELECT regexp_replace(outcome_of_statement(
    'CREATE INDEX ON many USING ivfflat (v) WITH (lists = 32768)'), 'required is \d+', 'required is N');
DROP TABLE many;
-- but no more than what the lists take
CREATE TABLE few (id int, v vector(3));
INSERT INTO few SELECT i, ARRAY[i % 100, i / 100, 1] FROM generate_series(0, 9999) i;
CREATE INDEX few_v ON few USING ivfflat (v) WITH (lists = 1);
CREATE INDEX few_cosine ON few USING ivfflat (v vector_cosine_ops) WITH (lists = 50);
RESET maintenance_work_mem;
SELECT * FROM vecmilvus_check_index('few_v', true);
SELECT * FROM vecmilvus_check_index('few_cosine', true);
SET enable_seqscan = off;
SELECT id FROM few ORDER BY v <-> '[41.9,17,1]' LIMIT 2;
RESET enable_seqscan;
DROP TABLE few;

---------------------------------------------------------------- operator classes
-- distances that k-means has no means for, norms that do not go with a distance
CREATE OPERATOR CLASS lists_l1 FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <+> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 l1_distance(vector, vector), FUNCTION 3 l2_distance(vector, vector);
CREATE OPERATOR CLASS lists_jaccard FOR TYPE bit USING ivfflat AS
    OPERATOR 1 <%> (bit, bit) FOR ORDER BY float_ops,
    FUNCTION 1 jaccard_distance(bit, bit), FUNCTION 3 hamming_distance(bit, bit);
CREATE OPERATOR CLASS lists_l2_norm FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector),
    FUNCTION 3 l2_distance(vector, vector), FUNCTION 4 vector_norm(vector);
CREATE OPERATOR CLASS lists_ip_no_norm FOR TYPE vector USING ivf AS
    OPERATOR 1 <#> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_negative_inner_product(vector, vector),
    FUNCTION 3 vector_spherical_distance(vector, vector);
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
    WHERE opcname LIKE 'lists\_%' ORDER BY 1, 2;
SELECT amname, opcname FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
    WHERE amname IN ('ivfflat', 'ivf') AND opcname NOT LIKE 'lists\_%' AND NOT amvalidate(c.oid);
DROP OPERATOR FAMILY lists_l1 USING ivfflat;
DROP OPERATOR FAMILY lists_jaccard USING ivfflat;
DROP OPERATOR FAMILY lists_l2_norm USING ivfflat;
DROP OPERATOR FAMILY lists_ip_no_norm USING ivf;
RESET client_min_messages;
