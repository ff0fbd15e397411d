-- Indexes, load state, flush and compaction of collections.

CREATE FUNCTION milvus.create_index(collection_name text, field_name text,
        index_type text DEFAULT 'AUTOINDEX', metric_type text DEFAULT NULL,
        params jsonb DEFAULT '{}', index_name text DEFAULT NULL, sync boolean DEFAULT true)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_index';
COMMENT ON FUNCTION milvus.create_index IS
    'builds the index of a field; sync => false builds it in the background after the commit';

CREATE FUNCTION milvus.drop_index(collection_name text, index_name text)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_index';
COMMENT ON FUNCTION milvus.drop_index IS
    'drops an index, ending its build if that goes on';

CREATE FUNCTION milvus.describe_index(collection_name text, index_name text)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_describe_index';
COMMENT ON FUNCTION milvus.describe_index IS
    'type, metric, parameters, state and number of rows of an index';

CREATE FUNCTION milvus.list_indexes(collection_name text, field_name text DEFAULT NULL)
    RETURNS jsonb LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_list_indexes';
COMMENT ON FUNCTION milvus.list_indexes IS
    'names of the indexes of a collection, or of one of its fields';

CREATE FUNCTION milvus.alter_index_properties(collection_name text, index_name text, properties jsonb)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_alter_index_properties';
COMMENT ON FUNCTION milvus.alter_index_properties IS
    'sets properties of an index, of which there is mmap.enabled';

CREATE FUNCTION milvus.drop_index_properties(collection_name text, index_name text, property_keys text[])
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_index_properties';
COMMENT ON FUNCTION milvus.drop_index_properties IS
    'removes properties of an index';

CREATE FUNCTION milvus.load_collection(collection_name text, replica_number integer DEFAULT NULL,
        load_fields text[] DEFAULT NULL, skip_load_dynamic_field boolean DEFAULT NULL,
        resource_groups text[] DEFAULT NULL)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_load_collection';
COMMENT ON FUNCTION milvus.load_collection IS
    'lets a collection be searched; every vector field must have an index';

CREATE FUNCTION milvus.release_collection(collection_name text)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_release_collection';
COMMENT ON FUNCTION milvus.release_collection IS
    'lets a collection and its partitions not be searched any more';

CREATE FUNCTION milvus.load_partitions(collection_name text, partition_names text[],
        replica_number integer DEFAULT NULL, load_fields text[] DEFAULT NULL,
        skip_load_dynamic_field boolean DEFAULT NULL, resource_groups text[] DEFAULT NULL)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_load_partitions';
COMMENT ON FUNCTION milvus.load_partitions IS
    'lets some partitions of a collection be searched';

CREATE FUNCTION milvus.release_partitions(collection_name text, partition_names text[])
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_release_partitions';
COMMENT ON FUNCTION milvus.release_partitions IS
    'lets some partitions of a collection not be searched any more';

CREATE FUNCTION milvus.get_load_state(collection_name text, partition_name text DEFAULT NULL)
    RETURNS jsonb LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_get_load_state';
COMMENT ON FUNCTION milvus.get_load_state IS
    'whether a collection, or one of its partitions, is loaded: Loaded, NotLoad or NotExist';

CREATE FUNCTION milvus.refresh_load(collection_name text)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_refresh_load';
COMMENT ON FUNCTION milvus.refresh_load IS
    'reads a loaded collection into memory again, where extension pg_prewarm is installed';

CREATE FUNCTION milvus.flush(collection_name text)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_flush';
COMMENT ON FUNCTION milvus.flush IS
    'does nothing beyond checking the name: what is committed is durable';

CREATE FUNCTION milvus.flush_all()
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_flush_all';
COMMENT ON FUNCTION milvus.flush_all IS
    'does nothing: what is committed is durable';

CREATE FUNCTION milvus.get_flush_all_state()
    RETURNS boolean LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_get_flush_all_state';
COMMENT ON FUNCTION milvus.get_flush_all_state IS
    'true: what is committed is durable';

CREATE FUNCTION milvus.compact(collection_name text, is_clustering boolean DEFAULT false)
    RETURNS bigint LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_compact';
COMMENT ON FUNCTION milvus.compact IS
    'vacuums a collection in the background after the commit and returns the number of the job';

CREATE FUNCTION milvus.get_compaction_state(job_id bigint)
    RETURNS text LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_get_compaction_state';
COMMENT ON FUNCTION milvus.get_compaction_state IS
    'Executing, Completed, or UndefiedState (Milvus''s spelling) for a number that is no job''s';
