-- Schema milvus: searches and queries. They are STABLE and see what their statement
-- sees, with the caller's rights.

CREATE FUNCTION milvus.search(
    collection_name text, data anyelement, anns_field text DEFAULT NULL, topk integer DEFAULT 10,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, skip integer DEFAULT 0,
    round_decimal integer DEFAULT -1, group_by_field text DEFAULT NULL, group_size integer DEFAULT 1,
    strict_group_size boolean DEFAULT false, consistency_level text DEFAULT NULL)
    RETURNS TABLE (query integer, id bigint, pk text, distance double precision, entity jsonb)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vm_milvus_search';
COMMENT ON FUNCTION milvus.search(text, anyelement, text, integer, text, jsonb, text[], jsonb, text[], integer, integer, text, integer, boolean, text) IS
    'the nearest rows to a vector, or to each of an array of vectors; query counts them from 0';
-- A bare literal, and vectors as JSON text.
CREATE FUNCTION milvus.search(
    collection_name text, data text, anns_field text DEFAULT NULL, topk integer DEFAULT 10,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, skip integer DEFAULT 0,
    round_decimal integer DEFAULT -1, group_by_field text DEFAULT NULL, group_size integer DEFAULT 1,
    strict_group_size boolean DEFAULT false, consistency_level text DEFAULT NULL)
    RETURNS TABLE (query integer, id bigint, pk text, distance double precision, entity jsonb)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vm_milvus_search';
COMMENT ON FUNCTION milvus.search(text, text, text, integer, text, jsonb, text[], jsonb, text[], integer, integer, text, integer, boolean, text) IS
    'the nearest rows to a vector in text, or to each of a JSON array of vectors';

CREATE FUNCTION milvus.query(
    collection_name text, filter text DEFAULT '', filter_params jsonb DEFAULT NULL,
    output_fields text[] DEFAULT NULL, max_rows integer DEFAULT NULL, skip integer DEFAULT 0,
    partition_names text[] DEFAULT NULL, consistency_level text DEFAULT NULL)
    RETURNS TABLE (id bigint, pk text, entity jsonb)
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 AS 'MODULE_PATHNAME', 'vm_milvus_query';
COMMENT ON FUNCTION milvus.query IS
    'the rows for which a filter holds, by their keys; output_fields {count(*)} counts them';

CREATE FUNCTION milvus.hybrid_search(
    collection_name text, reqs jsonb, ranker jsonb DEFAULT '{"strategy": "rrf"}', topk integer DEFAULT 10,
    output_fields text[] DEFAULT NULL, partition_names text[] DEFAULT NULL, skip integer DEFAULT 0,
    round_decimal integer DEFAULT -1, consistency_level text DEFAULT NULL)
    RETURNS TABLE (query integer, id bigint, pk text, distance double precision, entity jsonb)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000 AS 'MODULE_PATHNAME', 'vm_milvus_hybrid_search';
COMMENT ON FUNCTION milvus.hybrid_search IS
    'several searches (data, anns_field, search_params, limit, filter) in one order, by a ranker: rrf or weighted';

---------------------------------------------------------------- iterators
-- Cursors of the current transaction, to FETCH from in batches of any size.
CREATE FUNCTION milvus.make_entity(relation oid, fields text[], with_key boolean, VARIADIC columns "any")
    RETURNS jsonb LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_make_entity';
COMMENT ON FUNCTION milvus.make_entity IS
    'an entity of the columns of the fields of a collection, for the statements of iterators';
CREATE FUNCTION milvus.query_iterator(
    collection_name text, filter text DEFAULT '', filter_params jsonb DEFAULT NULL,
    output_fields text[] DEFAULT NULL, max_rows integer DEFAULT NULL, partition_names text[] DEFAULT NULL,
    consistency_level text DEFAULT NULL, cursor_name text DEFAULT NULL)
    RETURNS refcursor LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_query_iterator';
COMMENT ON FUNCTION milvus.query_iterator IS
    'opens a cursor over what milvus.query gives: id, pk, entity, by their keys, of one snapshot';
CREATE FUNCTION milvus.search_iterator(
    collection_name text, data anyelement, anns_field text DEFAULT NULL, max_rows integer DEFAULT NULL,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, round_decimal integer DEFAULT -1,
    consistency_level text DEFAULT NULL, cursor_name text DEFAULT NULL)
    RETURNS refcursor LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_search_iterator';
COMMENT ON FUNCTION milvus.search_iterator(text, anyelement, text, integer, text, jsonb, text[], jsonb, text[], integer, text, text) IS
    'opens a cursor over all rows by their distance from a vector: id, pk, distance, entity, of one snapshot';
CREATE FUNCTION milvus.search_iterator(
    collection_name text, data text, anns_field text DEFAULT NULL, max_rows integer DEFAULT NULL,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, round_decimal integer DEFAULT -1,
    consistency_level text DEFAULT NULL, cursor_name text DEFAULT NULL)
    RETURNS refcursor LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_search_iterator';
COMMENT ON FUNCTION milvus.search_iterator(text, text, text, integer, text, jsonb, text[], jsonb, text[], integer, text, text) IS
    'opens a cursor over all rows by their distance from a vector in text';

---------------------------------------------------------------- plans
CREATE FUNCTION milvus.explain_search(
    collection_name text, data anyelement, anns_field text DEFAULT NULL, topk integer DEFAULT 10,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, skip integer DEFAULT 0,
    round_decimal integer DEFAULT -1, group_by_field text DEFAULT NULL, group_size integer DEFAULT 1,
    strict_group_size boolean DEFAULT false, consistency_level text DEFAULT NULL, "analyze" boolean DEFAULT false)
    RETURNS SETOF text LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_explain_search';
COMMENT ON FUNCTION milvus.explain_search(text, anyelement, text, integer, text, jsonb, text[], jsonb, text[], integer, integer, text, integer, boolean, text, boolean) IS
    'the statements that milvus.search runs for these arguments, and their plans';
CREATE FUNCTION milvus.explain_search(
    collection_name text, data text, anns_field text DEFAULT NULL, topk integer DEFAULT 10,
    filter text DEFAULT NULL, filter_params jsonb DEFAULT NULL, output_fields text[] DEFAULT NULL,
    search_params jsonb DEFAULT '{}', partition_names text[] DEFAULT NULL, skip integer DEFAULT 0,
    round_decimal integer DEFAULT -1, group_by_field text DEFAULT NULL, group_size integer DEFAULT 1,
    strict_group_size boolean DEFAULT false, consistency_level text DEFAULT NULL, "analyze" boolean DEFAULT false)
    RETURNS SETOF text LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_explain_search';
COMMENT ON FUNCTION milvus.explain_search(text, text, text, integer, text, jsonb, text[], jsonb, text[], integer, integer, text, integer, boolean, text, boolean) IS
    'the statements that milvus.search runs for these arguments, and their plans, for a vector in text';
