-- What hnsw, ivfflat and ivf refuse, what they say that they can do, and what
-- they think of operator classes, the extension's own and others.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- refused indexes
SET client_min_messages = warning;
CREATE TABLE refused (id int, v vector(3), w vector, h halfvec(3), s sparsevec(3), b bit(3),
    a real[]);
CREATE VIEW attempt(n, statement) AS SELECT * FROM (VALUES
    (1, 'CREATE UNIQUE INDEX ON refused USING %s (v vector_l2_ops)'),
    (2, 'CREATE INDEX ON refused USING %s (v vector_l2_ops, v vector_ip_ops)'),
    (3, 'CREATE INDEX ON refused USING %s (v vector_l2_ops) INCLUDE (id)'),
    (4, 'CREATE INDEX ON refused USING %s (v vector_l2_ops DESC)'),
    (5, 'CREATE INDEX ON refused USING %s (v vector_l2_ops NULLS FIRST)'),
    (6, 'CREATE INDEX ON refused USING %s (v COLLATE "C" vector_l2_ops)'),
    (7, 'CREATE INDEX ON refused USING %s (v vector_l2_ops (lists = 3))'),
    (8, 'ALTER TABLE refused ADD EXCLUDE USING %s (v vector_l2_ops WITH =)'),
    (9, 'ALTER TABLE refused ADD EXCLUDE USING %s (v vector_l2_ops WITH <->)'),
    (10, 'CREATE INDEX ON refused USING %s (v halfvec_l2_ops)'),
    (11, 'CREATE INDEX ON refused USING %s (h vector_l2_ops)'),
    (12, 'CREATE INDEX ON refused USING %s (s vector_l2_ops)'),
    (13, 'CREATE INDEX ON refused USING %s (a vector_l2_ops)'),
    (14, 'CREATE INDEX ON refused USING %s (b vector_l2_ops)'),
    (15, 'CREATE INDEX ON refused USING %s (v bit_hamming_ops)'),
    (16, 'CREATE INDEX ON refused USING %s (v vector_ops)'),
    (17, 'CREATE INDEX ON refused USING %s (v no_such_ops)'),
    (18, 'CREATE INDEX ON refused USING %s (h)'),
    (19, 'CREATE INDEX ON refused USING %s (s)'),
    (20, 'CREATE INDEX ON refused USING %s (b)'),
    (21, 'CREATE INDEX ON refused USING %s (id)'),
    (22, 'CREATE INDEX ON refused USING %s (w vector_l2_ops)'),
    (23, 'CREATE INDEX ON refused USING %s ((v || v) vector_l2_ops)'),
    (24, 'CREATE INDEX ON refused USING %s ((a::vector(3)) vector_l2_ops)'),
    (25, 'CREATE INDEX ON refused USING %s ((vector_norm(v)))')) x(n, statement);
-- (whether a schema stands before a type's name differs between servers)
SELECT am, n, replace(outcome_of_statement(format(statement, am)), 'public.', '') FROM attempt,
    unnest(ARRAY['hnsw', 'ivfflat', 'ivf']) WITH ORDINALITY u(am, i) ORDER BY i, n;
-- without an operator class: a default only for lists, and only for vector
SELECT am, outcome_of_statement(format('CREATE INDEX ON refused USING %s (v)', am))
    FROM unnest(ARRAY['hnsw', 'ivfflat', 'ivf']) am;
-- classes that lists do not have
SELECT am, c, outcome_of_statement(format('CREATE INDEX ON refused USING %s (%s)', am, c)) FROM
    (VALUES ('v vector_l1_ops'), ('h halfvec_l1_ops'), ('s sparsevec_l2_ops'), ('b bit_jaccard_ops'))
    x(c), unnest(ARRAY['hnsw', 'ivfflat', 'ivf']) WITH ORDINALITY u(am, i) ORDER BY i, c;
DROP TABLE refused CASCADE;

-- commands that an index of these cannot serve
CREATE TABLE served (id int PRIMARY KEY, v vector(3), loose vector);
INSERT INTO served VALUES (1, '[1,2,3]', '[1,2,3]'), (2, '[4,5,6]', '[4,5,6]');
CREATE INDEX served_hnsw ON served USING hnsw (v vector_l2_ops);
CREATE INDEX served_ivfflat ON served USING ivfflat (v vector_l2_ops) WITH (lists = 1);
CREATE INDEX served_loose ON served USING hnsw ((loose::vector(3)) vector_l2_ops);
SELECT x, outcome_of_statement(x) FROM (VALUES
    ('CLUSTER served USING served_hnsw'),
    ('CLUSTER served USING served_ivfflat'),
    ('ALTER TABLE served ADD CONSTRAINT c UNIQUE USING INDEX served_hnsw'),
    ('ALTER TABLE served REPLICA IDENTITY USING INDEX served_ivfflat'),
    ('INSERT INTO served VALUES (3, ''[1,2,3]'') ON CONFLICT (v) DO NOTHING'),
    ('ALTER TABLE served ALTER v TYPE halfvec(3)'),
    ('ALTER TABLE served ALTER v TYPE vector(2001)
        USING array_fill(1, ARRAY[2001])::vector'),
    ('ALTER INDEX served_hnsw ALTER COLUMN 1 SET STATISTICS 100'),
    ('INSERT INTO served (id, loose) VALUES (4, ''[1,2]'')'),
    ('INSERT INTO served (id, loose) VALUES (5, ''[1,2,3]'')'),
    ('UPDATE served SET loose = ''[1,2,3,4]'' WHERE id = 5'),
    ('UPDATE served SET loose = NULL WHERE id = 5'),
    ('SELECT hnswhandler(0)'),
    ('SELECT hnsw_bit_support(0)')
) w(x);
SELECT count(*) FROM pg_index WHERE indrelid = 'served'::regclass AND indisvalid;
-- a query vector of another length
SET enable_seqscan = off;
SELECT index, outcome(format('SELECT count(*) FROM (SELECT id FROM served ORDER BY v <-> %L) s', q))
    FROM (VALUES ('hnsw', '[1,2]'), ('hnsw', '[1,2,3,4]'), ('hnsw', '[1,2,3]')) x(index, q);
DROP INDEX served_hnsw;
SELECT index, outcome(format('SELECT count(*) FROM (SELECT id FROM served ORDER BY v <-> %L) s', q))
    FROM (VALUES ('ivfflat', '[1,2]'), ('ivfflat', '[1,2,3,4]'), ('ivfflat', '[1,2,3]')) x(index, q);
-- a column that loses its type modifier: the index keeps the dimensions it has
CREATE INDEX served_hnsw ON served USING hnsw (v vector_l2_ops);
ALTER TABLE served ALTER v TYPE vector;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ('INSERT INTO served VALUES (11, ''[1,2]'')'),
    ('INSERT INTO served VALUES (11, ''[1,2,4]'')'),
    ('REINDEX INDEX served_hnsw'),
    ('REINDEX INDEX served_ivfflat')
) w(x);
SELECT outcome('SELECT array_agg(id) FROM (SELECT id FROM served ORDER BY v <-> ''[1,2,3]'') s');
RESET enable_seqscan;
DROP TABLE served;

---------------------------------------------------------------- what they can do
SELECT amname, property, pg_indexam_has_property(a.oid, property) FROM pg_am a,
    unnest(ARRAY['can_order', 'can_unique', 'can_multi_col', 'can_exclude', 'can_include'])
    WITH ORDINALITY p(property, n) WHERE amname IN ('hnsw', 'ivfflat', 'ivf') ORDER BY 1, n;
CREATE TABLE properties (v vector(3));
CREATE INDEX properties_hnsw ON properties USING hnsw (v vector_l2_ops);
CREATE INDEX properties_ivfflat ON properties USING ivfflat (v vector_l2_ops);
SELECT index, property, pg_index_has_property(index, property) FROM
    unnest(ARRAY['properties_hnsw', 'properties_ivfflat']::regclass[]) index,
    unnest(ARRAY['clusterable', 'index_scan', 'bitmap_scan', 'backward_scan'])
    WITH ORDINALITY p(property, n) ORDER BY index::text, n;
SELECT index, property, pg_index_column_has_property(index, 1, property) FROM
    unnest(ARRAY['properties_hnsw', 'properties_ivfflat']::regclass[]) index,
    unnest(ARRAY['asc', 'desc', 'nulls_first', 'nulls_last', 'orderable', 'distance_orderable',
    'returnable', 'search_array', 'search_nulls']) WITH ORDINALITY p(property, n)
    ORDER BY index::text, n;
DROP TABLE properties;

---------------------------------------------------------------- operator classes
-- (psql shows a missing storage type as NULL from version 17 on)
\pset null ''
\dAc hnsw
\dAc ivf*
\dAf hnsw
\dAf ivf*
\dAo hnsw
\dAo ivf*
\dAp hnsw
\dAp ivf*
\pset null NULL
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
    WHERE amname IN ('hnsw', 'ivfflat', 'ivf') ORDER BY 1, 2;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ('DROP ACCESS METHOD hnsw'),
    ('DROP ACCESS METHOD ivfflat CASCADE'),
    ('DROP FUNCTION hnswhandler(internal)'),
    ('DROP OPERATOR CLASS vector_l2_ops USING ivfflat'),
    ('DROP OPERATOR FAMILY vector_l2_ops USING hnsw')
) w(x);

-- an operator class of somebody else's, of an operator of theirs
CREATE TABLE own (id int, v vector(2));
INSERT INTO own SELECT i, ARRAY[i, -7 * i % 10] FROM generate_series(1, 10) i;
CREATE OPERATOR <@@> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_l2_squared_distance,
    COMMUTATOR = <@@>);
CREATE OPERATOR CLASS squared_ops FOR TYPE vector USING hnsw AS
    OPERATOR 1 <@@> FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS squared_ops FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <@@> FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector),
    FUNCTION 3 l2_distance(vector, vector);
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
    WHERE opcname = 'squared_ops' ORDER BY 1;
SET enable_seqscan = off;
CREATE INDEX own_v ON own USING hnsw (v squared_ops);
EXPLAIN (COSTS OFF) SELECT id FROM own ORDER BY v <@@> '[4,2]';
INSERT INTO own VALUES (11, '[4,3]');
SELECT id, v <@@> '[4,2]' AS distance FROM own ORDER BY v <@@> '[4,2]' LIMIT 3;
DROP INDEX own_v;
CREATE INDEX own_v ON own USING ivfflat (v squared_ops) WITH (lists = 1);
EXPLAIN (COSTS OFF) SELECT id FROM own ORDER BY v <@@> '[4,2]';
SELECT id FROM own ORDER BY v <@@> '[4,2]' LIMIT 3;
DROP INDEX own_v;
RESET enable_seqscan;
DROP OPERATOR FAMILY squared_ops USING hnsw;
DROP OPERATOR FAMILY squared_ops USING ivfflat;
DROP OPERATOR <@@> (vector, vector);
-- of a distance of theirs: the access methods know their distances by function
CREATE FUNCTION first_distance(vector, vector) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN public.l2_distance(public.subvector($1, 1, 1), public.subvector($2, 1, 1));
END $$;
CREATE OPERATOR CLASS bad_unknown FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 first_distance(vector, vector);
CREATE OPERATOR CLASS bad_unknown FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 first_distance(vector, vector), FUNCTION 3 l2_distance(vector, vector);
SELECT outcome_of_statement('CREATE INDEX ON own USING hnsw (v bad_unknown)'),
    outcome_of_statement('CREATE INDEX ON own USING ivfflat (v bad_unknown) WITH (lists = 1)');

-- operator classes that cannot work: amvalidate says why
CREATE FUNCTION wrong_result(vector, vector) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 1';
CREATE FUNCTION wrong_arguments(vector) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 1::float8';
CREATE OPERATOR CLASS bad_no_function FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops;
CREATE OPERATOR CLASS bad_no_operator FOR TYPE vector USING hnsw AS
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_search_operator FOR TYPE vector USING hnsw AS
    OPERATOR 1 = (vector, vector), FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_order FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY integer_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_strategy FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    OPERATOR 2 <#> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_result FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 wrong_result(vector, vector);
CREATE OPERATOR CLASS bad_arguments FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 (vector, vector) wrong_arguments(vector);
CREATE OPERATOR CLASS bad_norm FOR TYPE vector USING hnsw AS
    OPERATOR 1 <=> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_negative_inner_product(vector, vector),
    FUNCTION 2 (vector, vector) vector_dims(vector);
CREATE OPERATOR CLASS bad_support FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY float_ops,
    FUNCTION 1 halfvec_l2_squared_distance(halfvec, halfvec),
    FUNCTION 3 (halfvec, halfvec) l2_norm(halfvec);
CREATE OPERATOR CLASS bad_type FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY float_ops,
    FUNCTION 1 (halfvec, halfvec) vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_mixed_types FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_no_kmeans FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector);
CREATE OPERATOR CLASS bad_kmeans FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 1 vector_l2_squared_distance(vector, vector), FUNCTION 3 wrong_result(vector, vector);
CREATE OPERATOR CLASS bad_no_function FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops,
    FUNCTION 3 l2_distance(vector, vector);
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
    WHERE opcname LIKE 'bad\_%' ORDER BY 1, 2;
-- numbers that no support function has
SELECT am, n, outcome_of_statement(format('CREATE OPERATOR CLASS bad_number FOR TYPE vector USING %s
    AS FUNCTION %s l2_distance(vector, vector)', am, n)) FROM
    (VALUES ('hnsw', 0), ('hnsw', 9), ('ivfflat', 0), ('ivfflat', 9), ('ivf', 9)) w(am, n);
-- without the function that measures, there is no index
SELECT outcome_of_statement('CREATE INDEX ON own USING hnsw (v bad_no_function)'),
    outcome_of_statement('CREATE INDEX ON own USING ivfflat (v bad_no_function) WITH (lists = 1)');
DROP TABLE own;
DO $$
DECLARE
    family record;
BEGIN
    FOR family IN SELECT opfname, amname FROM pg_opfamily f JOIN pg_am a ON a.oid = opfmethod
        WHERE opfname LIKE 'bad\_%' LOOP
        EXECUTE format('DROP OPERATOR FAMILY %I USING %I', family.opfname, family.amname);
    END LOOP;
END $$;
DROP FUNCTION first_distance, wrong_result, wrong_arguments;
RESET client_min_messages;

---------------------------------------------------------------- the verifier
-- no row for a sound index; an error for what is none, and for strangers
CREATE TABLE verified (id int, v vector(3));
INSERT INTO verified SELECT i, ARRAY[i, -i, i % 3] FROM generate_series(1, 200) i;
CREATE INDEX verified_hnsw ON verified USING hnsw (v vector_l2_ops);
CREATE INDEX verified_ivfflat ON verified USING ivfflat (v vector_cosine_ops) WITH (lists = 3);
CREATE INDEX verified_ivf ON verified USING ivf (v) WITH (lists = 3);
CREATE INDEX verified_btree ON verified (id);
CREATE TABLE verified_parts (id int, v vector(3)) PARTITION BY RANGE (id);
CREATE INDEX verified_parts_v ON verified_parts USING hnsw (v vector_l2_ops);
DELETE FROM verified WHERE id % 3 = 0;
SELECT * FROM vecmilvus_check_index('verified_hnsw');
SELECT * FROM vecmilvus_check_index('verified_ivfflat');
SELECT * FROM vecmilvus_check_index('verified_ivf');
VACUUM verified;
SELECT * FROM vecmilvus_check_index('verified_hnsw', heapallindexed => true);
SELECT * FROM vecmilvus_check_index('verified_ivfflat', heapallindexed => true);
SELECT * FROM vecmilvus_check_index(index => 'verified_ivf', heapallindexed => true);
SELECT * FROM vecmilvus_check_index(NULL);
SELECT x, outcome_of_statement('SELECT * FROM vecmilvus_check_index(' || x || ')') FROM (VALUES
    ('''verified'''), ('''verified_btree'''), ('''verified_parts_v'''), ('''no_such_index'''), ('1'),
    ('''verified_hnsw'', true')
) w(x);
CREATE ROLE vm_stranger;
SET ROLE vm_stranger;
SELECT outcome_of_statement('SELECT * FROM vecmilvus_check_index(''verified_hnsw'')');
RESET ROLE;
GRANT SELECT ON verified TO vm_stranger;
SET ROLE vm_stranger;
SELECT outcome_of_statement('SELECT * FROM vecmilvus_check_index(''verified_hnsw'')');
RESET ROLE;
ALTER TABLE verified OWNER TO vm_stranger;
SET ROLE vm_stranger;
SELECT outcome_of_statement('SELECT * FROM vecmilvus_check_index(''verified_hnsw'')');
RESET ROLE;
DROP TABLE verified, verified_parts;
DROP ROLE vm_stranger;
