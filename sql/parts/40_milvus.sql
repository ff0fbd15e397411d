-- Schema milvus: Milvus's model on ordinary tables. This file has its catalog;
-- the functions follow.

CREATE SCHEMA milvus;
GRANT USAGE ON SCHEMA milvus TO PUBLIC;

-- INT8 of Milvus: PostgreSQL's smallest integer has two bytes.
CREATE DOMAIN milvus.tinyint AS smallint CHECK (VALUE BETWEEN -128 AND 127);

-- One row a collection. What the table itself says is not here.
CREATE TABLE milvus.collection (
    relation regclass PRIMARY KEY,
    collection_id bigint NOT NULL,
    auto_id boolean NOT NULL,
    loaded boolean NOT NULL,
    consistency_level smallint NOT NULL,
    num_shards integer NOT NULL,
    num_partitions integer NOT NULL,
    properties jsonb NOT NULL,
    functions jsonb NOT NULL,
    created_ts bigint NOT NULL,
    updated_ts bigint NOT NULL,
    load_params jsonb NOT NULL
);
COMMENT ON TABLE milvus.collection IS 'collections: tables with Milvus''s model';

-- What a column's type, default and comment do not say.
CREATE TABLE milvus.field (
    relation regclass,
    name name,
    is_partition_key boolean NOT NULL,
    is_clustering_key boolean NOT NULL,
    params jsonb NOT NULL,
    PRIMARY KEY (relation, name)
);

CREATE TABLE milvus.partition (
    relation regclass,
    name name,
    partition_id bigint NOT NULL,
    loaded boolean NOT NULL,
    created_ts bigint NOT NULL,
    PRIMARY KEY (relation, name)
);

-- An alias belongs to the schema of its collection.
CREATE TABLE milvus.alias (
    alias name,
    relation regclass,
    created_ts bigint NOT NULL,
    PRIMARY KEY (alias, relation)
);

-- What was asked for; pg_name is the index that stands for it.
CREATE TABLE milvus.index (
    relation regclass,
    name name,
    field name NOT NULL,
    index_id bigint NOT NULL,
    index_type text NOT NULL,
    metric_type text NOT NULL,
    params jsonb NOT NULL,
    pg_name name NOT NULL,
    state smallint NOT NULL,
    fail_reason text NOT NULL,
    builder_pid integer NOT NULL,
    builder_start timestamptz NOT NULL,
    created_ts bigint NOT NULL,
    PRIMARY KEY (relation, name)
);

-- Schemas that were created as databases; "default" is schema public. By name:
-- pg_upgrade refuses columns of type regnamespace.
CREATE TABLE milvus.database (
    database name PRIMARY KEY,
    database_id bigint NOT NULL,
    properties jsonb NOT NULL,
    created_ts bigint NOT NULL
);

-- What Milvus calls groups of nodes; __default_resource_group needs no row.
CREATE TABLE milvus.resource_group (
    resource_group name PRIMARY KEY,
    config jsonb NOT NULL
);

GRANT SELECT ON milvus.collection, milvus.field, milvus.partition, milvus.alias, milvus.index,
    milvus.database, milvus.resource_group TO PUBLIC;

-- Dumped with the extension; restored by COPY, which the trigger below lets the
-- owner of the table in question do and nobody else (COLL-3).
SELECT pg_catalog.pg_extension_config_dump('milvus.collection',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('milvus.field',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('milvus.partition',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('milvus.alias',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('milvus.index',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('milvus.database',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) database)');
SELECT pg_catalog.pg_extension_config_dump('milvus.resource_group', '');
