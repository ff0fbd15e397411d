-- milvus.search, hybrid_search and query: vectors of every type, metrics, ranges,
-- groups, limits, results; what is seen and by whom.
SET client_min_messages = warning;
-- What a call raises: code and text.
CREATE FUNCTION refused(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
    EXECUTE 'SELECT * FROM milvus.' || call;
    RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ': ' || SQLERRM || CASE WHEN hint <> '' THEN ' (hint)' ELSE '' END;
END $$;
-- The keys that a search finds, with their distances.
CREATE FUNCTION found(data text, anns_field text, search_params jsonb DEFAULT '{}', topk int DEFAULT 4, skip int DEFAULT 0)
    RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(pk || ':' || round(distance::numeric, 4), ' ' ORDER BY n)
        FROM milvus.search(CASE WHEN anns_field IN ('bits', 'large') THEN 'others' ELSE 'everything' END, data, anns_field, topk => topk, skip => skip, search_params => search_params)
        WITH ORDINALITY s (query, id, pk, distance, entity, n) $$;

SELECT milvus.create_collection('everything', schema => '{"enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "l2", "type": "FLOAT_VECTOR", "dim": 2},
    {"name": "flat", "type": "FLOAT_VECTOR", "dim": 2},
    {"name": "half", "type": "FLOAT16_VECTOR", "dim": 2},
    {"name": "sparse", "type": "SPARSE_FLOAT_VECTOR"},
    {"name": "kind", "type": "INT32"},
    {"name": "name", "type": "VARCHAR", "max_length": 10, "nullable": true}]}');
SELECT milvus.create_collection('others', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "bits", "type": "BINARY_VECTOR", "dim": 8},
    {"name": "large", "type": "FLOAT_VECTOR", "dim": 2100}]}');
SELECT milvus.create_index('everything', field, type, metric) FROM (VALUES
    ('l2', 'HNSW', 'L2'), ('flat', 'FLAT', 'COSINE'), ('half', 'HNSW', 'IP'), ('sparse', 'SPARSE_INVERTED_INDEX', 'IP')) v (field, type, metric);
SELECT milvus.create_index('others', 'bits', 'BIN_IVF_FLAT', 'HAMMING'), milvus.create_index('others', 'large', 'HNSW', 'L2');
SELECT refused($$search('everything', '[1,2]', 'l2')$$);
SELECT milvus.insert('everything', (SELECT jsonb_agg(jsonb_build_object(
        'id', i, 'l2', ARRAY[i, i % 3], 'flat', ARRAY[i - 20, i % 7], 'half', ARRAY[i % 5, -(i % 7)],
        'sparse', jsonb_build_object(i % 10, 0.5, 11, 0.25),
        'kind', i % 4, 'name', CASE WHEN i % 3 > 0 THEN 'n' || i % 3 END, 'note', i * 10)) FROM generate_series(1, 40) i))->'insert_count';
SELECT milvus.insert('others', (SELECT jsonb_agg(jsonb_build_object('id', i, 'bits', ARRAY[i],
        'large', (SELECT array_agg(i + j % 3) FROM generate_series(1, 2100) j))) FROM generate_series(1, 40) i))->'insert_count';
SELECT milvus.load_collection('everything'), milvus.load_collection('others');

---------------------------------------------------------------- vectors, metrics
SELECT found('[3,1]', 'l2'), found('[3,1]', 'flat'), found('[3,1]', 'half');
SELECT found('{"3": 0.5, "11": 1}', 'sparse'), found('{4:1}/12', 'sparse'), found('[[3, 1.0]]', 'sparse'), found('{}', 'sparse');
SELECT found('[7]', 'bits', '{"nprobe": 1000}'), found('00000111', 'bits', '{"nprobe": 1000}');
SELECT found((SELECT jsonb_agg(3)::text FROM generate_series(1, 2100)), 'large', topk => 2);
-- L2 is squared, ties are in the order of keys, a cosine with nothing is 0.
SELECT found('[0,0]', 'flat'), found('[2.5,0]', 'l2', topk => 3);
-- Values of SQL's types, and arrays of them.
SELECT query, id, distance FROM milvus.search('everything', '[3,1]'::vector, 'l2', topk => 2);
SELECT query, id, distance FROM milvus.search('everything', ARRAY['[3,1]', '[9,9]']::vector[], 'l2', topk => 2);
SELECT query, id, distance FROM milvus.search('everything', ARRAY[3, 1]::real[], 'half', topk => 2);
SELECT query, id, distance FROM milvus.search('everything', '[3,1]'::halfvec, 'l2', topk => 1);
SELECT query, id, distance FROM milvus.search('everything', '{4:1}/12'::sparsevec, 'sparse', topk => 1);
SELECT query, id, distance FROM milvus.search('others', B'00000111', 'bits', topk => 1, search_params => '{"nprobe": 1000}');
SELECT query, id, distance FROM milvus.search('others', ARRAY[B'00000111', B'00000000'], 'bits', topk => 1, search_params => '{"nprobe": 1000}');
SELECT query, id, distance FROM milvus.search('everything', '[[3,1],[9,9]]'::jsonb, 'l2', topk => 1);
SELECT query, id, distance FROM milvus.search('everything', '[{"4": 1}, [[5, 1]], "{7:1}/8"]', 'sparse', topk => 1);
SELECT query, id, distance FROM milvus.search('others', '["00000111", [1]]', 'bits', topk => 1, search_params => '{"nprobe": 1000}');
-- The index and all rows say the same.
SELECT bool_and(a.id = b.id AND a.distance = b.distance) FROM generate_series(1, 40) q,
    LATERAL (SELECT id, distance FROM milvus.search('everything', format('[%s,%s]', q, q % 5), 'l2', topk => 7)) a
    FULL JOIN LATERAL (SELECT id, (l2 <-> format('[%s,%s]', q, q % 5)::vector) ^ 2 AS exact FROM everything ORDER BY 2, 1 LIMIT 7) e ON a.id = e.id,
    LATERAL (SELECT a.id, a.distance) b WHERE round(exact::numeric, 6) = round(a.distance::numeric, 6);

---------------------------------------------------------------- parameters
SELECT found('[3,1]', 'l2', '{"metric_type": "L2", "params": {"ef": 50}}'), found('[7]', 'bits', '{"nprobe": 100}');
SELECT found('[3,1]', 'l2', '{"radius": 10}'), found('[3,1]', 'l2', '{"params": {"radius": 10, "range_filter": 2}}'),
    found('[3,1]', 'flat', '{"radius": 0.3, "range_filter": 0.5}'), found('[3,1]', 'half', '{"radius": 8}'), found('[3,1]', 'l2', '{"radius": 0}');
SELECT found('[3,1]', 'l2', skip => 2), found('[3,1]', 'l2', skip => 39), found('[3,1]', 'l2', skip => 40);
SELECT count(*), min(distance), max(distance) FROM milvus.search('everything', '[3,1]', 'l2', topk => 16384);
SELECT id, distance FROM milvus.search('everything', '[3,1]', 'flat', topk => 2, round_decimal => 2);
SELECT call, refused(call) FROM unnest(ARRAY[
    $$search('nothing', '[1,2]')$$, $$search('everything', '[1,2]')$$, $$search('everything', '[1,2]', 'kind')$$, $$search('everything', '[1,2]', 'nowhere')$$,
    $$search('everything', '[1,2,3]', 'l2')$$, $$search('everything', '[1]'::vector, 'l2')$$, $$search('everything', '[[1,2],[1]]', 'l2')$$,
    $$search('others', B'0000', 'bits')$$, $$search('everything', '{1000000000:1}/1000000000', 'sparse')$$, $$search('everything', '{1:1', 'sparse')$$,
    $$search('everything', '[1,', 'l2')$$, $$search('everything', '[]', 'l2')$$, $$search('everything', '[1,"a"]', 'l2')$$, $$search('everything', 'x', 'l2')$$,
    $$search('everything', '[1,2] x', 'l2')$$, $$search('everything', 5, 'l2')$$, $$search('everything', ARRAY[B'0'], 'l2')$$,
    $$search('everything', ARRAY['[1,2]', NULL]::vector[], 'l2')$$, $$search('everything', NULL::vector, 'l2')$$, $$search('everything', '{}'::vector[], 'l2')$$,
    $$search('everything', '[1,2]', 'l2', topk => 0)$$, $$search('everything', '[1,2]', 'l2', topk => 16385)$$, $$search('everything', '[1,2]', 'l2', skip => -1)$$,
    $$search('everything', '[1,2]', 'l2', topk => 10000, skip => 10000)$$, $$search('everything', '[1,2]', 'l2', round_decimal => 7)$$,
    $$search('everything', '[1,2]', 'l2', search_params => '[]')$$, $$search('everything', '[1,2]', 'l2', search_params => '{"metric_type": "IP"}')$$,
    $$search('everything', '[1,2]', 'l2', search_params => '{"metric_type": 5}')$$, $$search('everything', '[1,2]', 'l2', search_params => '{"ef": 5}')$$,
    $$search('everything', '[1,2]', 'l2', search_params => '{"ef": "x"}')$$, $$search('everything', '[1,2]', 'l2', search_params => '{"nprobe": 0}')$$,
    $$search('everything', '[1,2]', 'l2', search_params => '{"radius": "far"}')$$, $$search('everything', '[1,2]', 'l2', search_params => '{"range_filter": 1}')$$,
    $$search('everything', '[1,2]', 'l2', search_params => '{"radius": 1, "range_filter": 2}')$$,
    $$search('everything', '[1,2]', 'half', search_params => '{"radius": 2, "range_filter": 1}')$$,
    $$search('everything', '[1,2]', 'l2', group_by_field => 'flat')$$, $$search('everything', '[1,2]', 'l2', group_by_field => 'nothing')$$,
    $$search('everything', '[1,2]', 'l2', group_by_field => 'kind', group_size => 0)$$, $$search('everything', '[1,2]', 'l2', partition_names => '{nowhere}')$$,
    $$search('everything', '[1,2]', 'l2', consistency_level => 'Sometimes')$$, $$search('everything', '[1,2]', 'l2', output_fields => ARRAY['id', NULL])$$,
    $$search(NULL, '[1,2]')$$]) AS call;

---------------------------------------------------------------- results
SELECT * FROM milvus.search('everything', '[3,1]', 'l2', topk => 1);
SELECT * FROM milvus.search('everything', '[3,1]', 'l2', topk => 2, output_fields => '{kind,note,missing}');
SELECT entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 1, output_fields => '{*}');
-- Groups: the nearest row of each, or some of each, those of a group together.
SELECT id, distance, entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 3, group_by_field => 'kind', output_fields => '{kind}');
SELECT id, distance, entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 2, group_by_field => 'kind', group_size => 3, output_fields => '{kind}');
SELECT id, entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 9, skip => 1, group_by_field => 'name', group_size => 2,
    strict_group_size => true, output_fields => '{name}');
SELECT count(*) FROM milvus.search('everything', '[3,1]', 'flat', topk => 2, group_by_field => 'kind', group_size => 100, strict_group_size => true);

---------------------------------------------------------------- hybrid
SELECT id, round(distance::numeric, 6), entity FROM milvus.hybrid_search('everything', '[
    {"data": [[3, 1]], "anns_field": "l2", "limit": 3}, {"data": [3, 1], "anns_field": "half", "param": {"metric_type": "IP"}, "limit": 3}]', topk => 5,
    output_fields => '{kind}');
SELECT id, distance FROM milvus.hybrid_search('everything', '[
    {"data": [[3, 1]], "anns_field": "l2", "limit": 3}, {"data": [3, 1], "anns_field": "half", "topk": 3}, {"data": [3, 1], "anns_field": "flat", "topk": 3}]',
    '{"strategy": "weighted", "params": {"weights": [0.7, 0.3, 0.5]}}', topk => 4, round_decimal => 4);
SELECT id, distance FROM milvus.hybrid_search('everything', '[{"data": [[3, 1]], "anns_field": "l2"}]',
    '{"strategy": "weighted", "params": {"weights": [1], "norm_score": false}}', topk => 2);
SELECT query, id, distance FROM milvus.hybrid_search('everything', '[{"data": [[3, 1], [5, 2]], "anns_field": "l2"}, {"data": [[3, 1], [5, 2]], "anns_field": "l2"}]',
    '{"strategy": "rrf", "params": {"k": 1}}', topk => 2, skip => 1);
SELECT call, refused(call) FROM unnest(ARRAY[
    $$hybrid_search('everything', '[]')$$, $$hybrid_search('everything', '{}')$$, $$hybrid_search('everything', '[1]')$$, $$hybrid_search('everything', NULL)$$,
    $$hybrid_search('everything', '[{"anns_field": "l2"}]')$$, $$hybrid_search('everything', '[{"data": [1], "anns_field": "l2"}]')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2", "limit": 0}]')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}, {"data": [[1, 2], [3, 4]], "anns_field": "l2"}]')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}]', '{"strategy": "best"}')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}]', '{"params": {"k": 0}}')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}]', '{"strategy": "weighted"}')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}]', '{"strategy": "weighted", "params": {"weights": [1, 1]}}')$$,
    $$hybrid_search('everything', '[{"data": [1, 2], "anns_field": "l2"}]', '{"strategy": "weighted", "params": {"weights": [2]}}')$$]) AS call;

---------------------------------------------------------------- query
SELECT id, pk, entity FROM milvus.query('everything', max_rows => 2, skip => 1);
SELECT * FROM milvus.query('everything', max_rows => 2, output_fields => '{note}');
SELECT * FROM milvus.query('everything', output_fields => '{COUNT(*)}');
SELECT call, refused(call) FROM unnest(ARRAY[
    $$query('everything')$$, $$query('everything', max_rows => 0)$$, $$query('everything', max_rows => 16385)$$, $$query('everything', max_rows => 5, skip => -1)$$,
    $$query('everything', max_rows => 10000, skip => 10000)$$, $$query('everything', max_rows => 1, output_fields => '{count(*)}')$$,
    $$query('everything', output_fields => '{count(*),id}')$$]) AS call;

---------------------------------------------------------------- iterators
-- Batches of one snapshot, whatever is written meanwhile.
BEGIN;
SELECT milvus.query_iterator('everything', output_fields => '{kind}', cursor_name => 'rows');
FETCH 2 FROM rows;
DELETE FROM everything WHERE id > 3;
FETCH 3 FROM rows;
MOVE 100 FROM rows;
FETCH 1 FROM rows;
ROLLBACK;
BEGIN;
SELECT milvus.search_iterator('everything', '[3,1]', 'l2', output_fields => '{note}', cursor_name => 'near');
FETCH 3 FROM near;
MOVE 100 FROM near;
SELECT milvus.search_iterator('everything', '[3,1]'::vector, 'flat', max_rows => 2, round_decimal => 3, cursor_name => 'nearer');
FETCH ALL FROM nearer;
SELECT milvus.search_iterator('everything', '[3,1]', 'half', max_rows => 2, cursor_name => 'product');
FETCH ALL FROM product;
SELECT milvus.query_iterator('everything', max_rows => 1, cursor_name => 'one');
FETCH ALL FROM one;
COMMIT;
SELECT call, refused(call) FROM unnest(ARRAY[
    $$search_iterator('everything', '[[1,2],[3,4]]', 'l2')$$, $$search_iterator('everything', '[1,2]', 'l2', max_rows => 0)$$, $$search_iterator('everything', NULL::vector)$$,
    $$query_iterator('everything', max_rows => -5)$$, $$query_iterator('everything', output_fields => '{count(*)}')$$,
    $$make_entity(0::oid, '{*}', true)$$, $$make_entity('everything'::regclass, '{kind}', false)$$, $$make_entity('everything'::regclass, '{kind}', false, 1::int8)$$,
    $$query('everything', max_rows => 2) q, milvus.make_entity(q.id::oid, '{kind}', false, 1)$$, $$make_entity('everything'::regclass, NULL, false, 1)$$, $$make_entity('everything'::regclass, '{kind}', false, VARIADIC ARRAY[1])$$]) AS call;
SELECT milvus.make_entity('everything'::regclass, '{kind,note}', false, 1, '{"note": 2, "other": 3}'::jsonb);

---------------------------------------------------------------- plans
CREATE FUNCTION plan(data text, anns_field text, topk int, analyzed bool DEFAULT false, kind text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT regexp_replace(line, '\(cost.*|\(actual.*|(Time|Memory|time): .*|Buffers.*', '\1') FROM milvus.explain_search('everything', data, anns_field, topk, NULL, NULL, NULL, '{}', NULL, 0, -1,
        kind, 1, false, NULL, analyzed) line WHERE line !~ 'Planning|Buffers|Execution|Disabled|Index Searches' $$;
SET enable_seqscan = off;
SET jit = off;
SELECT plan('[3,1]', 'l2', 3);
SELECT plan('[3,1]', 'flat', 3);
SELECT plan('[3,1]', 'l2', 3, true, 'name');
RESET enable_seqscan;
RESET jit;

---------------------------------------------------------------- what is seen
-- A join of two searches is of one snapshot; a search sees what its statement sees.
BEGIN;
SELECT count(*) FROM milvus.search('everything', '[3,1]', 'l2', topk => 40) a JOIN milvus.search('everything', '[3,1]', 'flat', topk => 40) b USING (id);
DELETE FROM everything WHERE id = 3;
SELECT found('[3,1]', 'l2', topk => 2);
ROLLBACK;
SELECT found('[3,1]', 'l2', topk => 2);
-- Plans survive changes of the table.
CREATE FUNCTION nearest() RETURNS TABLE (id bigint, entity jsonb) LANGUAGE sql STABLE AS
    $$ SELECT id, entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 1, output_fields => '{kind}') $$;
SELECT * FROM nearest();
ALTER TABLE everything ALTER COLUMN kind TYPE bigint;
SELECT * FROM nearest();
SELECT milvus.release_collection('everything');
SELECT refused($$search('everything', '[3,1]', 'l2', topk => 1, output_fields => '{kind}')$$);
SELECT milvus.load_collection('everything');
ALTER TABLE everything RENAME TO all_of_it;
SELECT refused($$search('everything', '[3,1]', 'l2', topk => 1, output_fields => '{kind}')$$);
SELECT milvus.create_alias('all_of_it', 'everything');
SELECT * FROM nearest();
ALTER TABLE all_of_it DROP COLUMN kind;
SELECT * FROM nearest();
SELECT milvus.drop_alias('everything');
ALTER TABLE all_of_it RENAME TO everything;
-- Partitions, and rows that have expired.
SELECT milvus.create_collection('parts', 2, metric_type => 'L2');
SELECT milvus.create_partition('parts', 'odd');
SELECT milvus.insert('parts', (SELECT jsonb_agg(jsonb_build_object('id', i, 'vector', ARRAY[i, 0])) FROM generate_series(1, 99, 2) i), 'odd')->'insert_count',
    milvus.insert('parts', (SELECT jsonb_agg(jsonb_build_object('id', i, 'vector', ARRAY[i, 0])) FROM generate_series(2, 100, 2) i))->'insert_count';
SELECT array_agg(id ORDER BY distance) FROM milvus.search('parts', '[10.4,0]', topk => 3);
SELECT array_agg(id ORDER BY distance) FROM milvus.search('parts', '[10.4,0]', topk => 3, partition_names => '{odd}');
SELECT * FROM milvus.query('parts', output_fields => '{count(*)}', partition_names => '{odd}');
SELECT milvus.release_partitions('parts', '{_default}');
SELECT refused($$search('parts', '[10,0]', partition_names => '{_default}')$$);
SELECT array_agg(id ORDER BY distance) FROM milvus.search('parts', '[10.4,0]', topk => 3);
UPDATE parts SET "$ts" = milvus.timestamptz_to_ts(now() - interval '1 hour') WHERE id < 50;
SELECT milvus.alter_collection_properties('parts', '{"collection.ttl.seconds": 60}');
SELECT array_agg(id ORDER BY distance) FROM milvus.search('parts', '[10.4,0]', topk => 3);
SELECT * FROM milvus.query('parts', output_fields => '{count(*)}');

---------------------------------------------------------------- who sees it
CREATE ROLE regress_searcher;
SET ROLE regress_searcher;
SELECT refused($$search('everything', '[3,1]', 'l2')$$), refused($$query('everything', max_rows => 1)$$),
    refused($$hybrid_search('everything', '[{"data": [3, 1], "anns_field": "l2"}]')$$);
RESET ROLE;
GRANT SELECT (id, l2, name) ON everything TO regress_searcher;
SET ROLE regress_searcher;
SELECT id, entity FROM milvus.search('everything', '[3,1]', 'l2', topk => 1, output_fields => '{name}');
SELECT refused($$search('everything', '[3,1]', 'l2', output_fields => '{flat}')$$), refused($$search('everything', '[3,1]', 'flat')$$);
RESET ROLE;
GRANT SELECT ON everything TO regress_searcher;
ALTER TABLE everything ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenth ON everything FOR SELECT TO regress_searcher USING (id % 10 = 0);
SET ROLE regress_searcher;
SELECT array_agg(id) FROM milvus.search('everything', '[3,1]', 'l2', topk => 5);
SELECT array_agg(id) FROM milvus.query('everything', max_rows => 100);
SELECT array_agg(id) FROM milvus.hybrid_search('everything', '[{"data": [3, 1], "anns_field": "l2"}, {"data": [3, 1], "anns_field": "half"}]', topk => 100);
RESET ROLE;
SELECT array_agg(id) FROM milvus.search('everything', '[3,1]', 'l2', topk => 5);
CREATE TABLE plain (id int8 PRIMARY KEY);
INSERT INTO plain VALUES (1);
SELECT milvus.register_collection('plain'), milvus.load_collection('plain');
SELECT refused($$search('plain', '[1]')$$), (SELECT entity FROM milvus.query('plain', max_rows => 1));
DROP TABLE plain;
-- Names are data.
SELECT milvus.create_collection('hostile', schema => '{"fields": [{"name": "id", "type": "VARCHAR", "max_length": 64, "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}');
ALTER TABLE hostile RENAME TO "x"" ; DROP TABLE y; --";
ALTER TABLE "x"" ; DROP TABLE y; --" RENAME v TO "v"" $1 ' ; --";
ALTER TABLE "x"" ; DROP TABLE y; --" RENAME id TO "select";
INSERT INTO "x"" ; DROP TABLE y; --" VALUES ('it''s "a" \ key', '[1,2]');
SELECT milvus.create_index('x" ; DROP TABLE y; --', 'v" $1 '' ; --', 'HNSW', 'L2'), milvus.load_collection('x" ; DROP TABLE y; --');
SELECT * FROM milvus.search('x" ; DROP TABLE y; --', '[1,2]', output_fields => '{*}');
SELECT * FROM milvus.query('x" ; DROP TABLE y; --', max_rows => 1);
SELECT * FROM milvus.hybrid_search('x" ; DROP TABLE y; --', '[{"data": [1, 2]}]');

DROP TABLE everything, others, parts, "x"" ; DROP TABLE y; --";
DROP ROLE regress_searcher;
DROP FUNCTION refused, found, nearest, plan;
