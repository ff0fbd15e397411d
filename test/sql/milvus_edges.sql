-- Edges of filters and searches: what changes between calls of one plan, what no
-- number holds, columns of other types in registered tables, ranges as floats,
-- cosines of zeros, rows that an index gives out of order, keys of any collation.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE SCHEMA edges;
SET search_path = edges, public;

---------------------------------------------------------------- functions of conditions
-- What changes between calls of one plan is looked at again.
SET client_min_messages = notice;
DO $$ DECLARE p text[]; l jsonb; BEGIN
    FOR i IN 1..3 LOOP
        p := CASE WHEN i = 2 THEN '{zz}' ELSE '{a}' END;
        l := CASE WHEN i = 3 THEN '[2]' ELSE '[1]' END;
        RAISE NOTICE '% % %', milvus.json_exists('{"a": 1}', p), milvus.json_in('{"a": 1}', p, l), milvus.json_contains_all('{"a": [1, 3]}', p, l);
    END LOOP;
END $$;
SET client_min_messages = warning;
SELECT l, milvus.json_contains_all('{"a": [1, "x", true, [2], null, {"b": 1}]}', '{a}', l::jsonb)
    FROM unnest(ARRAY['[]', '[1, 1, "x"]', '[[2], [2], true, 1.0]', '[1, 2]', '["x", "y"]', '[false]', '[[2], [3]]', '[null]', '[{"b": 1}]', '[true, false]']) l;
SELECT milvus.json_contains_all('{"a": [1]}', '{a}', '1');
-- A list of a hundred thousand against as long an array.
SELECT milvus.json_contains_all(jsonb_build_object('a', l), '{a}', l), milvus.json_contains_all(jsonb_build_object('a', l - 0), '{a}', l)
    FROM (SELECT jsonb_agg(i) l FROM generate_series(1, 100000) i) s;
-- What no numeric holds is unknown.
SELECT milvus.json_arithmetic(n, '*', 10, true), milvus.json_arithmetic(n, '+', n, true), milvus.json_arithmetic(n, '-', -n, true), milvus.json_arithmetic(n, '/', 0.1, false)
    FROM (SELECT ('9' || repeat('0', 131071))::numeric n) s;

---------------------------------------------------------------- registered tables
-- json is as jsonb; lists are of the column's type, so that its indexes serve.
CREATE TABLE plain (id integer PRIMARY KEY, v vector(2) NOT NULL, j json, small smallint, big bigint, a integer[]);
INSERT INTO plain SELECT i, ARRAY[i, 1]::real[]::vector, json_build_object('k', i), i, i, ARRAY[i, i + 1] FROM generate_series(1, 1000) i;
CREATE INDEX ON plain (small);
ANALYZE plain;
SELECT milvus.register_collection('plain') IS NOT NULL, milvus.create_index('plain', 'v', 'FLAT', 'L2'), milvus.load_collection('plain');
SELECT array_agg(q.id) FROM milvus.query('plain', 'j["k"] in [3, 4] or j["k"] == 7 or j["k"] + 1 == 10') q;
SELECT array_agg(q.id) FROM milvus.query('plain', 'small in [5, 70000, -9000000000] or id in [6, 5000000000] or big in [7] or a[0] in [8, 5000000000]') q;
SELECT count(*) FROM milvus.query('plain', 'id in [5000000000] or small not in [1, 2, 40000]') q;
SELECT milvus.explain_filter('plain', 'small in [5, 40000] or id in [6, 5000000000] or a[1] in [7]');
SELECT array_agg(s.id ORDER BY s.distance, s.id) FROM milvus.search('plain', '[10,1]', topk => 3, search_params => '{"metric_type": "L2"}', output_fields => '{j}') s;
-- Keys of a collation that is not "C": ties are in the order of bytes, "B" before "a".
CREATE TABLE texts (k text COLLATE "und-x-icu" PRIMARY KEY, v vector(2) NOT NULL);
INSERT INTO texts SELECT k, '[1,1]' FROM unnest(ARRAY['a', 'B', 'b', 'A', 'c', 'C']) k;
SELECT milvus.register_collection('texts') IS NOT NULL, milvus.create_index('texts', 'v', 'FLAT', 'L2'), milvus.load_collection('texts');
SELECT string_agg(pk, ' ') FROM milvus.search('texts', '[1,1]', topk => 3);
SELECT string_agg(pk, ' ') FROM milvus.search('texts', '[1,1]', topk => 3, skip => 3);
-- More fields than a function takes arguments.
DO $$ BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (id integer PRIMARY KEY, v vector(2) NOT NULL, ' || string_agg('c' || i || ' integer', ', ') || ')' FROM generate_series(1, 120) i);
END $$;
SELECT milvus.register_collection('wide') IS NOT NULL, milvus.create_index('wide', 'v', 'FLAT', 'L2'), milvus.load_collection('wide');
INSERT INTO wide (id, v, c1, c120) VALUES (1, '[1,1]', 5, 6);
SELECT entity->'c120' FROM milvus.query('wide', 'c1 == 5');
BEGIN;
SELECT milvus.query_iterator('wide', 'c1 == 5', output_fields => '{c1,c120}', cursor_name => 'part');
FETCH ALL FROM part;
SELECT milvus.query_iterator('wide', 'c1 == 5');
ROLLBACK;

---------------------------------------------------------------- arrays
-- The first element is element 0.
SELECT milvus.array_fits('[0:1]={7,8}'::integer[], 10, 0), milvus.array_fits('{7,8}'::integer[], 10, 0), milvus.array_fits('{}'::integer[], 10, 0);

---------------------------------------------------------------- searches
-- A range's ends are floats, as distances are: 0.6 is not beyond 0.6.
SELECT milvus.create_collection('floats', 2, metric_type => 'IP');
INSERT INTO floats (id, vector) VALUES (1, '[0.6,0.8]'), (2, '[0.3,0.1]'), (3, '[0.1,0.1]');
SELECT id FROM milvus.search('floats', '[1,0]', search_params => '{"radius": 0.1, "range_filter": 0.6}');
-- The cosine with a vector of zeros is 0: between those that are alike and the others.
SELECT milvus.create_collection('cosines', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}',
    index_params => '[{"field_name": "v", "index_type": "FLAT", "metric_type": "COSINE"}]');
INSERT INTO cosines (id, v) VALUES (1, '[1,0]'), (2, '[0,0]'), (3, '[-1,0]'), (4, '[-1,-1]'), (5, '[1,1]');
SELECT string_agg(id || ':' || round(distance::numeric, 3), ' ') FROM milvus.search('cosines', '[1,0]');
SELECT string_agg(id || ':' || round(distance::numeric, 3), ' ') FROM milvus.search('cosines', '[1,0]', search_params => '{"radius": -0.5}');
SELECT string_agg(id || ':' || distance, ' ') FROM milvus.search('cosines', '[0,0]', topk => 3);
BEGIN;
SELECT milvus.search_iterator('cosines', '[1,0]', cursor_name => 'every');
FETCH ALL FROM every;
ROLLBACK;
-- An index of lists gives its rows batch by batch; all that it gives are looked at.
SELECT milvus.create_collection('lists', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "kind", "type": "INT64"}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}');
SELECT setseed(0.25);
INSERT INTO lists (id, kind, v) SELECT i, i % 50, ARRAY[random(), random()]::real[]::vector FROM generate_series(1, 5000) i;
SELECT milvus.create_index('lists', 'v', 'IVF_FLAT', 'L2', '{"nlist": 64}');
SELECT milvus.load_collection('lists');
SELECT bool_and(s.distances = e.distances) FROM generate_series(1, 20) n,
    LATERAL (SELECT ARRAY[n / 20.0, n % 7 / 7.0]::real[]::vector q) v,
    LATERAL (SELECT array_agg(distance::real ORDER BY distance) distances FROM milvus.search('lists', q, topk => 20, filter => 'kind == 7', search_params => '{"nprobe": 64}')) s,
    LATERAL (SELECT array_agg(d ORDER BY d) distances FROM (SELECT vector_l2_squared_distance(v, q)::real d FROM lists WHERE kind = 7 ORDER BY 1 LIMIT 20) x) e;
-- Groups by long texts.
SELECT milvus.create_collection('groups', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "t", "type": "VARCHAR", "max_length": 65535}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}');
INSERT INTO groups (id, t, v) SELECT i, repeat(md5((i % 3)::text), 2000), ARRAY[i, 0]::real[]::vector FROM generate_series(1, 30) i;
SELECT milvus.create_index('groups', 'v', 'FLAT', 'L2'), milvus.load_collection('groups');
SELECT array_agg(id ORDER BY distance) FROM milvus.search('groups', '[0,0]', topk => 5, group_by_field => 't', group_size => 2);
-- Each request of a hybrid search has its own filter, with its own variables.
SELECT array_agg(id ORDER BY id) FROM milvus.hybrid_search('lists', '[
    {"data": [[0.5, 0.5]], "anns_field": "v", "limit": 2, "expr": "kind == 3"},
    {"data": [[0.5, 0.5]], "anns_field": "v", "limit": 2, "expr": "kind == {k}", "expr_params": {"k": 4}}]', topk => 10) h
    JOIN lists USING (id) HAVING array_agg(DISTINCT kind) = '{3,4}' AND count(*) = 4;

DROP SCHEMA edges CASCADE;
