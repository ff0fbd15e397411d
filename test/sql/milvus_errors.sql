-- Errors of schema milvus that no other test meets; docs/errors.md has them all.
SET client_min_messages = warning;
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ': ' || sqlerrm;
END $$;

SELECT refused(format('SELECT milvus.create_collection(%L, schema => %L, num_partitions => %L)', 'c', schema, count)) FROM (VALUES
    ('{"fields": [{"name": "id", "type": 5, "is_primary": true, "default_value": 1}, {"name": "v", "type": 101, "dim": 4}]}', NULL),
    ('{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 5, "is_partition_key": true, "nullable": true}, {"name": "v", "type": 101, "dim": 4}]}', NULL),
    ('{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 5, "is_partition_key": true}, {"name": "q", "type": 5, "is_partition_key": true}, {"name": "v", "type": 101, "dim": 4}]}', NULL),
    ('{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 5, "is_partition_key": true}, {"name": "v", "type": 101, "dim": 4}]}', 1025),
    ('{"fields": [{"name": "id", "type": 5, "is_primary": true}, {"name": "p", "type": 5, "is_partition_key": true}, {"name": "v", "type": 101, "dim": 4}]}', 0)) t (schema, count);
SELECT refused($$SELECT milvus.create_collection('c', schema => '{"fields": [{"name": "id", "type": 5, "is_primary": true},
    {"name": "v", "type": 101, "dim": 4}]}', index_params => '{"index_type": "HNSW"}')$$);

-- Where no dump would find it.
SET search_path = pg_temp, public;
SELECT regexp_replace(refused($$SELECT milvus.create_collection('c', 4)$$), 'temp_\d+', 'temp_N');
RESET search_path;
SELECT milvus.create_collection('c', 4);
SELECT refused($$SELECT milvus.rename_collection('c', 'd', 'pg_catalog')$$), refused($$SELECT milvus.rename_collection('c', 'd', 'milvus')$$);
SELECT call, refused('SELECT milvus.' || call) FROM unnest(ARRAY[
    $$alter_collection_properties('c', NULL)$$, $$alter_database_properties('default', NULL)$$, $$register_collection(NULL)$$,
    $$drop_collection_properties('c', '{a,NULL}')$$]) AS call;

-- A partition of a loaded collection is loaded.
SELECT milvus.create_partition('c', 'p');
SELECT refused($$SELECT milvus.drop_partition('c', 'p')$$);
-- 1,024 of them, then no more.
DO $$ BEGIN
    FOR i IN 3..1024 LOOP PERFORM milvus.create_partition('c', 'p' || i); END LOOP;
END $$;
SELECT jsonb_array_length(milvus.list_partitions('c')), refused($$SELECT milvus.create_partition('c', 'one_more')$$);
SELECT milvus.release_collection('c');

-- 64 databases, then no more.
DO $$ BEGIN
    FOR i IN 1..64 LOOP PERFORM milvus.create_database('regress_db' || i); END LOOP;
END $$;
SELECT refused($$SELECT milvus.create_database('regress_db65')$$);
DO $$ BEGIN
    FOR i IN 1..64 LOOP PERFORM milvus.drop_database('regress_db' || i); END LOOP;
END $$;

-- Tables that were changed until they are no collections any more.
CREATE TABLE odd (id bigint PRIMARY KEY, price numeric, embedding vector);
SELECT milvus.register_collection('odd');
SELECT refused($$SELECT milvus.create_index('odd', 'embedding')$$), refused($$SELECT milvus.create_index('odd', 'price')$$);
COMMENT ON CONSTRAINT odd_pkey ON odd IS '{"vecmilvus": 2}';
SELECT refused($$SELECT milvus.register_collection('odd')$$);
COMMENT ON CONSTRAINT odd_pkey ON odd IS 'a "vecmilvus" that is no JSON';
SELECT refused($$SELECT milvus.register_collection('odd')$$);
ALTER TABLE odd DROP CONSTRAINT odd_pkey;
SELECT refused($$SELECT milvus.describe_collection('odd')$$);
DROP TABLE odd;
SELECT milvus.drop_collection('c');
DROP FUNCTION refused;
