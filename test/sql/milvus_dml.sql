-- Rows of collections: milvus.insert, upsert, delete, get, insert_sample.
SET client_min_messages = warning;

-- What a statement raises: SQLSTATE, message, detail, the row it names.
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; context text;
BEGIN
    EXECUTE statement;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        context = PG_EXCEPTION_CONTEXT;
    RETURN SQLSTATE || ': ' || message || CASE WHEN detail LIKE 'Row %' THEN ' | ' || detail ELSE '' END
        || coalesce(' | ' || substring(context FROM '(?n)^row [0-9]+.*'), '');
END $$;
CREATE FUNCTION try_insert(collection text, data text) RETURNS text LANGUAGE sql AS $$
    SELECT try(format('SELECT milvus.insert(%L, %L)', collection, data))
$$;

----------------------------------------------------------------- all types
SELECT milvus.create_collection('everything', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "b", "type": "BOOL", "nullable": true},
    {"name": "i8", "type": "INT8", "nullable": true},
    {"name": "i16", "type": "INT16", "nullable": true},
    {"name": "i32", "type": "INT32", "nullable": true},
    {"name": "i64", "type": "INT64", "nullable": true},
    {"name": "f", "type": "FLOAT", "nullable": true},
    {"name": "d", "type": "DOUBLE", "nullable": true},
    {"name": "s", "type": "VARCHAR", "max_length": 8, "nullable": true},
    {"name": "j", "type": "JSON", "nullable": true},
    {"name": "ai", "type": "ARRAY", "element_type": "INT8", "max_capacity": 3, "nullable": true},
    {"name": "ad", "type": "ARRAY", "element_type": "DOUBLE", "max_capacity": 3, "nullable": true},
    {"name": "asx", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 3, "max_length": 4, "nullable": true},
    {"name": "fv", "type": "FLOAT_VECTOR", "dim": 3},
    {"name": "hv", "type": "FLOAT16_VECTOR", "dim": 2},
    {"name": "bv", "type": "BINARY_VECTOR", "dim": 16},
    {"name": "sv", "type": "SPARSE_FLOAT_VECTOR"}], "enable_dynamic_field": true}');
UPDATE milvus.collection SET loaded = true;
CREATE FUNCTION vectors(more text DEFAULT '', id int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"id":%s,"fv":[1,2,3],"hv":[1,2],"bv":[1,2],"sv":{}%s}', id, more)
$$;
SELECT milvus.insert('everything', '[
    {"id": 1, "b": true, "i8": -128, "i16": 32767, "i32": -2147483648, "i64": 9223372036854775807,
     "f": 0.1, "d": 1e300, "s": "äö€", "j": {"k": [1, null, "x"], "k": 2}, "ai": [1, -2, 3],
     "ad": [0.5, 1e-3], "asx": ["a", "ü\u00fc", "\"\\"], "fv": [0.1, -2.5e3, 3], "hv": [0.1, 65504],
     "bv": [128, 3], "sv": {"5": 0.25, "0": 1}, "color": "red", "n": {"deep": [1]}},
    {"id": "2", "b": false, "i8": 1.0, "i16": 1e2, "i64": "-9223372036854775808", "f": -3.4e38, "s": "",
     "j": "text", "ai": [], "asx": [], "fv": "[4,5,6]", "hv": " [ 1 , 2 ]", "bv": "1000000000000011",
     "sv": {"indices": [7, 3], "values": [0.5, 0]}},
    {"id": 3, "b": null, "j": [1], "fv": [1,2,3], "hv": [0,-0.0], "bv": [0,255], "sv": [[9, 1], [1, 2]]},
    {"id": 4, "j": 1.50, "fv": [1,2,3], "fv": [7,8,9], "hv": [1,2], "bv": [1,2], "sv": "{1:0.5,4:2}/10"}]') - 'timestamp';
SELECT id, b, i8, i16, i32, i64, f, d, s, j, ai, ad, asx FROM everything ORDER BY id;
SELECT id, fv, hv, bv, sv, "$meta", "$ts" >> 18 > 1600000000000 AS ts FROM everything ORDER BY id;
SELECT id, pk, entity FROM milvus.get('everything', '[2, 1]');
SELECT entity FROM milvus.get('everything', '[3, 4]', '{sv,bv,j}');
SELECT count(DISTINCT "$ts") FROM everything;

----------------------------------------------------------------- errors
SELECT v AS value, try_insert('everything', '[' || vectors(id => 50) || ',' || vectors(',' || v) || ']')
FROM (VALUES ('"b":1'), ('"b":"true"'), ('"i8":128'), ('"i8":-129'), ('"i8":1.5'), ('"i8":"1"'),
    ('"i16":32768'), ('"i32":2147483648'), ('"i64":9223372036854775808'), ('"i64":1e400'), ('"i64":"x"'),
    ('"i64":1e-400'), ('"f":1e39'), ('"f":"1"'), ('"d":1e309'), ('"d":[]'), ('"s":1'), ('"s":"123456789"'),
    ('"s":"€€€"'), ('"s":"\u0000"'), ('"ai":[1,2,3,4]'), ('"ai":[1,null]'), ('"ai":[200]'), ('"ai":1'),
    ('"ai":[1,"2"]'), ('"asx":["12345"]'), ('"ad":[1e309]'), ('"fv":[1,2]'), ('"fv":[]'), ('"fv":[1,2,3,4]'),
    ('"fv":[1,null,2]'), ('"fv":[1,"2",3]'), ('"fv":[1,2,[3]]'), ('"fv":[1,2,1e39]'), ('"fv":"[1,2,NaN]"'),
    ('"fv":"[1,2,inf]"'), ('"fv":null'), ('"fv":{}'), ('"fv":"x"'), ('"fv":1'), ('"hv":[1,65520]'),
    ('"hv":[1]'), ('"bv":[1]'), ('"bv":[1,256]'), ('"bv":[1,-1]'), ('"bv":"101"'), ('"bv":"1000000000000012"'),
    ('"bv":[1,2,3]'), ('"bv":{}'), ('"sv":{"1":1,"1":2}'), ('"sv":[[1,1],[1,2]]'), ('"sv":{"-1":1}'),
    ('"sv":{"x":1}'), ('"sv":{"1000000000":1}'), ('"sv":{"1":1e39}'), ('"sv":{"1":null}'), ('"sv":[1,2]'),
    ('"sv":[[1]]'), ('"sv":[[1,2,3]]'), ('"sv":{"indices":[1],"values":[1,2]}'), ('"sv":{"indices":[1]}'),
    ('"sv":{"1":1,"values":[]}'), ('"sv":"{1:1}/1000000001"'), ('"sv":7'), ('"id":null'), ('"id":1.5'),
    ('"id":"a"'), ('"$meta":{}'), ('"$ts":1'), ('"$partition":"a"')) AS bad (v);
SELECT t AS data, try_insert('everything', t)
FROM (VALUES (''), ('1'), ('null'), ('"x"'), ('[1]'), ('[[]]'), ('{'), ('['), ('{"id"}'), ('{"id":}'), ('{"id":1'),
    ('{"id":1,}'), ('[{"id":1}'), ('{} {}'), ('{1:2}'), ('{"id":1}'), ('{"fv":[1,2,3}'), ('{"fv":[1,2,+3]}'),
    ('{"fv":[1,2,03]}'), ('{"fv":[1 2 3]}'), ('{"fv":[1,2,3,]}'), ('{"x":tru}'), ('{"x":"\ud800"}')) AS bad (t);
SELECT try_insert('everything', vectors(format(',"j":"%s"', repeat('x', 65535)))),
    try_insert('everything', vectors(format(',"big":"%s"', repeat('x', 65530))));
SELECT try_insert('everything', vectors(format(',"j":%s1%s', repeat('[', 30000), repeat(']', 30000))));
SELECT try_insert('everything', vectors(format(',"sv":{%s}', (SELECT string_agg(format('"%s":1', i), ',') FROM generate_series(0, 16000) i))));
SELECT try_insert(NULL, '{}'), try_insert('everything', NULL), try_insert('nothing', '{}');
-- The third of five rows is wrong: nothing is left.
SELECT try_insert('everything', format('[%s,%s,%s,%s,%s]', vectors(id => 60), vectors(id => 61), vectors(',"i8":999', 62), vectors(id => 63), vectors(id => 64)));
SELECT try_insert('everything', format('[%s,%s]', vectors(id => 70), vectors(id => 1)));
SELECT count(*) FROM everything;
SELECT milvus.insert('everything', '[]') - 'timestamp', milvus.insert('everything', '[]'::jsonb) - 'timestamp';

----------------------------------------------------------------- nulls, defaults, other columns
SELECT milvus.create_collection('defaults', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2},
    {"name": "a", "type": "INT32", "default_value": 7},
    {"name": "n", "type": "VARCHAR", "max_length": 5, "nullable": true, "default_value": "none"},
    {"name": "req", "type": "BOOL"}]}');
UPDATE milvus.collection SET loaded = true;
ALTER TABLE defaults ADD serial_no serial, ADD twice int GENERATED ALWAYS AS (a * 2) STORED,
    ADD at date, ADD u uuid, ADD tags json;
SELECT milvus.insert('defaults', '{"id": 1, "v": [1,1], "req": true}') - 'timestamp';
SELECT milvus.insert('defaults', '[{"id": 2, "v": [1,1], "req": true, "a": null, "n": null},
    {"id": 3, "v": [1,1], "req": false, "a": 3}, {"id": 4, "v": [1,1], "req": true},
    {"id": 5, "v": [1,1], "req": true, "n": "x", "at": "2024-02-29", "u": "00000000-0000-0000-0000-000000000001",
     "tags": {"a":  1}}]') - 'timestamp';
SELECT id, v, a, n, req, serial_no, twice, at, u, tags FROM defaults ORDER BY id;
SELECT milvus.insert('defaults', '[{"id": 6, "v": [1,1], "req": true}, {"id": 7, "v": [1,1], "req": true, "serial_no": 100},
    {"id": 8, "v": [1,1], "req": true}]') - 'timestamp';
SELECT id, serial_no FROM defaults WHERE id > 5 ORDER BY id;
SELECT try_insert('defaults', d) FROM (VALUES ('{"id":9,"v":[1,1]}'), ('{"id":9,"v":[1,1],"req":null}'),
    ('{"v":[1,1],"req":true}'), ('{"id":9,"v":[1,1],"req":true,"x":1}'), ('{"id":9,"v":[1,1],"req":true,"twice":1}'),
    ('{"id":9,"v":[1,1],"req":true,"at":"never"}')) AS t (d);
SELECT entity FROM milvus.get('defaults', '[5]', '{at,u,tags,twice,n}');

----------------------------------------------------------------- auto_id
SELECT milvus.create_collection('auto', dimension => 2, auto_id => true);
SELECT milvus.create_collection('auto_text', dimension => 2, auto_id => true, id_type => 'string', max_length => 40);
UPDATE milvus.collection SET loaded = true;
SELECT milvus.insert('auto', '[{"vector": [1,2], "k": 1}, {"vector": [3,4]}, {"vector": [5,6]}]') AS r \gset
SELECT array_agg(id ORDER BY id) = ARRAY(SELECT jsonb_array_elements((:'r'::jsonb)->'ids')::bigint) AS ids,
    bool_and("$ts" = ((:'r'::jsonb)->>'timestamp')::bigint) AS ts, max(id) - min(id) AS span, max(id) < min("$ts") FROM auto;
SELECT milvus.insert('auto_text', '[{"vector": [1,2]}, {"vector": [3,4]}]') AS r \gset
SELECT array_agg(id::text ORDER BY id) = ARRAY(SELECT jsonb_array_elements_text((:'r'::jsonb)->'ids')) AS ids FROM auto_text;
SELECT id, pk = (:'r'::jsonb)->'ids'->>1 AS pk, entity - 'id' FROM milvus.get('auto_text', (:'r'::jsonb)->'ids'->1);
SELECT try_insert('auto', '{"id": 1, "vector": [1,2]}');
-- Tables with keys of their own.
CREATE TABLE own_serial (id serial PRIMARY KEY, v vector(2), "$meta" int);
CREATE TABLE own_identity (v vector(2), id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT milvus.register_collection('own_identity'), try('SELECT milvus.register_collection(''own_serial'')') LIKE '%';
UPDATE milvus.collection SET loaded = true;
SELECT milvus.insert('own_identity', '[{"v": [1,2]}, {"v": [3,4]}]') - 'timestamp';
SELECT milvus.upsert('own_identity', '[{"id": 2, "v": [5,6]}, {"id": 9, "v": [7,8]}]') - 'timestamp';
SELECT * FROM own_identity ORDER BY id;

----------------------------------------------------------------- hostile names
SELECT try(format('SELECT milvus.create_collection(%L, schema => %L)', 'Select', '{"fields": [
    {"name": "select", "type": "VARCHAR", "max_length": 20, "is_primary": true},
    {"name": "Order", "type": "INT32"}, {"name": "vm_rows", "type": "INT32", "nullable": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}], "enable_dynamic_field": true}'));
ALTER TABLE "Select" RENAME TO "we""ird; DROP $$ Ta'ble";
ALTER TABLE "we""ird; DROP $$ Ta'ble" RENAME "Order" TO "a""b'; -- $1 \x";
UPDATE milvus.collection SET loaded = true;
SELECT milvus.insert('we"ird; DROP $$ Ta''ble', $json$[{"select": "it's", "a\"b'; -- $1 \\x": 1, "v": [1,2], "'; DROP TABLE x; --": "\"'\\", "clé": "日本"},
    {"select": "$$", "a\"b'; -- $1 \\x": 2, "v": [1,2], "vm_rows": 5}]$json$) - 'timestamp';
SELECT * FROM milvus.get('we"ird; DROP $$ Ta''ble', '["$$", "it''s", "none", "$$"]', '{*}');
SELECT entity FROM milvus.get('we"ird; DROP $$ Ta''ble', '"it''s"', ARRAY['clé', 'nope', 'select']);
SELECT milvus.upsert('we"ird; DROP $$ Ta''ble', '[{"select": "$$", "a\"b''; -- $1 \\x": 3, "v": [9,9]}]') - 'timestamp';
SELECT milvus.upsert('we"ird; DROP $$ Ta''ble', '[{"select": "$$", "x": 1}, {"select": "it''s", "a\"b''; -- $1 \\x": 8, "clé": null}]', partial_update => true) - 'timestamp';
SELECT "select", "a""b'; -- $1 \x", vm_rows, v, "$meta" FROM "we""ird; DROP $$ Ta'ble" ORDER BY 1;
SELECT milvus.delete('we"ird; DROP $$ Ta''ble', '["it''s", "x"]') - 'timestamp';

----------------------------------------------------------------- the two overloads
SELECT milvus.create_collection('by_text', schema => s), milvus.create_collection('by_jsonb', schema => s)
FROM (SELECT '{"fields": [{"name": "id", "type": "INT64", "is_primary": true}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 5},
    {"name": "h", "type": "FLOAT16_VECTOR", "dim": 4}, {"name": "b", "type": "BINARY_VECTOR", "dim": 16},
    {"name": "s", "type": "SPARSE_FLOAT_VECTOR"}, {"name": "d", "type": "DOUBLE"}, {"name": "f", "type": "FLOAT"},
    {"name": "j", "type": "JSON"}, {"name": "t", "type": "VARCHAR", "max_length": 100},
    {"name": "a", "type": "ARRAY", "element_type": "INT32", "max_capacity": 10}], "enable_dynamic_field": true}'::jsonb AS s) x;
CREATE TEMP TABLE random_rows AS
SELECT format('{"id":%s,"v":[%s],"h":[%s,%s,%s,%s],"b":[%s,%s],"s":{"%s":%s},"d":%s,"f":%s,"j":{"x":%s},"t":%s,"a":[%s],"dyn":%s}', i,
    concat_ws(',', random() * power(10, i % 60 - 30), -random(), random()::real, i, 0),
    random(), (random() * 100)::real, -i, 1,
    (random() * 255)::int, (random() * 255)::int, (random() * 1e6)::int, random(), random() * power(10, i % 200 - 100),
    random()::real, random(), to_json(md5(i::text)), (random() * 1e6)::int, random()) AS r
FROM generate_series(1, 500) i;
SELECT (milvus.insert('by_text', '[' || string_agg(r, ',') || ']'))->'insert_count' FROM random_rows;
SELECT (milvus.insert('by_jsonb', ('[' || string_agg(r, ',') || ']')::jsonb))->'insert_count' FROM random_rows;
SELECT count(*) FROM (
    SELECT to_jsonb(r) - '$ts' FROM by_text AS r EXCEPT SELECT to_jsonb(r) - '$ts' FROM by_jsonb AS r) x;
-- What get shows can be inserted again.
TRUNCATE by_jsonb;
UPDATE milvus.collection SET loaded = true;
SELECT (milvus.insert('by_jsonb', (SELECT jsonb_agg(entity) FROM milvus.get('by_text', (SELECT jsonb_agg(id) FROM by_text)))))->'insert_count';
SELECT count(*) FROM (
    SELECT to_jsonb(r) - '$ts' FROM by_text AS r EXCEPT SELECT to_jsonb(r) - '$ts' FROM by_jsonb AS r) x;

----------------------------------------------------------------- many rows, beside COPY
SELECT milvus.create_collection('many', schema => '{"fields": [{"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 16}, {"name": "w", "type": "VARCHAR", "max_length": 40}]}');
CREATE TABLE copied (LIKE many INCLUDING DEFAULTS);
CREATE TEMP TABLE source AS
SELECT i AS id, (SELECT array_agg((i * j * 0.37)::real ORDER BY j) FROM generate_series(1, 16) j) AS v, md5(i::text) AS w
FROM generate_series(1, 20000) i;
INSERT INTO copied (id, v, w) SELECT id, v, w FROM source;
SELECT (milvus.insert('many', (SELECT json_agg(json_build_object('w', w, 'v', v, 'id', id) ORDER BY hashint4(id))::text FROM source)))->'insert_count';
SELECT count(*) FROM (SELECT id, v, w FROM many EXCEPT SELECT id, v, w FROM copied) x;
SELECT (milvus.upsert('many', (SELECT json_agg(json_build_object('w', 'new', 'v', v, 'id', id) ORDER BY id DESC)::text FROM source)))->'upsert_count';
SELECT count(*), count(DISTINCT w) FROM many;
SELECT (milvus.delete('many', (SELECT jsonb_agg(id) FROM source WHERE id > 5)))->'delete_count';

----------------------------------------------------------------- upsert
SELECT milvus.create_collection('up', schema => '{"fields": [{"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}, {"name": "a", "type": "INT32", "default_value": 7},
    {"name": "n", "type": "VARCHAR", "max_length": 9, "nullable": true}], "enable_dynamic_field": true}');
UPDATE milvus.collection SET loaded = true;
SELECT milvus.upsert('up', '[{"id": 2, "v": [1,1], "a": 1, "n": "x", "k": 1}, {"id": 1, "v": [2,2]}, {"id": 2, "v": [3,3], "m": 2}]') - 'timestamp';
SELECT id, v, a, n, "$meta" FROM up ORDER BY id;
SELECT milvus.upsert('up', '[{"id": 2, "v": [4,4], "n": "y"}]'::jsonb) - 'timestamp';
SELECT id, v, a, n, "$meta" FROM up ORDER BY id;
SELECT milvus.upsert('up', '[{"id": 1, "a": 11, "k": 1}, {"id": 2, "n": null, "j": {"x": 1}}, {"id": 5, "v": [5,5]}]', partial_update => true) - 'timestamp';
SELECT milvus.upsert('up', '[{"id": 2, "j": 5, "l": 6, "a": null}, {"id": 1}]', partial_update => true) - 'timestamp';
SELECT id, v, a, n, "$meta" FROM up ORDER BY id;
SELECT try($$SELECT milvus.upsert('up', '[{"v": [1,1]}]')$$), try($$SELECT milvus.upsert('up', '[{"id": 1}]')$$),
    try($$SELECT milvus.upsert('up', '[{"id": 1, "a": 2}, {"id": 77, "a": 1}]', partial_update => true)$$),
    try($$SELECT milvus.upsert('up', '[{"id": 1, "a": 2}, {"id": 1, "n": "z"}]', partial_update => true)$$),
    try($$SELECT milvus.upsert('up', '[{"a": 2}]', partial_update => true)$$);
SELECT milvus.upsert('up', '[]', partial_update => true) - 'timestamp', milvus.upsert('up', '[]') - 'timestamp';
SELECT id, a FROM up ORDER BY id;
-- With auto_id the key is a new one.
TRUNCATE auto;
SELECT milvus.insert('auto', '[{"vector": [1,2], "k": 1}, {"vector": [3,4]}]')->'ids' AS ids \gset
SELECT milvus.upsert('auto', format('[{"id": %s, "vector": [7,7]}, {"id": 5, "vector": [8,8]}, {"id": 5, "vector": [9,9]}]', (:'ids'::jsonb)->0)) AS r \gset
SELECT (:'r'::jsonb)->'upsert_count' AS count, count(*), array_agg(vector ORDER BY id),
    array_agg(id ORDER BY id) = ARRAY[((:'ids'::jsonb)->>1)::bigint, ((:'r'::jsonb)->'ids'->>0)::bigint, ((:'r'::jsonb)->'ids'->>1)::bigint] AS ids FROM auto;
SELECT milvus.upsert('auto', format('[{"id": %s, "k": 2}]', (:'ids'::jsonb)->1), partial_update => true) - 'timestamp' = jsonb_build_object('upsert_count', 1, 'cost', 0, 'ids', jsonb_build_array((:'ids'::jsonb)->1));
SELECT vector, "$meta" FROM auto WHERE id = ((:'ids'::jsonb)->>1)::bigint;
SELECT try($$SELECT milvus.upsert('auto', '[{"id": 1, "vector": [1,2]}]', partial_update => true)$$);

----------------------------------------------------------------- partitions, aliases
SELECT milvus.create_partition('up', 'part-1');
SELECT milvus.create_alias('up', 'UpAlias');
SELECT milvus.insert('UpAlias', '{"id": 20, "v": [1,1]}', 'part-1') - 'timestamp', milvus.insert('up', '{"id": 21, "v": [1,1]}', '') - 'timestamp',
    milvus.insert('up', '{"id": 22, "v": [1,1]}', '_default') - 'timestamp';
SELECT milvus.upsert('up', '{"id": 21, "v": [1,2]}', 'part-1') - 'timestamp', milvus.upsert('up', '{"id": 20, "a": 3}', partial_update => true) - 'timestamp',
    milvus.upsert('up', '{"id": 22, "v": [2,2]}') - 'timestamp';
SELECT id, v, a, "$partition" FROM up WHERE id >= 20 ORDER BY id;
SELECT id FROM milvus.get('up', '[20,21,22]', partition_names => '{part-1}'), (VALUES (1)) x;
SELECT milvus.delete('up', '[20, 22]', partition_name => 'part-1') - 'timestamp', milvus.delete('UpAlias', '22') - 'timestamp';
SELECT try($$SELECT milvus.insert('up', '{"id": 30, "v": [1,1]}', 'nope')$$), try($$SELECT milvus.delete('up', '1', partition_name => 'nope')$$),
    try($$SELECT milvus.get('up', '1', partition_names => '{nope}')$$);
SELECT milvus.create_collection('keyed', schema => '{"fields": [{"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}, {"name": "color", "type": "VARCHAR", "max_length": 9, "is_partition_key": true}]}');
SELECT try($$SELECT milvus.insert('keyed', '{"id": 1, "v": [1,1], "color": "red"}', 'red')$$),
    try($$SELECT milvus.insert('keyed', '{"id": 1, "v": [1,1], "color": "red"}', '_default')$$),
    try($$SELECT milvus.insert('keyed', '{"id": 1, "v": [1,1], "color": "red"}')$$),
    try($$SELECT milvus.get('keyed', '1')$$);

----------------------------------------------------------------- delete and get
SELECT try(s) FROM (VALUES ($$SELECT milvus.delete('up')$$), ($$SELECT milvus.delete('up', '1', 'id > 1')$$),
    ($$SELECT milvus.delete('up', filter => 'id >')$$), ($$SELECT milvus.delete('up', '["a"]')$$), ($$SELECT milvus.delete('up', '{"a": 1}')$$),
    ($$SELECT milvus.delete('up', '[1, null]')$$), ($$SELECT milvus.delete('up', '[[1]]')$$), ($$SELECT milvus.delete('up', '1.5')$$),
    ($$SELECT milvus.delete('up', '9223372036854775808')$$), ($$SELECT milvus.delete('auto_text', '1')$$), ($$SELECT milvus.delete(NULL, '1')$$),
    ($$SELECT milvus.get('up', NULL)$$), ($$SELECT milvus.get('up', '1', '{a,NULL}')$$), ($$SELECT milvus.get('defaults', '1', '{nope}')$$),
    ($$SELECT milvus.get('nothing', '1')$$)) AS t (s);
-- One call, one statement: a million rows at most.
SELECT try_insert('auto', '[' || repeat('{"vector":[1,2]},', 1 << 20) || '{"vector":[1,2]}]');
SELECT count(*) < 10 FROM auto;
UPDATE milvus.collection SET loaded = relation <> 'up'::regclass;
UPDATE milvus.partition SET loaded = false WHERE relation = 'up'::regclass;
SELECT try($$SELECT milvus.get('up', '1', partition_names => '{part-1}')$$), try($$SELECT milvus.get('up', '1')$$);
UPDATE milvus.collection SET loaded = true;
-- The key's type was changed by hand, the greatest key is the last one.
CREATE TABLE own_key (id bigint PRIMARY KEY, v vector(2));
SELECT milvus.register_collection('own_key');
INSERT INTO own_key VALUES (9223372036854775807, '[1,2]');
SELECT try($$SELECT milvus.insert_sample('own_key', 1)$$);
ALTER TABLE own_key ALTER id TYPE numeric;
SELECT try($$SELECT milvus.insert('own_key', '{"id": 1, "v": [1,2]}')$$), try($$SELECT milvus.delete('own_key', '1')$$), try($$SELECT milvus.get('own_key', '1')$$);
DROP TABLE own_key;
SELECT milvus.delete('up', '[]') - 'timestamp', milvus.delete('up', '["5", 2, 2]') - 'timestamp';
SELECT * FROM milvus.get('up', '[]');
SELECT * FROM milvus.get('up', '[21, 1, "21", 404]', '{}');
-- Rows older than the collection's time to live are hidden.
UPDATE up SET "$ts" = "$ts" - (3600::bigint * 1000 << 18) WHERE id = 1;
SELECT milvus.alter_collection_properties('up', '{"collection.ttl.seconds": 1800}');
SELECT id FROM milvus.get('up', '[21, 1]');
SELECT milvus.alter_collection_properties('up', '{"collection.ttl.seconds": 7200}');
SELECT id FROM milvus.get('up', '[21, 1]');

----------------------------------------------------------------- roles, policies, triggers
CREATE ROLE vm_dml_writer;
CREATE ROLE vm_dml_other;
SELECT milvus.create_collection('guarded', schema => '{"fields": [{"name": "id", "type": "INT64", "is_primary": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}, {"name": "owner", "type": "VARCHAR", "max_length": 20, "nullable": true}]}');
UPDATE milvus.collection SET loaded = true;
GRANT INSERT ON guarded TO vm_dml_writer;
SET ROLE vm_dml_other;
SELECT try($$SELECT milvus.insert('guarded', '{"id": 1, "v": [1,1]}')$$), try($$SELECT milvus.get('guarded', '1')$$);
SET ROLE vm_dml_writer;
SELECT milvus.insert('guarded', '[{"id": 1, "v": [1,1], "owner": "vm_dml_writer"}, {"id": 2, "v": [1,1], "owner": "else"}]') - 'timestamp';
SELECT try($$SELECT milvus.upsert('guarded', '{"id": 1, "v": [1,1]}')$$), try($$SELECT milvus.delete('guarded', '1')$$),
    try($$SELECT milvus.get('guarded', '1')$$), try($$SELECT milvus.insert_sample('guarded', 1)$$);
RESET ROLE;
GRANT SELECT, INSERT, UPDATE, DELETE ON guarded TO vm_dml_writer;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON guarded TO vm_dml_writer USING (owner = current_user) WITH CHECK (owner = current_user);
SET ROLE vm_dml_writer;
SELECT id FROM milvus.get('guarded', '[1, 2]');
SELECT try($$SELECT milvus.insert('guarded', '[{"id": 3, "v": [1,1], "owner": "vm_dml_writer"}, {"id": 4, "v": [1,1], "owner": "else"}]')$$),
    try($$SELECT milvus.upsert('guarded', '{"id": 2, "v": [1,1], "owner": "vm_dml_writer"}')$$),
    try($$SELECT milvus.upsert('guarded', '{"id": 1, "v": [1,1], "owner": "else"}')$$),
    try($$SELECT milvus.upsert('guarded', '{"id": 2, "owner": "else"}', partial_update => true)$$);
SELECT milvus.upsert('guarded', '{"id": 1, "v": [9,9], "owner": "vm_dml_writer"}') - 'timestamp', milvus.delete('guarded', '[2]') - 'timestamp';
RESET ROLE;
SELECT id, v, owner FROM guarded ORDER BY id;
CREATE FUNCTION change_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 13 THEN RETURN NULL; END IF;
    NEW.owner := coalesce(NEW.owner, '') || '!';
    RETURN NEW;
END $$;
CREATE TRIGGER change BEFORE INSERT OR UPDATE ON guarded FOR EACH ROW EXECUTE FUNCTION change_row();
SELECT milvus.insert('guarded', '[{"id": 12, "v": [1,1]}, {"id": 13, "v": [1,1]}, {"id": 14, "v": [1,1], "owner": "x"}]') - 'timestamp';
SELECT id, owner FROM guarded WHERE id > 10 ORDER BY id;
DROP TABLE guarded;
DROP ROLE vm_dml_writer, vm_dml_other;
-- A default that fails, a function of the caller's in the way.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.plus(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 666::bigint';
CREATE OPERATOR hostile.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.plus);
CREATE FUNCTION hostile.eq(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR hostile.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.eq);
SET search_path = hostile, public, pg_catalog;
SELECT count(*) FROM (SELECT milvus.insert('auto', '[{"vector": [1,2]}, {"vector": [1,3]}]')) x;
SELECT count(*) FROM milvus.get('many', '[1, 2]');
RESET search_path;
UPDATE milvus.collection SET loaded = true;
SET search_path = hostile, public, pg_catalog;
SELECT count(*) FROM milvus.get('many', '[1, 2]');
SELECT milvus.delete('many', '[1]') OPERATOR(pg_catalog.-) 'timestamp'::text;
RESET search_path;
SELECT try($$SET TRANSACTION READ ONLY; SELECT milvus.insert('many', '[]')$$);

----------------------------------------------------------------- generated rows
SELECT milvus.insert_sample('everything', 20, 1)->'ids';
SELECT milvus.insert_sample('everything', 3, 1)->'ids';
SELECT count(*), count(DISTINCT fv), bool_and(abs(vector_norm(fv) - 1) < 1e-5) FROM everything WHERE id > 4;
SELECT milvus.insert_sample('auto_text', 3, 1)->'insert_count', milvus.insert_sample('defaults', 0)->'insert_count';
SELECT milvus.insert_sample('keyed', 50, 5)->'insert_count', milvus.insert_sample('defaults', 5)->'ids';
SELECT count(DISTINCT color) FROM keyed;
SELECT milvus.insert_sample('we"ird; DROP $$ Ta''ble', 2, 3)->'ids', milvus.insert_sample('we"ird; DROP $$ Ta''ble', 2, 3)->'ids';
SELECT try($$SELECT milvus.insert_sample('many', -1)$$), try($$SELECT milvus.insert_sample('many', 100001)$$), try($$SELECT milvus.insert_sample('many', NULL)$$);
-- The same seed gives the same rows.
TRUNCATE by_text, by_jsonb;
SELECT (milvus.insert_sample('by_text', 10, 42))->'ids' = (milvus.insert_sample('by_jsonb', 10, 42))->'ids';
SELECT count(*) FROM (SELECT to_jsonb(r) - '$ts' FROM by_text AS r EXCEPT SELECT to_jsonb(r) - '$ts' FROM by_jsonb AS r) x;

DROP TABLE everything, defaults, auto, auto_text, own_serial, own_identity, "we""ird; DROP $$ Ta'ble", by_text, by_jsonb, many, copied, up, keyed;
DROP SCHEMA hostile CASCADE;
DROP FUNCTION change_row, try, try_insert, vectors;
