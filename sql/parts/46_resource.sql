-- Resource groups and replicas: what is about the machines of a Milvus cluster.
-- Stored and reported; the one node that there is is this server.

---------------------------------------------------------------- resource groups
CREATE FUNCTION milvus.create_resource_group(name text, config jsonb DEFAULT '{}') RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_create_resource_group';
COMMENT ON FUNCTION milvus.create_resource_group IS 'notes a resource group of this database; it has no node';
CREATE FUNCTION milvus.drop_resource_group(name text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_drop_resource_group';
COMMENT ON FUNCTION milvus.drop_resource_group IS 'removes a resource group that nothing refers to';
CREATE FUNCTION milvus.update_resource_groups(configs jsonb) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_update_resource_groups';
COMMENT ON FUNCTION milvus.update_resource_groups IS 'replaces configurations of resource groups, given by their names';
CREATE FUNCTION milvus.list_resource_groups() RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_list_resource_groups';
COMMENT ON FUNCTION milvus.list_resource_groups IS 'names of the resource groups, __default_resource_group first';
CREATE FUNCTION milvus.describe_resource_group(name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_describe_resource_group';
COMMENT ON FUNCTION milvus.describe_resource_group IS
    'a resource group''s configuration, loaded replicas and nodes, as Milvus''s client shows them';

---------------------------------------------------------------- replicas
CREATE FUNCTION milvus.describe_replica(collection_name text) RETURNS jsonb
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_describe_replica';
COMMENT ON FUNCTION milvus.describe_replica IS
    'the replicas that a loaded collection was asked for, with their resource groups; each is this server';
CREATE FUNCTION milvus.transfer_replica(
    source_group text, target_group text, collection_name text, num_replicas integer) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_transfer_replica';
COMMENT ON FUNCTION milvus.transfer_replica IS 'notes another resource group for replicas of a loaded collection';

---------------------------------------------------------------- the server
CREATE FUNCTION milvus.get_server_version() RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_get_server_version';
COMMENT ON FUNCTION milvus.get_server_version IS 'versions of this extension and of PostgreSQL';
CREATE FUNCTION milvus.get_server_type() RETURNS text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_get_server_type';
COMMENT ON FUNCTION milvus.get_server_type IS 'vecmilvus, which is neither milvus nor zilliz';
