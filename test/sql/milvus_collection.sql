-- Collections: creating, describing, changing and dropping them; partitions,
-- aliases, databases; what happens when tables are changed by hand.
SET client_min_messages = warning;
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    EXECUTE statement;
    RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN sqlstate || ': ' || regexp_replace(sqlerrm, '\d{12,}', 'N', 'g')
        || CASE WHEN hint <> '' THEN ' (hint)' ELSE '' END;
END $$;
-- A description without what differs from run to run.
CREATE FUNCTION described(name text) RETURNS text LANGUAGE sql AS
    $$ SELECT jsonb_pretty(milvus.describe_collection(name) - 'collection_id') $$;

---------------------------------------------------------------- the article's collection
SELECT milvus.create_database('test');
SELECT milvus.use_database('test');
-- There, names of "default" have no meaning, though its schema is in the path for the types.
CREATE TABLE public.elsewhere (id int8 PRIMARY KEY);
SELECT milvus.register_collection('public.elsewhere');
SELECT milvus.has_collection('elsewhere'), milvus.has_collection('default.elsewhere'), milvus.has_collection('nowhere.elsewhere');
DROP TABLE public.elsewhere;
SHOW search_path;
SELECT milvus.create_collection('testcollection', schema => '{
    "auto_id": true, "enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "vector", "type": "FLOAT_VECTOR", "params": {"dim": 128}},
    {"name": "color", "type": "VARCHAR", "params": {"max_length": 128}, "is_partition_key": true}]}',
    consistency_level => 'Session');
-- Exactly what the client shows; the id is a timestamp.
SELECT described('testcollection');
SELECT (milvus.describe_collection('testcollection')->>'collection_id')::bigint > 455116632364191056 AS new_id;
\d testcollection
SELECT milvus.list_collections(), milvus.list_collections('default'), milvus.list_databases();
SELECT milvus.has_collection('testcollection'), milvus.has_collection('nothing'),
    milvus.has_collection('test.testcollection');

-- The same again succeeds, a different one does not.
SELECT milvus.create_collection('testcollection', schema => '{
    "auto_id": true, "enable_dynamic_field": true, "fields": [
    {"name": "id", "type": 5, "is_primary": true},
    {"name": "vector", "type": 101, "dim": "128"},
    {"name": "color", "type": "VarChar", "max_length": 128, "is_partition_key": true}]}',
    consistency_level => '1');
SELECT refused($$SELECT milvus.create_collection('testcollection', dimension => 128)$$);
SET search_path = public;

---------------------------------------------------------------- every type
SELECT milvus.create_collection('everything', description => 'all of them', num_shards => 2,
    properties => '{"collection.ttl.seconds": 3600, "mmap.enabled": true}', schema => '{"fields": [
    {"name": "pk", "type": "VARCHAR", "max_length": 36, "is_primary": true, "description": "the key"},
    {"name": "flag", "type": "BOOL", "default_value": true},
    {"name": "i8", "type": "INT8", "default_value": -7},
    {"name": "i16", "type": "INT16", "nullable": true},
    {"name": "i32", "type": "INT32", "default_value": 5, "nullable": true},
    {"name": "i64", "type": "INT64", "is_clustering_key": true},
    {"name": "f32", "type": "FLOAT", "default_value": 0.5},
    {"name": "f64", "type": "DOUBLE"},
    {"name": "text", "type": "VARCHAR", "max_length": 10, "default_value": "it''s", "enable_analyzer": true},
    {"name": "json", "type": "JSON", "nullable": true},
    {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 3, "max_length": 4},
    {"name": "nums", "type": "ARRAY", "element_type": "INT8", "max_capacity": 2, "nullable": true},
    {"name": "bin", "type": "BINARY_VECTOR", "dim": 16},
    {"name": "vec", "type": "FLOAT_VECTOR", "dim": 3},
    {"name": "half", "type": "FLOAT16_VECTOR", "dim": 3},
    {"name": "sparse", "type": "SPARSE_FLOAT_VECTOR"}]}');
SELECT described('everything');
\d everything
SELECT obj_description('everything'::regclass), col_description('everything'::regclass, 1);

-- The same again is the same; another default is another schema.
SELECT milvus.create_collection('again', schema => '{"fields": [{"name": "id", "type": 5, "is_primary": true},
    {"name": "f", "type": 10, "default_value": 0.1}, {"name": "v", "type": 101, "dim": 2}]}',
    properties => '{"collection.ttl.seconds": 9}') FROM generate_series(1, 2);
SELECT refused($$SELECT milvus.create_collection('again', schema => '{"fields": [{"name": "id", "type": 5, "is_primary": true},
    {"name": "f", "type": 10, "default_value": 0.2}, {"name": "v", "type": 101, "dim": 2}]}',
    properties => '{"collection.ttl.seconds": 9}')$$);
SELECT indexdef FROM pg_indexes WHERE tablename = 'again' ORDER BY 1;
SELECT milvus.drop_collection('again');

-- A description runs nobody's code: a default that is no constant of PostgreSQL's own is not shown.
CREATE FUNCTION shout(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'run'; RETURN $1; END $$;
CREATE TABLE trap (id bigint PRIMARY KEY, n int DEFAULT shout(1), m int DEFAULT 1 + 1, t text DEFAULT upper('a'));
SELECT milvus.register_collection('trap');
SELECT field->>'name', field->'default_value' FROM jsonb_array_elements(milvus.describe_collection('trap')->'fields') field;
DROP TABLE trap;
DROP FUNCTION shout;

-- The table keeps the limits whoever writes to it.
\set VERBOSITY terse
PREPARE put AS INSERT INTO everything (pk, i8, i64, f64, text, tags, nums, bin, vec, half, sparse)
    VALUES ($1, $2, 1, 1, $3, $4, $5, repeat('01', 8)::bit(16), '[1,2,3]', '[1,2,3]', '{1:1}/5');
EXECUTE put('a', 127, 'äöüßä', '{a,bb,cccc}', '{1,-128}');
EXECUTE put('b', 128, 'x', '{}', NULL);
EXECUTE put('b', 1, 'äöüßäö', '{}', NULL);
EXECUTE put('b', 1, 'x', '{a,b,c,d}', NULL);
EXECUTE put('b', 1, 'x', '{ääa}', NULL);
EXECUTE put('b', 1, 'x', '{a,NULL}', NULL);
EXECUTE put('b', 1, 'x', '{{a},{b}}', NULL);
EXECUTE put('b', 1, 'x', '{}', '{1,300}');
EXECUTE put('b', 1, 'x', '{}', '{1,2,3}');
\set VERBOSITY default
SELECT flag, i8, i32, f32, text, tags, nums, "$ts" > 0 AS ts FROM everything;
SELECT milvus.get_collection_stats('everything');

---------------------------------------------------------------- what is refused
SELECT schema, refused(format('SELECT milvus.create_collection(%L, schema => %L)', 'c', schema)) FROM unnest(ARRAY[
    '[]', '{}', '{"fields": 1}', '{"fields": []}', '{"fields": [1]}', '{"fields": [{}]}',
    '{"fields": [{"name": "id"}]}',
    '{"fields": [{"name": "id", "type": "INT63", "is_primary": true}]}',
    '{"fields": [{"name": "id", "type": "INT64"}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": "INT64", "is_primary": true}]}',
    '{"fields": [{"name": "id", "type": "INT32", "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true, "nullable": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "a", "type": 5, "is_primary": true}, {"name": "b", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "id", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 1}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 32768}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": "x"}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 100, "dim": 12}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 4, "nullable": true}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 4, "default_value": 1}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": "BFLOAT16_VECTOR", "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 105, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "g", "type": "Geometry"}]}',
    '{"fields": [{"name": "id", "type": 21, "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 21, "max_length": 65536, "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "a", "type": 22}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "a", "type": 22, "element_type": 23, "max_capacity": 3}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "a", "type": 22, "element_type": 5}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "a", "type": 22, "element_type": 5, "max_capacity": 4097}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "b", "type": 1, "default_value": 1}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "b", "type": 2, "default_value": 128}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "b", "type": 10, "default_value": 1e39}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "b", "type": 21, "max_length": 2, "default_value": "abc"}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true, "is_partition_key": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 1, "is_partition_key": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 5, "auto_id": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "a b", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}',
    '{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "$meta", "type": 101, "dim": 4}]}',
    '{"functions": [{"name": "bm25"}], "fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "v", "type": 101, "dim": 4}]}'
    ]) AS schema;
SELECT call, refused('SELECT milvus.create_collection(' || call || ')') FROM unnest(ARRAY[
    'NULL, 4', $$''$$, $$'c'$$, $$'1c', 4$$, $$'a.b', 4$$, $$'a"b', 4$$, $$'a;b', 4$$, $$'ä', 4$$,
    $$repeat('x', 64), 4$$, $$'c', 1$$, $$'c', 4, metric_type => 'DOT'$$,
    $$'c', 4, consistency_level => 'Sure'$$, $$'c', 4, num_shards => 17$$, $$'c', 4, num_partitions => 4$$,
    $$'c', 4, properties => '[]'$$, $$'c', 4, properties => '{"collection.ttl.seconds": -1}'$$,
    $$'c', 4, properties => '{"a": {}}'$$, $$'c', 4, id_type => 'UUID'$$,
    $$'c', 4, id_type => 'VARCHAR', max_length => 0$$, $$'c', 4, primary_field_name => 'x', vector_field_name => 'x'$$
    ]) AS call;
-- 65 fields; five vectors
SELECT refused(format('SELECT milvus.create_collection(%L, schema => %L)', 'c', jsonb_build_object('fields',
    '[{"name": "id", "type": 5, "is_primary": true}]'::jsonb || jsonb_agg(jsonb_build_object('name', 'f' || i, 'type', 5)))))
    FROM generate_series(1, 64) i;
SELECT refused(format('SELECT milvus.create_collection(%L, schema => %L)', 'c', jsonb_build_object('fields',
    '[{"name": "id", "type": 5, "is_primary": true}]'::jsonb || jsonb_agg(jsonb_build_object('name', 'f' || i, 'type', 101, 'dim', 4)))))
    FROM generate_series(1, 5) i;
-- A table of that name, which is no collection.
CREATE TABLE plain (id int PRIMARY KEY);
SELECT refused($$SELECT milvus.create_collection('plain', 4)$$);
SELECT to_regclass('c');

---------------------------------------------------------------- names
-- Keywords and mixed case are names like others.
SELECT milvus.create_collection('Select', schema => '{"fields": [
    {"name": "Order", "type": 5, "is_primary": true}, {"name": "user", "type": 21, "max_length": 9, "default_value": "a''b\";--\\"},
    {"name": "v", "type": 101, "dim": 2}]}');
INSERT INTO "Select" ("Order", v) VALUES (1, '[1,2]');
SELECT "user" FROM "Select";
SELECT milvus.describe_collection('Select')->'fields'->1->'default_value';
SELECT refused($$SELECT milvus.describe_collection('select')$$);
SELECT milvus.drop_collection('Select');

---------------------------------------------------------------- the short form
SELECT milvus.create_collection('short', 4, metric_type => 'L2', id_type => 'string', max_length => 20,
    primary_field_name => 'key', vector_field_name => 'v', auto_id => true);
INSERT INTO short (v) VALUES ('[1,2,3,4]'), ('[1,2,3,5]');
SELECT count(DISTINCT key), min(length(key)), max(length(key)) FROM short;
SELECT described('short');

---------------------------------------------------------------- partitions
SELECT milvus.list_partitions('everything'), milvus.has_partition('everything', '_default');
SELECT milvus.create_partition('everything', '2024-11'), milvus.create_partition('everything', '2024-11');
SELECT milvus.create_partition('everything', 'b'), milvus.list_partitions('everything');
SELECT milvus.describe_collection('everything')->'num_partitions';
\d everything
UPDATE everything SET "$partition" = 'b';
SELECT milvus.get_partition_stats('everything', '_default'), milvus.get_partition_stats('everything', 'b');
SELECT milvus.drop_partition('everything', 'b'), milvus.drop_partition('everything', 'b');
SELECT count(*), milvus.has_partition('everything', 'b') FROM everything;
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$create_partition('everything', 'a b')$$, $$create_partition('everything', '')$$,
    $$create_partition('nothing', 'a')$$, $$drop_partition('everything', '_default')$$,
    $$get_partition_stats('everything', 'b')$$, $$create_partition('everything', NULL)$$,
    $$create_partition('test.testcollection', 'a')$$, $$drop_partition('test.testcollection', '_default_1')$$]) AS call;
-- With a partition key the names stand for classes of its hash.
SELECT milvus.has_partition('test.testcollection', '_default_15'), milvus.has_partition('test.testcollection', '_default_16');
INSERT INTO test.testcollection (vector, color) SELECT array_fill(1, ARRAY[128])::vector, 'c' || i FROM generate_series(1, 40) i;
SELECT sum((milvus.get_partition_stats('test.testcollection', p)->>'row_count')::int)
    FROM jsonb_array_elements_text(milvus.list_partitions('test.testcollection')) p;

---------------------------------------------------------------- aliases
SELECT milvus.create_alias('short', 'brief'), milvus.create_alias('short', 'brief');
SELECT milvus.describe_alias('brief'), milvus.list_aliases('short'), milvus.list_aliases();
SELECT milvus.describe_collection('brief')->>'collection_name', milvus.get_collection_stats('brief');
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$create_alias('everything', 'brief')$$, $$create_alias('everything', 'short')$$, $$create_alias('everything', 'a-b')$$,
    $$create_alias('nothing', 'x')$$, $$alter_alias('short', 'nothing')$$, $$describe_alias('nothing')$$,
    $$create_collection('brief', 4)$$, $$rename_collection('everything', 'brief')$$, $$drop_collection('short')$$,
    $$drop_collection('brief')$$, $$rename_collection('brief', 'x')$$]) AS call;
SELECT milvus.alter_alias('everything', 'brief');
SELECT milvus.describe_collection('everything')->'aliases', milvus.describe_collection('short')->'aliases';
SELECT milvus.drop_alias('brief'), milvus.drop_alias('brief');
SELECT milvus.drop_collection('short'), milvus.drop_collection('short');

---------------------------------------------------------------- properties, names, rows
SELECT milvus.alter_collection_properties('everything', '{"mmap.enabled": "false", "owner": "me", "collection.ttl.seconds": "60"}');
SELECT milvus.describe_collection('everything')->'properties';
SELECT milvus.drop_collection_properties('everything', ARRAY['owner', 'unknown']);
SELECT milvus.describe_collection('everything')->'properties';
SELECT refused($$SELECT milvus.alter_collection_properties('everything', '{"collection.ttl.seconds": "soon"}')$$);
-- Rows that are older than that are not counted, and deleted when asked.
EXECUTE put('old', 1, 'x', '{}', NULL);
EXECUTE put('new', 1, 'x', '{}', NULL);
UPDATE everything SET "$ts" = milvus.timestamptz_to_ts(now() - interval '61 s') WHERE pk = 'old';
SELECT milvus.get_collection_stats('everything'), count(*) FROM everything;
SELECT milvus.purge_expired('everything');
SELECT pk FROM everything;
SELECT milvus.rename_collection('everything', 'things');
SELECT milvus.rename_collection('things', 'stuff', 'test');
SELECT milvus.list_collections('test'), milvus.get_collection_stats('test.stuff');
SELECT milvus.truncate_collection('test.stuff');
SELECT milvus.get_collection_stats('test.stuff');
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$rename_collection('nothing', 'x')$$, $$rename_collection('test.stuff', 'a b')$$,
    $$rename_collection('test.stuff', 'testcollection')$$, $$rename_collection('test.stuff', 'x', 'nowhere')$$,
    $$describe_collection('nothing')$$, $$get_collection_stats('nowhere.x')$$, $$list_collections('nowhere')$$]) AS call;

---------------------------------------------------------------- databases
SELECT milvus.describe_database('test'), milvus.describe_database('default');
SELECT milvus.alter_database_properties('test', '{"database.max.collections": 10}'), milvus.describe_database('test');
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$create_database('test')$$, $$create_database('default')$$, $$create_database('public')$$, $$create_database('a.b')$$,
    $$drop_database('test')$$, $$drop_database('default')$$, $$drop_database('nowhere')$$, $$use_database('nowhere')$$,
    $$describe_database('nowhere')$$]) AS call;
SELECT milvus.create_database('empty', '{"a": 1}'), milvus.describe_database('empty');
SELECT milvus.drop_database('empty'), milvus.list_databases();

---------------------------------------------------------------- tables changed by hand
SET search_path = test, public;
ALTER TABLE testcollection ADD COLUMN price real;
ALTER TABLE testcollection RENAME COLUMN color TO colour;
ALTER TABLE testcollection RENAME TO renamed;
SELECT described('renamed');
ALTER TABLE renamed DROP COLUMN price;
CREATE SCHEMA elsewhere;
ALTER TABLE renamed SET SCHEMA elsewhere;
SELECT milvus.list_collections('test'), milvus.list_collections('elsewhere');
SELECT jsonb_array_length(milvus.describe_collection('elsewhere.renamed')->'fields');
SELECT count(*) FROM milvus.field;
ALTER TABLE elsewhere.renamed DROP COLUMN colour;
SELECT count(*) FROM milvus.field WHERE relation = 'elsewhere.renamed'::regclass;
DROP SCHEMA elsewhere CASCADE;
DROP TABLE stuff;
SELECT (SELECT count(*) FROM milvus.collection), (SELECT count(*) FROM milvus.field), (SELECT count(*) FROM milvus.partition);
DROP SCHEMA test;
SELECT milvus.list_databases();
SET search_path = public;

---------------------------------------------------------------- tables that exist
CREATE TABLE books (isbn varchar(20) PRIMARY KEY, title text NOT NULL, price numeric, embedding vector(3), shelf bigint);
SELECT milvus.register_collection('books', partition_key_field => 'shelf', num_partitions => 4, consistency_level => 'Strong');
SELECT described('books');
-- What the comment on the primary key says comes back.
SELECT milvus.create_alias('books', 'library');
BEGIN;
DELETE FROM milvus.collection; DELETE FROM milvus.field; DELETE FROM milvus.alias;
SELECT milvus.register_collection('books');
SELECT described('books');
ROLLBACK;
CREATE TABLE nokey (a int);
CREATE TABLE twokeys (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE floatkey (a float8 PRIMARY KEY);
CREATE TEMP TABLE temporary (a int PRIMARY KEY);
CREATE VIEW looks AS SELECT * FROM books;
SELECT name, refused(format('SELECT milvus.register_collection(%L)', name)) FROM unnest(ARRAY[
    'nokey', 'twokeys', 'floatkey', 'temporary', 'looks', 'milvus.collection', 'pg_class']) AS name;

---------------------------------------------------------------- roles
CREATE ROLE regress_reader;
CREATE ROLE regress_writer;
GRANT CREATE ON SCHEMA public TO regress_writer;
SET ROLE regress_writer;
SELECT milvus.create_collection('mine', 2);
RESET ROLE;
SET ROLE regress_reader;
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$drop_collection('mine')$$, $$rename_collection('mine', 'yours')$$, $$create_partition('mine', 'p')$$,
    $$create_alias('mine', 'a')$$, $$alter_collection_properties('mine', '{}')$$, $$truncate_collection('mine')$$,
    $$register_collection('mine')$$, $$get_collection_stats('mine')$$, $$create_database('d')$$,
    $$create_collection('ours', 2)$$, $$purge_expired('mine')$$]) AS call;
-- What there is may be seen, as in pg_class; the tables of schema milvus are not to be written.
SELECT milvus.describe_collection('mine')->>'collection_name', milvus.list_collections();
SELECT call, refused(call) FROM unnest(ARRAY[
    $$UPDATE milvus.collection SET loaded = true$$, $$DELETE FROM milvus.field$$, $$TRUNCATE milvus.alias$$,
    $$INSERT INTO milvus.alias VALUES ('a', 'mine', 1)$$, $$INSERT INTO milvus.database VALUES ('public', 1, '{}', 1)$$,
    $$CREATE TABLE milvus.mine (a int)$$, $$UPDATE milvus.tick SET ts = 0$$]) AS call;
RESET ROLE;
SET ROLE regress_writer;
-- Restores write rows, by COPY or INSERT: about one's own tables only, and no name twice.
SELECT refused($$INSERT INTO milvus.alias VALUES ('a', 'books', 1)$$);
INSERT INTO milvus.alias VALUES ('inserted', 'mine', 1), ('library', 'mine', 1), ('books', 'mine', 1), ('mine', 'mine', 1);
COPY milvus.alias FROM stdin;
restored	public.mine	1
library	public.mine	1
\.
COPY milvus.alias FROM stdin;
stolen	public.books	1
\.
SELECT milvus.list_aliases('mine'), milvus.list_aliases('books');
-- Nor may a table take the name of an alias, once it is a collection.
CREATE TABLE library (id int8 PRIMARY KEY);
SELECT refused($$SELECT milvus.register_collection('library')$$), milvus.describe_alias('library')->>'collection_name';
DROP TABLE library;
SELECT refused('ALTER TABLE mine RENAME TO library');
RESET ROLE;
CREATE SCHEMA AUTHORIZATION regress_writer;
SELECT milvus.rename_collection('mine', 'mine', 'regress_writer');
SET ROLE regress_writer;
SELECT milvus.drop_alias('restored'), milvus.drop_alias('default.inserted');
SELECT milvus.rename_collection('mine', 'mine', 'regress_writer');
SELECT milvus.create_alias('regress_writer.mine', 'library');
SELECT milvus.describe_alias('regress_writer.library');
SELECT refused('ALTER TABLE regress_writer.mine SET SCHEMA public');
SELECT milvus.drop_alias('regress_writer.library');
-- An alias is a name in the schema, for whoever may make names there.
RESET ROLE;
REVOKE CREATE ON SCHEMA regress_writer FROM regress_writer;
SET ROLE regress_writer;
SELECT refused($$SELECT milvus.create_alias('regress_writer.mine', 'x')$$);
SELECT milvus.drop_collection('regress_writer.mine');
DROP SCHEMA regress_writer;
RESET ROLE;
-- Names that got two meanings all the same (a superuser may do all) are an error, not a guess.
BEGIN;
ALTER TABLE milvus.alias DISABLE TRIGGER ALL;
CREATE TABLE second (id int8 PRIMARY KEY);
SELECT milvus.register_collection('second');
INSERT INTO milvus.alias VALUES ('library', 'second', 1);
SELECT refused($$SELECT milvus.describe_collection('library')$$);
ROLLBACK;
-- What a row says is read with care.
BEGIN;
UPDATE milvus.collection SET num_partitions = 2000000000, num_shards = -1, consistency_level = 77 WHERE relation = 'books'::regclass;
SELECT d->'num_partitions', d->'num_shards', d->'consistency_level' FROM milvus.describe_collection('books') d;
ROLLBACK;
-- A comment of somebody's own on the primary key stays.
CREATE TABLE commented (id int8 CONSTRAINT commented_key PRIMARY KEY);
COMMENT ON CONSTRAINT commented_key ON commented IS 'mine';
SELECT milvus.register_collection('commented');
SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'commented_key';
DROP TABLE commented;
-- Reading alone is what a read-only transaction may do.
BEGIN READ ONLY;
SELECT refused($$SELECT milvus.alter_collection_properties('books', '{}')$$), refused($$SELECT milvus.drop_alias('library')$$);
COMMIT;
-- All collections whose metadata a dump has lost, but for its comments.
BEGIN;
DELETE FROM milvus.collection;
SELECT c.conrelid::regclass, milvus.register_collection(c.conrelid::regclass)
    FROM pg_constraint c JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_constraint'::regclass
    WHERE c.contype = 'p' AND d.description LIKE '%"vecmilvus": %' ORDER BY 1;
SELECT milvus.list_collections();
ROLLBACK;
-- Properties have limits.
SELECT refused($$SELECT milvus.alter_collection_properties('books',
    (SELECT jsonb_object_agg('p' || i, i) FROM generate_series(1, 257) i))$$);
SELECT refused($$SELECT milvus.alter_collection_properties('books', jsonb_build_object('p', repeat('x', 70000)))$$);
-- A type that goes takes a column and perhaps its table along.
CREATE SCHEMA going;
CREATE DOMAIN going.d AS int;
CREATE TABLE going.t (id int8 PRIMARY KEY, d going.d);
CREATE TABLE keeping (id int8 PRIMARY KEY, d going.d);
SELECT milvus.register_collection('going.t'), milvus.register_collection('keeping');
SET client_min_messages = warning;
DROP SCHEMA going CASCADE;
RESET client_min_messages;
SELECT milvus.describe_collection('keeping')->'fields';
DROP TABLE keeping;
REVOKE CREATE ON SCHEMA public FROM regress_writer;
DROP ROLE regress_reader, regress_writer;
DROP TABLE books, plain, nokey, twokeys, floatkey CASCADE;
SELECT (SELECT count(*) FROM milvus.collection), (SELECT count(*) FROM milvus.field), (SELECT count(*) FROM milvus.alias);
DROP FUNCTION refused, described;
