-- The alias extension "vector": vecmilvus under pgvector's name.
-- complain if the script is sourced in psql rather than by CREATE EXTENSION
\echo Use "CREATE EXTENSION vector" to load this file. \quit

-- It owns nothing. It only makes sure that what a dump calls SCHEMA.vector is
-- where the dump says.
CREATE FUNCTION vecmilvus_check_alias(name) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL SAFE AS '$libdir/vecmilvus', 'vm_check_alias';
SELECT @extschema@.vecmilvus_check_alias(pg_catalog.current_schema());
DROP FUNCTION vecmilvus_check_alias(name);
