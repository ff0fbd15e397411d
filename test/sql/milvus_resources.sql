-- What is about the machines of a Milvus cluster: resource groups, replicas,
-- load parameters; properties of fields, indexes and databases.

\set SHOW_CONTEXT never
CREATE FUNCTION failure(statement text) RETURNS TABLE (state text, message text)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'ok', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    RETURN NEXT;
END $$;
-- One line of a group, without what differs from server to server.
CREATE FUNCTION show(name text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', d ->> 'capacity', d ->> 'num_available_node', d -> 'num_loaded_replica', d -> 'num_outgoing_node',
        d -> 'num_incoming_node', jsonb_array_length(d -> 'nodes'), d -> 'config')
    FROM milvus.describe_resource_group(name) d $$;
CREATE FUNCTION replicas(collection text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', r ->> 'resource_group', r -> 'group_nodes', r -> 'num_outbound_node'), ', ' ORDER BY i)
    FROM jsonb_array_elements(milvus.describe_replica(collection)) WITH ORDINALITY e (r, i) $$;

--------------------------------------------------------------- resource groups
SELECT milvus.list_resource_groups();
SELECT show('__default_resource_group');
SELECT n ->> 'node_id' AS id, n ->> 'address' = (n ->> 'hostname') || ':' || current_setting('port') AS address, n ->> 'hostname' <> '' AS host
    FROM jsonb_array_elements(milvus.describe_resource_group('__default_resource_group') -> 'nodes') n;
SELECT milvus.create_resource_group('rg1'), milvus.create_resource_group('rg2',
    '{"requests": {"node_num": 1}, "limits": {"node_num": "2"}, "transfer_from": [{"resource_group": "rg1"}], "node_filter": {"node_labels": [{"key": "a", "value": "b"}]}}');
SELECT milvus.list_resource_groups();
SELECT name, show(name) FROM unnest(ARRAY['rg1', 'rg2']) name;
-- The same again is no error, another one is.
SELECT milvus.create_resource_group('rg1', '{"requests": {"node_num": 0}, "limits": {"node_num": 0}}');
SELECT call, f.* FROM unnest(ARRAY['create_resource_group(NULL)', 'create_resource_group('''')', 'create_resource_group(''a-b'')',
        'create_resource_group(''__default_resource_group'')', 'create_resource_group(''rg2'')', 'create_resource_group(''rg3'', ''[]'')',
        'create_resource_group(''rg3'', ''{"requests": {"node_num": 1}}'')', 'create_resource_group(''rg3'', ''{"requests": 1, "limits": 2}'')',
        'create_resource_group(''rg3'', ''{"requests": {"node_num": -1}, "limits": {"node_num": 2}}'')',
        'create_resource_group(''rg3'', ''{"requests": {"node_num": 3}, "limits": {"node_num": 2}}'')',
        'create_resource_group(''rg3'', ''{"requests": {"node_num": 1}, "limits": {"node_num": 99999999999}}'')',
        'create_resource_group(''rg3'', ''{"nodes": 3}'')',
        'create_resource_group(''rg3'', ''{"requests": {}, "limits": {}, "transfer_to": ["rg3"]}'')',
        'create_resource_group(''rg3'', ''{"requests": {}, "limits": {}, "transfer_to": ["rg4"]}'')',
        'create_resource_group(''rg3'', ''{"requests": {}, "limits": {}, "transfer_to": [5]}'')',
        'create_resource_group(''rg3'', ''{"requests": {}, "limits": {}, "transfer_to": {"a": 1}}'')',
        'create_resource_group(''rg3'', jsonb_build_object(''node_filter'', repeat(''x'', 70000)))',
        'update_resource_groups(NULL)', 'update_resource_groups(''[]'')', 'update_resource_groups(''{"nothing": {}}'')',
        'update_resource_groups(''{"rg1": {"requests": {"node_num": 1}, "limits": {"node_num": 1}}, "rg2": 3}'')',
        'describe_resource_group(NULL)', 'describe_resource_group(''nothing'')', 'drop_resource_group(NULL)',
        'drop_resource_group(''__default_resource_group'')', 'drop_resource_group(''rg1'')', 'drop_resource_group(''rg2'')',
        'drop_resource_group(''nothing'')']) call,
    failure('SELECT milvus.' || call) f;
-- All or nothing; the default group, too.
SELECT show('rg1');
SELECT milvus.update_resource_groups('{"rg1": {"requests": {"node_num": 1}, "limits": {"node_num": 1}},
    "__default_resource_group": {"requests": {"node_num": 1}, "limits": {"node_num": 1}, "transfer_to": [{"resource_group": "rg1"}]}}');
SELECT milvus.list_resource_groups();
SELECT name, show(name) FROM unnest(ARRAY['__default_resource_group', 'rg1']) name;
SELECT milvus.update_resource_groups('{"rg1": {}, "rg2": {"requests": {"node_num": 0}, "limits": {"node_num": 0}, "transfer_from": ["rg1"]}}');
SELECT f.* FROM failure($$SELECT milvus.drop_resource_group('rg1')$$) f;
SELECT milvus.update_resource_groups('{"rg2": {}, "__default_resource_group": {"requests": {"node_num": 0}, "limits": {"node_num": 1000000}}}');

------------------------------------------------- who may create in the database
CREATE ROLE vm_resource_reader;
CREATE ROLE vm_resource_writer;
SELECT format('GRANT CREATE ON DATABASE %I TO vm_resource_writer', current_database()) \gexec
SET ROLE vm_resource_reader;
SELECT milvus.list_resource_groups();
SELECT show('rg1');
SELECT call, f.state, regexp_replace(f.message, current_database(), 'DATABASE') AS message FROM unnest(ARRAY['create_resource_group(''rg3'')', 'drop_resource_group(''rg1'')',
        'update_resource_groups(''{"rg1": {}}'')']) call, failure('SELECT milvus.' || call) f;
INSERT INTO milvus.resource_group VALUES ('rg4', '{}');
SELECT f.* FROM unnest(ARRAY['UPDATE milvus.resource_group SET config = ''{}''', 'DELETE FROM milvus.resource_group']) s, failure(s) f;
SET ROLE vm_resource_writer;
SELECT milvus.create_resource_group('rg3'), milvus.drop_resource_group('rg3');
-- As a restore writes it: what a row says harms nobody.
INSERT INTO milvus.resource_group VALUES ('rg4', '[]'), ('rg5', '{"limits": 7, "transfer_from": [1, {"resource_group": 3}], "transfer_to": {"a": "b"}}');
RESET ROLE;
SELECT milvus.list_resource_groups(), show('rg4'), show('rg5');
SELECT milvus.create_resource_group('rg6'), milvus.drop_resource_group('rg6');
SELECT milvus.drop_resource_group('rg4'), milvus.drop_resource_group('rg5');
CREATE TABLE groups (resource_group name);
CREATE TRIGGER wrong AFTER INSERT ON groups FOR EACH ROW EXECUTE FUNCTION milvus.check_restored_group();
SELECT f.* FROM failure($$INSERT INTO groups VALUES ('a')$$) f;
DROP TABLE groups;

--------------------------------------------------------------- replicas
SELECT milvus.create_collection('books', num_shards => 2, schema => '{"enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "title", "type": "FLOAT_VECTOR", "dim": 4},
    {"name": "lang", "type": "VARCHAR", "max_length": 8, "is_partition_key": true},
    {"name": "year", "type": "INT32", "is_clustering_key": true}, {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 4, "max_length": 8}]}');
SELECT milvus.create_index('books', 'title', 'HNSW', 'L2', '{"M": 8, "efConstruction": 40}');
SELECT f.* FROM unnest(ARRAY['describe_replica(''books'')', 'transfer_replica(''rg1'', ''rg2'', ''books'', 1)']) call, failure('SELECT milvus.' || call) f;
SELECT milvus.load_collection('books');
SELECT replicas('books');
SELECT jsonb_array_length(r -> 'shards') AS shards, r #>> '{shards,1,channel_name}' = (d ->> 'collection_id') || 'v1' AS channel, r #> '{shards,1,shard_nodes}' AS nodes,
    r #> '{shards,1,shard_leader}' AS leader, (r ->> 'replica_id')::bigint > (d ->> 'collection_id')::bigint AS id
    FROM milvus.describe_collection('books') d, jsonb_array_elements(milvus.describe_replica('books')) r;
SELECT call, f.* FROM unnest(ARRAY['load_collection(''books'', 0)', 'load_collection(''books'', 1025)', 'load_collection(''books'', 2147483647)',
        'load_collection(''books'', resource_groups => ''{nothing}'')', 'load_collection(''books'', 3, resource_groups => ''{rg1,rg2}'')',
        'load_collection(''books'', resource_groups => ''{rg1,NULL}'')',
        'load_collection(''books'', load_fields => ''{id,lang,year,nothing}'')', 'load_collection(''books'', load_fields => ''{title,lang,year}'')',
        'load_collection(''books'', load_fields => ''{id,title,year}'')', 'load_collection(''books'', load_fields => ''{id,title,lang}'')',
        'load_collection(''books'', load_fields => ''{id,lang,year}'')']) call, failure('SELECT milvus.' || call) f;
SELECT replicas('books');
-- Loaded again with others; what is not said stays, the first replicas keep their ids.
SELECT milvus.describe_replica('books') #>> '{0,replica_id}' AS first \gset
SELECT milvus.load_collection('books', 2, '{id,lang,year,title}', true, '{rg1}');
SELECT replicas('books'), milvus.describe_replica('books') #>> '{0,replica_id}' = :'first' AS same,
    milvus.describe_replica('books') #>> '{0,replica_id}' <> milvus.describe_replica('books') #>> '{1,replica_id}' AS differ;
SELECT milvus.load_collection('books');
SELECT load_params -> 'load_fields' AS fields, load_params -> 'skip_load_dynamic_field' AS skip, jsonb_array_length(load_params -> 'replicas') AS replicas
    FROM milvus.collection WHERE relation = 'books'::regclass;
SELECT milvus.load_collection('books', 3, resource_groups => '{rg1,rg2,__default_resource_group}');
SELECT replicas('books');
SELECT name, show(name) FROM unnest(ARRAY['__default_resource_group', 'rg1', 'rg2']) name;
SELECT f.* FROM failure($$SELECT milvus.drop_resource_group('rg1')$$) f;
SELECT call, f.* FROM unnest(ARRAY['transfer_replica(NULL, ''rg2'', ''books'', 1)', 'transfer_replica(''nothing'', ''rg2'', ''books'', 1)',
        'transfer_replica(''rg2'', ''nothing'', ''books'', 1)', 'transfer_replica(''rg2'', ''rg2'', ''books'', 1)', 'transfer_replica(''rg1'', ''rg2'', ''no_books'', 1)',
        'transfer_replica(''rg1'', ''rg2'', ''books'', 0)', 'transfer_replica(''rg1'', ''rg2'', ''books'', 2)',
        'transfer_replica(''rg1'', ''rg2'', ''books'', 1)', 'transfer_replica(''rg2'', ''__default_resource_group'', ''books'', 2)']) call,
    failure('SELECT milvus.' || call) f;
SELECT replicas('books');
SELECT milvus.transfer_replica('__default_resource_group', 'rg1', 'books', 1);
SELECT replicas('books');
-- From another database the collection's name has its own.
SELECT milvus.create_database('elsewhere');
SET search_path = elsewhere, public;
SELECT show('rg1');
RESET search_path;
-- Released is forgotten; groups that are gone are the default one's.
SELECT milvus.release_collection('books');
SELECT load_params FROM milvus.collection WHERE relation = 'books'::regclass;
SELECT show('rg1');
SELECT milvus.load_collection('books');
SELECT replicas('books');
UPDATE milvus.collection SET load_params = '{"replicas": [{"id": 5, "resource_group": "gone"}, {"resource_group": "rg1"}, 7], "load_fields": ["id", 3, "gone"], "skip_load_dynamic_field": 1}'
    WHERE relation = 'books'::regclass;
SELECT replicas('books'), milvus.describe_replica('books') #> '{0,replica_id}' AS id;
SELECT milvus.load_collection('books');
SELECT replicas('books');
SELECT load_params -> 'load_fields' AS fields, load_params -> 'skip_load_dynamic_field' AS skip FROM milvus.collection WHERE relation = 'books'::regclass;
UPDATE milvus.collection SET load_params = v::jsonb FROM (VALUES ('7'), ('[]'), ('{"replicas": {}}'), ('{"replicas": 3, "load_fields": "x"}')) t (v)
    WHERE relation = 'books'::regclass;
SELECT replicas('books');
SELECT milvus.release_collection('books');

--------------------------------------------- what properties say where a call does not
SELECT milvus.alter_database_properties('default', '{"database.replica.number": 2, "database.resource_groups": "rg1, rg2", "note": 1}');
SELECT milvus.load_collection('books');
SELECT replicas('books');
SELECT milvus.release_collection('books');
SELECT milvus.alter_collection_properties('books', '{"collection.replica.number": 1, "collection.resource_groups": "rg2"}');
SELECT milvus.load_collection('books');
SELECT replicas('books');
SELECT milvus.release_collection('books');
SELECT milvus.alter_collection_properties('books', '{"collection.replica.number": "many"}');
SELECT f.* FROM failure($$SELECT milvus.load_collection('books')$$) f;
SELECT milvus.drop_collection_properties('books', '{collection.replica.number,collection.resource_groups}');
SELECT milvus.drop_database_properties('default', '{database.replica.number,database.resource_groups,nothing}');
SELECT milvus.describe_database('default');
SELECT call, f.* FROM unnest(ARRAY['drop_database_properties(NULL, ''{a}'')', 'drop_database_properties(''nothing'', ''{a}'')', 'drop_database_properties(''default'', ''{NULL}'')']) call,
    failure('SELECT milvus.' || call) f;
-- Which makes no database of a schema that is none.
CREATE SCHEMA vm_plain;
SELECT milvus.drop_database_properties('vm_plain', '{a}'), milvus.list_databases();
DROP SCHEMA vm_plain;
SET ROLE vm_resource_reader;
SELECT f.* FROM failure($$SELECT milvus.drop_database_properties('elsewhere', '{a}')$$) f;
SELECT f.* FROM unnest(ARRAY['load_collection(''books'')', 'transfer_replica(''rg1'', ''rg2'', ''books'', 1)', 'alter_collection_field(''books'', ''lang'', ''{}'')',
    'alter_index_properties(''books'', ''title'', ''{}'')']) call, failure('SELECT milvus.' || call) f;
RESET ROLE;

--------------------------------------------------------------- partitions
SELECT milvus.create_collection('parts', 4);
SELECT milvus.release_collection('parts'), milvus.create_partition('parts', 'left');
SELECT f.* FROM failure($$SELECT milvus.load_partitions('parts', '{left}', resource_groups => '{nothing}')$$) f;
SELECT milvus.load_partitions('parts', '{left}', 2, resource_groups => '{rg2}');
SELECT replicas('parts');
SELECT milvus.load_partitions('parts', '{_default}');
SELECT replicas('parts');
SELECT milvus.release_partitions('parts', '{left}');
SELECT replicas('parts');
SELECT milvus.release_partitions('parts', '{_default}');
SELECT f.* FROM failure($$SELECT milvus.describe_replica('parts')$$) f;
SELECT load_params FROM milvus.collection WHERE relation = 'parts'::regclass;
-- In a dump of the one table.
SELECT milvus.load_collection('parts', 2, resource_groups => '{rg1,rg2}');
SELECT milvus.register_collection('parts');
SELECT milvus.get_load_state('parts'), load_params -> 'replicas' -> 1 -> 'resource_group' AS second FROM milvus.collection WHERE relation = 'parts'::regclass;
SELECT milvus.load_collection('parts');
SELECT replicas('parts');

--------------------------------------------------------------- fields
CREATE FUNCTION columns(relation regclass) RETURNS TABLE (name name, type text, "collation" name) LANGUAGE sql AS $$
    SELECT attname, format_type(atttypid, atttypmod), collname FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation
    WHERE attrelid = relation AND attnum > 0 AND atttypmod <> -1 ORDER BY attnum $$;
CREATE FUNCTION checks(relation regclass) RETURNS TABLE (name name, definition text) LANGUAGE sql AS $$
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = relation AND contype = 'c' ORDER BY 1 $$;
INSERT INTO books (id, title, lang, year, tags) VALUES (1, '[1,2,3,4]', 'deutsch', 1, '{a,b,cdef}'), (2, '[1,2,3,4]', 'äöü', 1, '{}');
ALTER TABLE books ADD CONSTRAINT own CHECK (octet_length(lang) < 1000), ADD CONSTRAINT sized CHECK (cardinality(tags) < 100);
SELECT * FROM columns('books');
SELECT milvus.alter_collection_field('books', 'lang', '{"max_length": 16, "mmap.enabled": true}');
SELECT milvus.alter_collection_field('books', 'tags', '{"max_capacity": "8", "max_length": 16}');
SELECT * FROM columns('books');
SELECT * FROM checks('books');
SELECT f ->> 'name' AS name, f -> 'params' AS params FROM jsonb_array_elements(milvus.describe_collection('books') -> 'fields') f;
SELECT milvus.insert('books', '{"id": 3, "title": [1,2,3,4], "lang": "0123456789abcdef", "year": 1, "tags": ["0123456789abcdef","","","","","","",""]}') -> 'insert_count' AS n;
SELECT f.* FROM unnest(ARRAY['"lang": "0123456789abcdef0", "tags": []', '"lang": "", "tags": ["0123456789abcdef0"]', '"lang": "", "tags": ["","","","","","","","",""]']) row,
    failure(format('SELECT milvus.insert(''books'', ''{"id": 4, "title": [1,2,3,4], "year": 1, %s}'')', row)) f;
SELECT f.* FROM failure($$INSERT INTO books (id, title, lang, year, tags) VALUES (4, '[1,2,3,4]', 'ääääääääää', 1, '{}')$$) f;
-- Smaller, where all rows fit.
SELECT call, f.* FROM unnest(ARRAY['''lang'', ''{"max_length": 15}''', '''tags'', ''{"max_capacity": 7}''', '''tags'', ''{"max_length": 15}''']) call,
    failure('SELECT milvus.alter_collection_field(''books'', ' || call || ')') f;
DELETE FROM books WHERE id = 3;
SELECT milvus.alter_collection_field('books', 'lang', '{"max_length": 7}'), milvus.alter_collection_field('books', 'tags', '{"max_capacity": 3}'),
    milvus.alter_collection_field('books', 'tags', '{"max_length": 4}');
SELECT * FROM columns('books');
SELECT * FROM checks('books');
SELECT f.* FROM failure($$SELECT milvus.insert('books', '{"id": 4, "title": [1,2,3,4], "lang": "01234567", "year": 1, "tags": []}')$$) f;
SELECT id, lang, tags FROM books ORDER BY id;
-- Reported, and part of the schema: the same create again succeeds.
SELECT milvus.create_collection('books', num_shards => 2, schema => '{"enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "title", "type": "FLOAT_VECTOR", "dim": 4},
    {"name": "lang", "type": "VARCHAR", "max_length": 7, "is_partition_key": true, "mmap.enabled": true},
    {"name": "year", "type": "INT32", "is_clustering_key": true}, {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 3, "max_length": 4}]}');
SELECT milvus.alter_collection_field('books', 'title', '{"mmap.enabled": "false"}'), milvus.alter_collection_field('books', 'title', '{}');
SELECT milvus.describe_collection('books') #> '{fields,1,params}' AS params;
SELECT call, f.* FROM unnest(ARRAY['''nothing'', ''{"mmap.enabled": true}''', 'NULL, ''{}''', '''lang'', NULL', '''lang'', ''[]''', '''year'', ''{"max_length": 5}''',
        '''lang'', ''{"max_capacity": 5}''', '''lang'', ''{"max_length": 0}''', '''lang'', ''{"max_length": 65536}''', '''lang'', ''{"max_length": "x"}''',
        '''tags'', ''{"max_capacity": 5000}''', '''lang'', ''{"dim": 5}''', '''lang'', ''{"mmap.enabled": "perhaps"}''', '''lang'', ''{"max_length": null}''']) call,
    failure('SELECT milvus.alter_collection_field(''books'', ' || call || ')') f;
-- A primary key and its comment; a table that was made by hand, and its collation.
SELECT milvus.create_collection('named', 4, id_type => 'VARCHAR', max_length => 10);
SELECT milvus.alter_collection_field('named', 'id', '{"max_length": 20}');
SELECT * FROM columns('named');
SELECT * FROM checks('named');
SELECT obj_description(oid, 'pg_constraint') LIKE '%"vecmilvus": 1%' AS memento FROM pg_constraint WHERE conrelid = 'named'::regclass AND contype = 'p';
CREATE TABLE "by ""hand" (id bigint PRIMARY KEY, "the text" text COLLATE "POSIX", list text[]);
SELECT milvus.register_collection('"by ""hand"');
INSERT INTO "by ""hand" VALUES (1, 'text', '{one,two}');
SELECT milvus.alter_collection_field('by "hand', 'the text', '{"max_length": 5}'), milvus.alter_collection_field('by "hand', 'list', '{"max_capacity": 2}');
SELECT * FROM columns('"by ""hand"');
SELECT * FROM checks('"by ""hand"');
DROP TABLE "by ""hand";

--------------------------------------------------------------- indexes
SELECT milvus.alter_index_properties('books', 'title', '{"mmap.enabled": true}');
SELECT milvus.describe_index('books', 'title') -> 'mmap.enabled' AS mmap, milvus.describe_index('books', 'title') -> 'M' AS m;
-- The same index still.
SELECT milvus.create_index('books', 'title', 'HNSW', 'L2', '{"M": 8, "efConstruction": 40}');
SELECT milvus.drop_index_properties('books', 'title', '{mmap.enabled}');
SELECT milvus.describe_index('books', 'title') -> 'mmap.enabled' AS mmap, milvus.describe_index('books', 'title') -> 'M' AS m;
SELECT call, f.* FROM unnest(ARRAY['alter_index_properties(''books'', ''nothing'', ''{}'')', 'alter_index_properties(''books'', ''title'', ''{"M": 4}'')',
        'alter_index_properties(''books'', ''title'', ''{"mmap.enabled": "perhaps"}'')', 'alter_index_properties(''books'', ''title'', NULL)',
        'alter_index_properties(''books'', ''title'', ''[1]'')', 'alter_index_properties(''books'', NULL, ''{}'')',
        'drop_index_properties(''books'', ''title'', ''{M}'')', 'drop_index_properties(''books'', ''nothing'', ''{mmap.enabled}'')']) call,
    failure('SELECT milvus.' || call) f;
CREATE INDEX by_hand ON books USING btree (year);
SELECT milvus.alter_index_properties('books', 'by_hand', '{"mmap.enabled": "true"}');
SELECT milvus.list_indexes('books'), milvus.describe_index('books', 'by_hand') - 'total_rows' - 'indexed_rows';
SELECT milvus.drop_index('books', 'by_hand');
SELECT milvus.list_indexes('books');

--------------------------------------------------------------- the server
SELECT milvus.get_server_version() LIKE 'vecmilvus ' || extversion || ' on PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) || '%' AS version, milvus.get_server_type()
    FROM pg_extension WHERE extname = 'vecmilvus';
SELECT milvus.flush_all(), milvus.get_flush_all_state();
BEGIN READ ONLY;
SELECT f.* FROM unnest(ARRAY['create_resource_group(''rg7'')', 'update_resource_groups(''{"rg1": {}}'')', 'drop_resource_group(''rg1'')', 'drop_resource_group(''nothing'')']) call,
    failure('SELECT milvus.' || call) f;
ROLLBACK;

-- As many groups as Milvus has.
SELECT count(milvus.create_resource_group('many' || i)) FROM generate_series(1, 1021) i;
SELECT f.* FROM failure($$SELECT milvus.create_resource_group('one_more')$$) f;
SELECT count(milvus.drop_resource_group('many' || i)) FROM generate_series(1, 1021) i;

SET client_min_messages = warning;
DROP TABLE books, parts, named;
SELECT milvus.drop_resource_group('rg1'), milvus.drop_resource_group('rg2');
DELETE FROM milvus.resource_group;
SELECT milvus.drop_database_properties('default', '{note}'), milvus.drop_database('elsewhere');
DELETE FROM milvus.database WHERE database = 'public';
SELECT format('REVOKE ALL ON DATABASE %I FROM vm_resource_writer', current_database()) \gexec
DROP ROLE vm_resource_reader, vm_resource_writer;
DROP FUNCTION failure, show, replicas, columns, checks;
