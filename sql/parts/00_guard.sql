-- vecmilvus 0.1.0
-- complain if the script is sourced in psql rather than by CREATE EXTENSION
\echo Use "CREATE EXTENSION vecmilvus" to load this file. \quit

-- One database holds pgvector or vecmilvus. Say so before "type already exists" does.
CREATE FUNCTION vecmilvus_refuse_pgvector() RETURNS void
    LANGUAGE C VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_refuse_pgvector';
SELECT @extschema@.vecmilvus_refuse_pgvector();
DROP FUNCTION vecmilvus_refuse_pgvector();

-- Planner support: what a distance costs, by dimension and storage.
CREATE FUNCTION vecmilvus_vector_cost(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_vector_cost';
CREATE FUNCTION vecmilvus_halfvec_cost(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_halfvec_cost';
CREATE FUNCTION vecmilvus_sparsevec_cost(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_sparsevec_cost';
CREATE FUNCTION vecmilvus_bit_cost(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_bit_cost';
