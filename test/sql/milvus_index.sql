-- Indexes of collections: create_index, drop_index, describe_index, list_indexes.

\set SHOW_CONTEXT never
SET client_min_messages = notice;

-- SQLSTATE, message and hint of a failing statement.
CREATE FUNCTION failure(statement text) RETURNS TABLE (state text, message text, hint text)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'ok', '', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END $$;

CREATE FUNCTION pg_indexes_of(collection regclass) RETURNS SETOF text LANGUAGE sql
    BEGIN ATOMIC
        SELECT regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX ', '')
            FROM pg_index WHERE indrelid = collection AND NOT indisprimary
            ORDER BY indexrelid::regclass::text COLLATE "C";
    END;

SELECT milvus.create_collection('items', schema => '{"enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 8},
    {"name": "h", "type": "FLOAT16_VECTOR", "dim": 8},
    {"name": "s", "type": "SPARSE_FLOAT_VECTOR"},
    {"name": "b", "type": "BINARY_VECTOR", "dim": 16},
    {"name": "n", "type": "INT64"},
    {"name": "tiny", "type": "INT8"},
    {"name": "x", "type": "DOUBLE"},
    {"name": "flag", "type": "BOOL"},
    {"name": "word", "type": "VARCHAR", "max_length": 100},
    {"name": "page", "type": "VARCHAR", "max_length": 4000},
    {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_length": 20, "max_capacity": 10},
    {"name": "levels", "type": "ARRAY", "element_type": "INT8", "max_capacity": 10},
    {"name": "doc", "type": "JSON"}]}');
INSERT INTO items (id, v, h, s, b, n, tiny, x, flag, word, page, tags, levels, doc)
    SELECT i, array_fill(i, ARRAY[8])::vector, array_fill(i, ARRAY[8])::halfvec,
        format('{%s:1,1000:2}/1000000000', i)::sparsevec, (i % 2 || '000111100001111')::bit(16),
        i, i % 100, i / 2.0, i % 2 = 0, 'w' || i, 'p' || i, ARRAY['t' || i], ARRAY[i % 10],
        jsonb_build_object('k', i)
    FROM generate_series(1, 50) i;

--------------------------------------------------- types and what they become
SELECT milvus.create_index('items', 'v');
SELECT milvus.create_index('items', 'h');
SELECT milvus.create_index('items', 's');
SELECT milvus.create_index('items', 'b');
SELECT pg_indexes_of('items');
SELECT milvus.list_indexes('items');
SELECT milvus.describe_index('items', name) FROM unnest(ARRAY['v', 'h', 's', 'b']) name;

CREATE FUNCTION try_index(field text, index_type text, metric text DEFAULT NULL,
        params jsonb DEFAULT '{}') RETURNS TABLE (description jsonb, definition text)
    LANGUAGE plpgsql AS $$
DECLARE
    before text[] := ARRAY(SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'items'::regclass);
BEGIN
    PERFORM milvus.create_index('items', field, index_type, metric, params, 'tried');
    description := milvus.describe_index('items', 'tried')
        - ARRAY['index_name', 'field_name', 'state', 'total_rows', 'indexed_rows', 'pending_index_rows'];
    SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '') INTO definition
        FROM pg_index WHERE indrelid = 'items'::regclass AND NOT indexrelid::regclass::text = ANY (before);
    PERFORM milvus.drop_index('items', 'tried');
    RETURN NEXT;
END $$;
SELECT milvus.drop_index('items', name) FROM unnest(ARRAY['v', 'h', 's', 'b']) name;
SELECT pg_indexes_of('items');
SET client_min_messages = warning;
SELECT t.* FROM (VALUES
        (1, 'HNSW', 'L2', '{"M": 16, "efConstruction": 64}'), (2, 'hnsw', 'cosine', '{"M": "8"}'),
        (3, 'HNSW', 'IP', '{}'), (4, 'HNSW_SQ', NULL, '{"sq_type": "SQ8", "refine": "true", "refine_type": "FP32"}'),
        (5, 'HNSW_PQ', NULL, '{"m": 4, "nbits": 8}'), (6, 'HNSW_PRQ', NULL, '{"nrq": 2}'),
        (7, 'DISKANN', NULL, '{"search_list_size": 100}'), (8, 'IVF_FLAT', 'L2', '{"nlist": 4}'),
        (9, 'IVF_SQ8', 'IP', '{"nlist": 4}'), (10, 'IVF_PQ', 'COSINE', '{"nlist": 4, "m": 2}'),
        (11, 'SCANN', 'L2', '{"nlist": 4, "with_raw_data": true}'), (12, 'FLAT', 'L2', '{}'),
        (13, '', '', '{"index_type": "HNSW", "metric_type": "L2", "params": {"M": 4, "mmap.enabled": true}}'),
        (14, NULL, NULL, '{"index_type": "HNSW", "metric_type": "L2", "params": "{\"M\": 4}"}'))
    s(i, index_type, metric, params), try_index('v', index_type, metric, params::jsonb) t ORDER BY i;
SELECT t.* FROM (VALUES (1, 'HNSW', 'L2'), (2, 'HNSW', 'COSINE'), (3, 'IVF_FLAT', 'IP'), (4, 'FLAT', 'IP'))
    s(i, index_type, metric), try_index('h', index_type, metric, '{}') t ORDER BY i;
SELECT t.* FROM (VALUES (1, 'SPARSE_INVERTED_INDEX', '{"inverted_index_algo": "DAAT_WAND", "drop_ratio_build": 0.2}'),
        (2, 'SPARSE_WAND', '{}')) s(i, index_type, params), try_index('s', index_type, 'IP', params::jsonb) t ORDER BY i;
SELECT t.* FROM (VALUES (1, 'BIN_IVF_FLAT', 'HAMMING', '{"nlist": 4}'), (2, 'BIN_IVF_FLAT', 'JACCARD', '{"nlist": 4}'),
        (3, 'BIN_FLAT', 'JACCARD', '{}'), (4, 'AUTOINDEX', 'JACCARD', '{}'))
    s(i, index_type, metric, params), try_index('b', index_type, metric, params::jsonb) t ORDER BY i;
SELECT field, index_type, t.* FROM (VALUES (1, 'n', 'AUTOINDEX', '{}'), (2, 'n', 'STL_SORT', '{}'), (3, 'tiny', 'BITMAP', '{}'),
        (4, 'x', 'INVERTED', '{}'), (5, 'flag', 'BITMAP', '{"bitmap_cardinality_limit": 100}'), (6, 'word', 'Trie', '{}'),
        (7, 'word', 'TRIE', '{}'), (8, 'word', 'STL_SORT', '{}'), (9, 'page', 'INVERTED', '{}'),
        (10, 'tags', 'AUTOINDEX', '{}'), (11, 'levels', 'BITMAP', '{}'),
        (12, 'doc', 'INVERTED', '{"json_path": "doc[\"k\"]", "json_cast_type": "DOUBLE"}'))
    s(i, field, index_type, params), try_index(field, index_type, NULL, params::jsonb) t ORDER BY i;
SET client_min_messages = notice;

-- Above our limits: clamped, but reported as asked for.
SELECT * FROM try_index('v', 'HNSW', 'L2', '{"M": 2048, "efConstruction": 2147483647}');
SELECT * FROM try_index('v', 'HNSW', 'L2', '{"M": 20, "efConstruction": 20}');

----------------------------------------------------------------- refusals
SELECT index_type, f.* FROM unnest(ARRAY['GPU_CAGRA', 'GPU_IVF_FLAT', 'GPU_IVF_PQ', 'GPU_BRUTE_FORCE', 'MINHASH_LSH',
        'RTREE', 'IVF_RABITQ', 'AISAQ', 'NGRAM', 'NO_SUCH', 'HNSW"; DROP TABLE items; --']) index_type,
    failure(format('SELECT milvus.create_index(''items'', ''v'', %L)', index_type)) f;
SELECT field, index_type, metric, f.* FROM (VALUES ('v', 'BIN_FLAT', NULL), ('v', 'SPARSE_WAND', NULL), ('v', 'INVERTED', NULL),
        ('s', 'HNSW', NULL), ('b', 'HNSW', NULL), ('h', 'BIN_IVF_FLAT', NULL), ('n', 'HNSW', NULL), ('doc', 'IVF_FLAT', NULL),
        ('v', 'HNSW', 'HAMMING'), ('v', 'AUTOINDEX', 'nonsense'), ('s', 'AUTOINDEX', 'L2'), ('s', 'AUTOINDEX', 'BM25'),
        ('b', 'AUTOINDEX', 'COSINE'), ('flag', 'STL_SORT', NULL), ('doc', 'STL_SORT', NULL), ('n', 'Trie', NULL),
        ('id', 'BITMAP', NULL), ('x', 'BITMAP', NULL), ('doc', 'BITMAP', NULL), ('nothing', 'HNSW', NULL),
        ('$meta', 'INVERTED', NULL))
    s(field, index_type, metric),
    failure(format('SELECT milvus.create_index(''items'', %L, %L, %L)', field, index_type, metric)) f;
SELECT index_type, params, f.state, f.message FROM (VALUES ('HNSW', '{"M": 1}'), ('HNSW', '{"M": 2049}'), ('HNSW', '{"M": "many"}'),
        ('HNSW', '{"M": 2.5}'), ('HNSW', '{"M": null, "efConstruction": 0}'), ('HNSW', '{"efConstruction": 2147483648}'),
        ('HNSW', '{"M": [1]}'), ('HNSW', '{"M": 1e400}'),
        ('IVF_FLAT', '{"nlist": 0}'), ('IVF_FLAT', '{"nlist": 65537}'), ('IVF_PQ', '{"m": 3}'), ('IVF_PQ', '{"m": 0}'),
        ('IVF_PQ', '{"m": 4, "nbits": 65}'), ('HNSW_SQ', '{"sq_type": "SQ"}'), ('HNSW_SQ', '{"refine": "perhaps"}'),
        ('HNSW_SQ', '{"refine_type": "INT4"}'), ('HNSW_PQ', '{"m": 5}'), ('HNSW_PRQ', '{"nrq": 17}'),
        ('SCANN', '{"with_raw_data": 5}'), ('DISKANN', '{"max_degree": 0}'), ('HNSW', '[]'), ('HNSW', '{"params": 5}'),
        ('HNSW', '{"params": "{"}'), ('HNSW', '{"metric_type": 5}')) s(index_type, params),
    failure(format('SELECT milvus.create_index(''items'', ''v'', %L, NULL, %L)', index_type, params)) f;
SELECT field, params, f.state, f.message FROM (VALUES ('s', 'SPARSE_INVERTED_INDEX', '{"drop_ratio_build": 1}'),
        ('s', 'SPARSE_INVERTED_INDEX', '{"inverted_index_algo": "X"}'), ('s', 'SPARSE_INVERTED_INDEX', '{"bm25_b": 2}'),
        ('flag', 'BITMAP', '{"bitmap_cardinality_limit": 1001}'), ('doc', 'INVERTED', '{"json_cast_type": "INT"}'))
    s(field, index_type, params),
    failure(format('SELECT milvus.create_index(''items'', %L, %L, NULL, %L)', field, index_type, params)) f;
SELECT milvus.list_indexes('items');
SELECT f.* FROM unnest(ARRAY['create_index(NULL, ''v'')', 'create_index(''items'', NULL)', 'create_index(''none'', ''v'')',
        'drop_index(''items'', NULL)', 'drop_index(NULL, ''v'')', 'drop_index(''none'', ''v'')', 'describe_index(''items'', NULL)', 'describe_index(''items'', ''v'')',
        'describe_index(''none'', ''v'')', 'list_indexes(NULL)', 'list_indexes(''none'')',
        'create_index(''items'', ''v'', index_name => ''no good'')', 'create_index(''items'', ''v'', index_name => ''1st'')',
        'create_index(''items'', ''v'', index_name => repeat(''x'', 64))']) call,
    failure('SELECT milvus.' || call) f;

-------------------------------------------------- the same again, and another
SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{"M": 8, "efConstruction": 40}', 'first');
SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{"efConstruction": "40", "M": "8"}', 'first');
SELECT f.* FROM unnest(ARRAY['''v'', ''HNSW'', ''L2'', ''{"M": 9}'', ''first''', '''v'', ''HNSW'', ''IP'', ''{"M": 8, "efConstruction": 40}'', ''first''',
        '''v'', ''HNSW'', ''L2'', ''{"M": 8, "efConstruction": 40}'', ''second''', '''h'', ''HNSW'', ''L2'', ''{}'', ''first''']) arguments,
    failure('SELECT milvus.create_index(''items'', ' || arguments || ')') f;
SELECT milvus.list_indexes('items'), milvus.list_indexes('items', 'v'), milvus.list_indexes('items', 'h'),
    milvus.list_indexes('items', 'nothing');
-- Dropping one that is not there is no error to Milvus.
SELECT milvus.drop_index('items', 'second');
SELECT milvus.drop_index('items', 'first');
SELECT milvus.list_indexes('items');
-- Rolled back, nothing is left.
BEGIN;
SELECT milvus.create_index('items', 'v');
ROLLBACK;
SELECT milvus.list_indexes('items'), count(*) FROM pg_indexes_of('items');

----------------------------------------------------------------- made by hand
CREATE INDEX by_hand_v ON items USING hnsw (v vector_ip_ops) WITH (m = 5, ef_construction = 30);
CREATE INDEX by_hand_h ON items USING ivfflat (h halfvec_l2_ops) WITH (lists = 3);
CREATE INDEX by_hand_b ON items USING ivfflat (b bit_hamming_ops) WITH (lists = 3);
CREATE INDEX by_hand_n ON items (n);
CREATE INDEX by_hand_word ON items USING hash (word);
CREATE INDEX by_hand_doc ON items USING gin (doc);
-- None of Milvus's: two columns, a condition, an expression, a metric it does not have.
CREATE INDEX other_1 ON items (tiny, x);
CREATE INDEX other_2 ON items (tiny) WHERE flag;
CREATE INDEX other_3 ON items ((tiny + 1));
CREATE INDEX other_4 ON items USING hnsw (h halfvec_l1_ops);
CREATE INDEX other_5 ON items USING hnsw ((binary_quantize(v)::bit(8)) bit_hamming_ops);
SELECT milvus.describe_index('items', name) - ARRAY['total_rows', 'indexed_rows', 'pending_index_rows']
    FROM jsonb_array_elements_text(milvus.list_indexes('items')) name ORDER BY name COLLATE "C";
SELECT milvus.create_index('items', 'v', 'HNSW', 'IP', '{"M": 5, "efConstruction": 30}');
SELECT f.* FROM failure($$SELECT milvus.create_index('items', 'v')$$) f;
SELECT milvus.drop_index('items', 'by_hand_v');
SELECT milvus.drop_index('items', 'other_4');
SELECT milvus.create_index('items', 'v', 'HNSW', 'L2');
-- One that was dropped by hand is gone, and can be made again.
DROP INDEX items_v_idx;
SELECT milvus.list_indexes('items', 'v');
SELECT f.* FROM failure($$SELECT milvus.describe_index('items', 'v')$$) f;
SELECT milvus.create_index('items', 'v', 'IVF_FLAT', 'L2', '{"nlist": 2}');
SELECT milvus.describe_index('items', 'v');
DROP INDEX by_hand_h, by_hand_b, by_hand_n, by_hand_word, by_hand_doc, other_1, other_2, other_3, other_4, other_5;

-- A row of a build that stopped, and its invalid index; one that is not to be believed.
CREATE INDEX items_h_idx ON items USING hnsw (h halfvec_l2_ops);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_h_idx'::regclass;
COPY milvus.index FROM stdin;
items	h	h	1	HNSW	L2	{}	items_h_idx	2		1	2026-01-01 00:00:00+00	1
items	b	b	2	B"; DROP	x"); DROP TABLE items; --	{"M": "'"}	pg_class_oid_index	2		1	2026-01-01 00:00:00+00	1
\.
SELECT milvus.describe_index('items', name) - ARRAY['total_rows', 'indexed_rows', 'pending_index_rows']
    FROM unnest(ARRAY['h', 'b']) name;
SELECT milvus.drop_index('items', 'b');
SELECT milvus.create_index('items', 'h', 'HNSW', 'IP');
SELECT milvus.describe_index('items', 'h') ->> 'state', pg_indexes_of('items');
DROP TABLE items;

--------------------------------------------------------- partition and primary key
SELECT milvus.create_collection('keyed', schema => '{"fields": [
    {"name": "id", "type": "VARCHAR", "max_length": 20, "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 4},
    {"name": "color", "type": "VARCHAR", "max_length": 20, "is_partition_key": true}]}');
SELECT milvus.list_indexes('keyed');
SELECT milvus.create_index('keyed', 'color', 'INVERTED');
SELECT milvus.create_index('keyed', 'id', 'INVERTED');
SELECT milvus.list_indexes('keyed');
SELECT count(*) AS indexes FROM pg_index WHERE indrelid = 'keyed'::regclass;
SELECT milvus.drop_index('keyed', 'color'), milvus.drop_index('keyed', 'id');
SELECT milvus.list_indexes('keyed');
SELECT count(*) AS indexes FROM pg_index WHERE indrelid = 'keyed'::regclass;
DROP TABLE keyed;

----------------------------------------------------------------- long vectors
SELECT milvus.create_collection('long', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "a", "type": "FLOAT_VECTOR", "dim": 3000}, {"name": "b", "type": "FLOAT_VECTOR", "dim": 5000},
    {"name": "c", "type": "BINARY_VECTOR", "dim": 64008}]}');
SELECT milvus.create_index('long', 'a', 'HNSW', 'IP'), milvus.create_index('long', 'b', 'IVF_FLAT'), milvus.create_index('long', 'c');
SELECT pg_indexes_of('long');
SELECT milvus.describe_index('long', name) FROM unnest(ARRAY['a', 'b', 'c']) name;
SELECT milvus.drop_index('long', 'b');
CREATE INDEX half_a ON "long" USING hnsw ((a::halfvec(3000)) halfvec_l2_ops);
SELECT milvus.list_indexes('long');
DROP TABLE "long";

--------------------------------------------------- hostile names, other schemas
CREATE SCHEMA "no; DROP";
CREATE TABLE "no; DROP"."ta""ble'; --" ("i d" bigint PRIMARY KEY, "v "", (x)" vector(3), "$$" int);
INSERT INTO "no; DROP"."ta""ble'; --" VALUES (1, '[1,2,3]', 1);
SELECT milvus.register_collection('"no; DROP"."ta""ble''; --"');
SET search_path = "no; DROP", public;
SELECT milvus.create_index('ta"ble''; --', 'v ", (x)', 'HNSW'), milvus.create_index('ta"ble''; --', '$$', 'STL_SORT');
SELECT milvus.list_indexes('ta"ble''; --');
SELECT milvus.describe_index('ta"ble''; --', 'v ", (x)');
SELECT pg_indexes_of('"no; DROP"."ta""ble''; --"');
SELECT milvus.drop_index('ta"ble''; --', 'v ", (x)'), milvus.drop_index('ta"ble''; --', '$$');
SELECT count(*) FROM pg_indexes_of('"no; DROP"."ta""ble''; --"');
RESET search_path;
DROP SCHEMA "no; DROP" CASCADE;

--------------------------------------------------------------------- privileges
CREATE ROLE vm_index_owner;
CREATE ROLE vm_index_other;
CREATE SCHEMA vm_owned;
GRANT USAGE, CREATE ON SCHEMA vm_owned TO vm_index_owner;
GRANT USAGE ON SCHEMA vm_owned TO vm_index_other;
SET search_path = vm_owned, public;
SET ROLE vm_index_owner;
SELECT milvus.create_collection('mine', schema => '{"fields": [{"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 4}]}');
SELECT milvus.create_index('mine', 'v');
SET ROLE vm_index_other;
SELECT milvus.list_indexes('mine');
SELECT milvus.describe_index('mine', 'v');
SELECT f.state, f.message FROM unnest(ARRAY['create_index(''mine'', ''v'')', 'create_index(''mine'', ''id'', ''INVERTED'')',
        'drop_index(''mine'', ''v'')', 'load_collection(''mine'')', 'release_collection(''mine'')', 'load_partitions(''mine'', ''{_default}'')',
        'release_partitions(''mine'', ''{_default}'')', 'refresh_load(''mine'')', 'compact(''mine'')']) call,
    public.failure('SELECT milvus.' || call) f;
SELECT milvus.flush('mine');
RESET ROLE;
REVOKE CREATE ON SCHEMA vm_owned FROM vm_index_owner;
SET ROLE vm_index_owner;
SELECT milvus.drop_index('mine', 'v');
SELECT f.state, f.message FROM unnest(ARRAY[true, false]) sync,
    public.failure(format('SELECT milvus.create_index(''mine'', ''v'', sync => %L)', sync)) f;
RESET ROLE;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA vm_owned CASCADE;
DROP ROLE vm_index_owner, vm_index_other;
DROP FUNCTION try_index, failure, pg_indexes_of;
