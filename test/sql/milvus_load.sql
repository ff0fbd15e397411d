-- The load state of collections; flush and compact.

\set SHOW_CONTEXT never
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

SELECT milvus.create_collection('books', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "title", "type": "FLOAT_VECTOR", "dim": 4}, {"name": "cover", "type": "BINARY_VECTOR", "dim": 8},
    {"name": "year", "type": "INT32"}]}');
SELECT milvus.get_load_state('books'), milvus.get_load_state('no_books');

---------------------------------------------------- an index on every vector field
SELECT f.* FROM failure($$SELECT milvus.load_collection('books')$$) f;
SELECT milvus.create_index('books', 'title');
SELECT f.* FROM failure($$SELECT milvus.load_collection('books')$$) f;
SELECT milvus.create_index('books', 'cover', 'BIN_FLAT');
SELECT f.* FROM failure($$SELECT milvus.refresh_load('books')$$) f;
SELECT milvus.load_collection('books');
SELECT milvus.get_load_state('books'), milvus.get_load_state('books', '_default');
SELECT milvus.load_collection('books'), milvus.refresh_load('books');
-- An index that was made by hand is as good.
SELECT milvus.release_collection('books');
SELECT milvus.drop_index('books', 'cover');
CREATE INDEX by_hand ON books USING hnsw (cover bit_jaccard_ops);
SELECT milvus.load_collection('books');
SELECT milvus.get_load_state('books');
-- The index of a loaded vector field stays, others need not.
SELECT f.* FROM unnest(ARRAY['title', 'by_hand']) name, failure(format('SELECT milvus.drop_index(''books'', %L)', name)) f;
SELECT milvus.create_index('books', 'year'), milvus.drop_index('books', 'year');
SELECT milvus.release_collection('books'), milvus.release_collection('books');
SELECT milvus.get_load_state('books');

------------------------------------------------------------------- parameters
SELECT f.* FROM unnest(ARRAY['load_collection(NULL)', 'load_collection(''no_books'')', 'load_collection(''books'', 0)',
        'load_collection(''books'', load_fields => ''{id,nothing}'')', 'load_collection(''books'', load_fields => ''{NULL}'')',
        'release_collection(''no_books'')', 'load_partitions(''books'', NULL)', 'load_partitions(''books'', ''{}'')',
        'load_partitions(''books'', ''{nothing}'')', 'load_partitions(''books'', ''{_default}'', -1)',
        'release_partitions(''books'', ''{nothing}'')', 'get_load_state(NULL)', 'get_load_state(''books'', ''nothing'')',
        'refresh_load(''no_books'')', 'flush(NULL)', 'flush(''no_books'')', 'compact(''no_books'')', 'get_compaction_state(NULL)']) call,
    failure('SELECT milvus.' || call) f;
SELECT milvus.get_load_state('books');
SELECT milvus.load_collection('books', 2, '{id,title,cover}', true, '{__default_resource_group}');
SELECT milvus.get_load_state('books');
SELECT milvus.release_collection('books');

------------------------------------------------------------------- partitions
SELECT milvus.load_partitions('books', '{_default}');
SELECT milvus.get_load_state('books');
SELECT milvus.release_partitions('books', '{_default}');
SELECT milvus.get_load_state('books');
SELECT milvus.create_partition('books', 'old'), milvus.create_partition('books', 'new-er');
CREATE FUNCTION states(OUT all_of_it text, OUT _default text, OUT old text, OUT newer text) LANGUAGE sql
    RETURN (SELECT row(milvus.get_load_state('books') ->> 'state', milvus.get_load_state('books', '_default') ->> 'state',
        milvus.get_load_state('books', 'old') ->> 'state', milvus.get_load_state('books', 'new-er') ->> 'state'));
SELECT * FROM states();
SELECT milvus.load_partitions('books', '{old,old}');
SELECT * FROM states();
SELECT loaded FROM milvus.collection WHERE relation = 'books'::regclass;
SELECT milvus.load_partitions('books', '{_default,new-er}');
SELECT * FROM states();
SELECT loaded FROM milvus.collection WHERE relation = 'books'::regclass;
SELECT milvus.release_partitions('books', '{old}');
SELECT * FROM states();
SELECT loaded FROM milvus.collection WHERE relation = 'books'::regclass;
-- All or none of the names.
SELECT f.state, f.message FROM failure($$SELECT milvus.load_partitions('books', '{old,nothing}')$$) f;
SELECT * FROM states();
SELECT milvus.release_collection('books');
SELECT * FROM states();
SELECT milvus.load_collection('books');
SELECT * FROM states();
BEGIN;
SELECT milvus.release_collection('books');
ROLLBACK;
SELECT * FROM states();
-- A partition key decides by itself.
SELECT milvus.create_collection('keyed', schema => '{"fields": [
    {"name": "id", "type": "INT64", "is_primary": true}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 4},
    {"name": "color", "type": "VARCHAR", "max_length": 20, "is_partition_key": true}]}');
SELECT milvus.create_index('keyed', 'v', 'FLAT'), milvus.load_collection('keyed');
SELECT f.* FROM unnest(ARRAY['load_partitions(''keyed'', ''{_default}'')', 'release_partitions(''keyed'', ''{_default_0}'')',
        'get_load_state(''keyed'', ''_default'')']) call, failure('SELECT milvus.' || call) f;
SELECT milvus.get_load_state('keyed');

------------------------------------------------------- an alias is as good as a name
SELECT milvus.create_alias('books', 'library');
SELECT milvus.release_collection('library');
SELECT milvus.get_load_state('books'), milvus.get_load_state('library');

-------------------------------------------- another session sees it, and a new index, at once
CREATE EXTENSION IF NOT EXISTS dblink;
SELECT dblink_connect('other', format('dbname=%L host=%L port=%s', current_database(),
    split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port')));
SELECT * FROM dblink('other', $$SELECT milvus.get_load_state('books') ->> 'state', milvus.list_indexes('books')::text$$) AS t(state text, indexes text);
SELECT milvus.create_index('books', 'year'), milvus.load_collection('books');
SELECT * FROM dblink('other', $$SELECT milvus.get_load_state('books') ->> 'state', milvus.list_indexes('books')::text$$) AS t(state text, indexes text);
SELECT dblink_disconnect('other');

------------------------------------------------------------------- pg_prewarm
CREATE SCHEMA warm;
CREATE EXTENSION pg_prewarm SCHEMA warm;
INSERT INTO books (id, title, cover, year) SELECT i, ARRAY[i, 1, 2, 3]::vector, '00001111', i FROM generate_series(1, 100) i;
SELECT milvus.refresh_load('books');
CREATE ROLE vm_load_owner;
GRANT USAGE, CREATE ON SCHEMA public TO vm_load_owner;
ALTER TABLE books OWNER TO vm_load_owner;
SET ROLE vm_load_owner;
SELECT milvus.refresh_load('books');
RESET ROLE;
-- Without the right to use it, there is nothing but a message for developers.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA warm FROM PUBLIC;
SET ROLE vm_load_owner;
SET client_min_messages = debug1;
SELECT milvus.refresh_load('books');
RESET client_min_messages;
RESET ROLE;
DROP EXTENSION pg_prewarm;

------------------------------------------------------------- flush and compact
SELECT milvus.flush('books');
SELECT milvus.compact('books') AS job, milvus.compact('books', is_clustering => true) AS other_job \gset
DO $$
BEGIN
    WHILE EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'vecmilvus compaction') LOOP
        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
    END LOOP;
END $$;
SELECT :job <> :other_job AS differ, milvus.get_compaction_state(:job), milvus.get_compaction_state(:other_job);
SELECT job, milvus.get_compaction_state(job) FROM unnest(ARRAY[0, -1, 1, 9223372036854775807]) job;

SET client_min_messages = warning;
DROP TABLE books, keyed;
DROP OWNED BY vm_load_owner;
DROP ROLE vm_load_owner;
DROP SCHEMA warm;
DROP EXTENSION dblink;
DROP FUNCTION states, failure;
