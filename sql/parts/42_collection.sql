-- Schema milvus: collections, partitions, aliases, databases. Names, parameters
-- and results are those of Milvus's client; what it gives back as None is void.

-- Called by the CHECK of an ARRAY field.
CREATE FUNCTION milvus.array_fits(value anyarray, capacity integer, max_bytes integer) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_array_fits';
COMMENT ON FUNCTION milvus.array_fits(anyarray, integer, integer) IS
    'whether an array has at most capacity elements, none null, none longer than max_bytes (0: any)';

---------------------------------------------------------------- triggers
CREATE FUNCTION milvus.check_restored() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_check_restored';
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.collection FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.field FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.partition FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.alias FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.index FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.database FOR EACH ROW EXECUTE FUNCTION milvus.check_restored();

-- A group's row is about the database, in which the role must be able to create.
CREATE FUNCTION milvus.check_restored_group() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_check_restored_group';
CREATE TRIGGER check_restored BEFORE INSERT ON milvus.resource_group FOR EACH ROW EXECUTE FUNCTION milvus.check_restored_group();

-- A publication of all tables has these, too; a subscriber keeps its own.
CREATE FUNCTION milvus.skip_replicated() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_skip_replicated';
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.collection FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.collection ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.field FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.field ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.partition FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.partition ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.alias FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.alias ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.index FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.index ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.database FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.database ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.resource_group FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.resource_group ENABLE ALWAYS TRIGGER skip_replicated;
CREATE TRIGGER skip_replicated BEFORE INSERT OR UPDATE OR DELETE ON milvus.tick FOR EACH ROW EXECUTE FUNCTION milvus.skip_replicated();
ALTER TABLE milvus.tick ENABLE ALWAYS TRIGGER skip_replicated;

-- For restores by a table's owner; the trigger leaves out what is not the role's.
GRANT INSERT ON milvus.collection, milvus.field, milvus.partition, milvus.alias, milvus.index,
    milvus.database, milvus.resource_group TO PUBLIC;

CREATE FUNCTION milvus.forget_dropped() RETURNS event_trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_forget_dropped';
CREATE FUNCTION milvus.follow_rename() RETURNS event_trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_follow_rename';
CREATE EVENT TRIGGER vecmilvus_forget_dropped ON sql_drop
    EXECUTE FUNCTION milvus.forget_dropped();
CREATE EVENT TRIGGER vecmilvus_follow_rename ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'ALTER INDEX', 'ALTER SCHEMA')
    EXECUTE FUNCTION milvus.follow_rename();

---------------------------------------------------------------- collections
CREATE FUNCTION milvus.create_collection(
    collection_name text, dimension integer DEFAULT NULL, schema jsonb DEFAULT NULL,
    index_params jsonb DEFAULT NULL, metric_type text DEFAULT 'COSINE',
    primary_field_name text DEFAULT 'id', id_type text DEFAULT 'INT64',
    vector_field_name text DEFAULT 'vector', auto_id boolean DEFAULT NULL,
    enable_dynamic_field boolean DEFAULT NULL, consistency_level text DEFAULT 'Bounded',
    num_partitions integer DEFAULT NULL, num_shards integer DEFAULT 1,
    properties jsonb DEFAULT '{}', description text DEFAULT '', max_length integer DEFAULT 65535)
    RETURNS void LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_collection';
COMMENT ON FUNCTION milvus.create_collection IS
    'creates a collection in the current schema: of a key and a vector (dimension), or by a schema';

CREATE FUNCTION milvus.drop_collection(collection_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_collection';
COMMENT ON FUNCTION milvus.drop_collection IS 'drops a collection, its table and its rows';
CREATE FUNCTION milvus.has_collection(collection_name text) RETURNS boolean
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_has_collection';
COMMENT ON FUNCTION milvus.has_collection IS 'whether a collection or an alias has that name';
CREATE FUNCTION milvus.rename_collection(old_name text, new_name text, target_db text DEFAULT '') RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_rename_collection';
COMMENT ON FUNCTION milvus.rename_collection IS
    'renames a collection, and moves it to another database if one is given';
CREATE FUNCTION milvus.truncate_collection(collection_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_truncate_collection';
COMMENT ON FUNCTION milvus.truncate_collection IS 'removes all rows of a collection';
CREATE FUNCTION milvus.describe_collection(collection_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_describe_collection';
COMMENT ON FUNCTION milvus.describe_collection IS 'a collection''s fields and properties, as Milvus''s client shows them';
CREATE FUNCTION milvus.list_collections(db_name text DEFAULT NULL) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_list_collections';
COMMENT ON FUNCTION milvus.list_collections IS 'names of the collections of a database, the current one by default';
CREATE FUNCTION milvus.get_collection_stats(collection_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_get_collection_stats';
COMMENT ON FUNCTION milvus.get_collection_stats IS 'row_count: rows counted, not estimated, without expired ones';
CREATE FUNCTION milvus.alter_collection_properties(collection_name text, properties jsonb) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_alter_collection_properties';
COMMENT ON FUNCTION milvus.alter_collection_properties IS 'sets properties of a collection; others stay';
CREATE FUNCTION milvus.drop_collection_properties(collection_name text, property_keys text[]) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_collection_properties';
COMMENT ON FUNCTION milvus.drop_collection_properties IS 'removes properties of a collection';
CREATE FUNCTION milvus.alter_collection_field(collection_name text, field_name text, field_params jsonb) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_alter_collection_field';
COMMENT ON FUNCTION milvus.alter_collection_field IS
    'changes max_length, max_capacity or mmap.enabled of a field; rows that do not fit are an error';
CREATE FUNCTION milvus.register_collection(
    relation regclass, partition_key_field text DEFAULT NULL, num_partitions integer DEFAULT NULL,
    consistency_level text DEFAULT NULL, properties jsonb DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_register_collection';
COMMENT ON FUNCTION milvus.register_collection IS
    'makes a collection of a table with a primary key; restores what pg_dump of single tables loses';
CREATE FUNCTION milvus.purge_expired(collection_name text) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_purge_expired';
COMMENT ON FUNCTION milvus.purge_expired IS
    'deletes rows older than collection.ttl.seconds now, and says how many';

---------------------------------------------------------------- partitions
CREATE FUNCTION milvus.create_partition(collection_name text, partition_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_partition';
COMMENT ON FUNCTION milvus.create_partition IS 'adds a partition: a value of the column "$partition"';
CREATE FUNCTION milvus.drop_partition(collection_name text, partition_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_partition';
COMMENT ON FUNCTION milvus.drop_partition IS 'drops a released partition and deletes its rows';
CREATE FUNCTION milvus.has_partition(collection_name text, partition_name text) RETURNS boolean
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_has_partition';
COMMENT ON FUNCTION milvus.has_partition IS 'whether a collection has that partition';
CREATE FUNCTION milvus.list_partitions(collection_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_list_partitions';
COMMENT ON FUNCTION milvus.list_partitions IS 'names of the partitions of a collection';
CREATE FUNCTION milvus.get_partition_stats(collection_name text, partition_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_get_partition_stats';
COMMENT ON FUNCTION milvus.get_partition_stats IS 'row_count of a partition, counted';

---------------------------------------------------------------- aliases
CREATE FUNCTION milvus.create_alias(collection_name text, alias text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_alias';
COMMENT ON FUNCTION milvus.create_alias IS 'gives a collection a second name, which all calls take';
CREATE FUNCTION milvus.alter_alias(collection_name text, alias text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_alter_alias';
COMMENT ON FUNCTION milvus.alter_alias IS 'points an alias to another collection';
CREATE FUNCTION milvus.drop_alias(alias text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_alias';
COMMENT ON FUNCTION milvus.drop_alias IS 'removes an alias';
CREATE FUNCTION milvus.describe_alias(alias text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_describe_alias';
COMMENT ON FUNCTION milvus.describe_alias IS 'the collection and database of an alias';
CREATE FUNCTION milvus.list_aliases(collection_name text DEFAULT NULL) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_list_aliases';
COMMENT ON FUNCTION milvus.list_aliases IS 'aliases of a collection, or of the current database';

---------------------------------------------------------------- databases
CREATE FUNCTION milvus.create_database(db_name text, properties jsonb DEFAULT '{}') RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_database';
COMMENT ON FUNCTION milvus.create_database IS 'creates a schema that is a Milvus database';
CREATE FUNCTION milvus.drop_database(db_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_database';
COMMENT ON FUNCTION milvus.drop_database IS 'drops a database that holds nothing';
CREATE FUNCTION milvus.list_databases() RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_list_databases';
COMMENT ON FUNCTION milvus.list_databases IS 'names of the databases; "default" is schema public';
CREATE FUNCTION milvus.describe_database(db_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_describe_database';
COMMENT ON FUNCTION milvus.describe_database IS 'name and properties of a database';
CREATE FUNCTION milvus.alter_database_properties(db_name text, properties jsonb) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_alter_database_properties';
COMMENT ON FUNCTION milvus.alter_database_properties IS 'sets properties of a database; others stay';
CREATE FUNCTION milvus.drop_database_properties(db_name text, property_keys text[]) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_database_properties';
COMMENT ON FUNCTION milvus.drop_database_properties IS 'removes properties of a database';
CREATE FUNCTION milvus.use_database(db_name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_use_database';
COMMENT ON FUNCTION milvus.use_database IS 'makes a database the current one: sets search_path for the session';
