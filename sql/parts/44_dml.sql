-- Schema milvus: rows of collections. Statements run with the caller's rights,
-- and a write is one statement: all of its rows, or none.

---------------------------------------------------------------- writing
-- data is a JSON object or an array of them. The text variant is the fast one:
-- vectors never become jsonb's numbers. A literal and an untyped parameter choose it.
CREATE FUNCTION milvus.insert(collection_name text, data text, partition_name text DEFAULT NULL)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_insert';
COMMENT ON FUNCTION milvus.insert(text, text, text) IS
    'inserts rows given as JSON text; returns insert_count, ids, cost and timestamp';
CREATE FUNCTION milvus.insert(collection_name text, data jsonb, partition_name text DEFAULT NULL)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_insert_jsonb';
COMMENT ON FUNCTION milvus.insert(text, jsonb, text) IS
    'inserts rows given as jsonb; returns insert_count, ids, cost and timestamp';

CREATE FUNCTION milvus.upsert(
    collection_name text, data text, partition_name text DEFAULT NULL,
    partial_update boolean DEFAULT false)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_upsert';
COMMENT ON FUNCTION milvus.upsert(text, text, text, boolean) IS
    'inserts rows given as JSON text, or replaces those of the same key; partial_update changes the given fields only';
CREATE FUNCTION milvus.upsert(
    collection_name text, data jsonb, partition_name text DEFAULT NULL,
    partial_update boolean DEFAULT false)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_upsert_jsonb';
COMMENT ON FUNCTION milvus.upsert(text, jsonb, text, boolean) IS
    'inserts rows given as jsonb, or replaces those of the same key; partial_update changes the given fields only';

CREATE FUNCTION milvus.delete(
    collection_name text, ids jsonb DEFAULT NULL, filter text DEFAULT NULL,
    partition_name text DEFAULT NULL, filter_params jsonb DEFAULT NULL)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_delete';
COMMENT ON FUNCTION milvus.delete(text, jsonb, text, text, jsonb) IS
    'deletes rows by their keys or a filter; returns delete_count, cost and timestamp';

CREATE FUNCTION milvus.insert_sample(collection_name text, n integer, seed integer DEFAULT NULL)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_milvus_insert_sample';
COMMENT ON FUNCTION milvus.insert_sample(text, integer, integer) IS
    'inserts n generated rows, the same ones for the same seed; returns what milvus.insert does';

---------------------------------------------------------------- reading
CREATE FUNCTION milvus.get(
    collection_name text, ids jsonb, output_fields text[] DEFAULT NULL,
    partition_names text[] DEFAULT NULL, consistency_level text DEFAULT NULL)
    RETURNS TABLE (id bigint, pk text, entity jsonb)
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_milvus_get';
COMMENT ON FUNCTION milvus.get(text, jsonb, text[], text[], text) IS
    'rows by their keys, in the order of the keys; missing ones are left out';
