-- The timestamp oracle: src/consistency/README.md tells what its page holds. The
-- library changes the one row in place; nobody else may write it.
CREATE TABLE milvus.tick (
    version integer NOT NULL,
    timeline integer NOT NULL,
    ts bigint NOT NULL,
    ts_limit bigint NOT NULL,
    promoted_ts bigint NOT NULL,
    epoch bigint NOT NULL,
    reserved1 bigint NOT NULL,
    reserved2 bigint NOT NULL,
    reserved3 bigint NOT NULL,
    reserved4 bigint NOT NULL,
    reserved5 bigint NOT NULL,
    reserved6 bigint NOT NULL,
    reserved7 bigint NOT NULL,
    reserved8 bigint NOT NULL
);
COMMENT ON TABLE milvus.tick IS 'newest timestamp and its reservation, written by vecmilvus itself';
INSERT INTO milvus.tick VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
REVOKE ALL ON milvus.tick FROM PUBLIC;
GRANT SELECT ON milvus.tick TO PUBLIC;

-- Hybrid timestamps, milliseconds since 1970 << 18 | counter. Whoever may insert
-- into a table whose default draws one needs no privilege on milvus.tick.
CREATE FUNCTION milvus.current_ts() RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_current_ts';
COMMENT ON FUNCTION milvus.current_ts() IS 'draw a new timestamp, above all that were drawn before';
CREATE FUNCTION milvus.next_id() RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_next_id';
COMMENT ON FUNCTION milvus.next_id() IS 'a new timestamp as an identifier: the default of auto_id columns';
CREATE FUNCTION milvus.statement_ts() RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vm_statement_ts';
COMMENT ON FUNCTION milvus.statement_ts() IS 'timestamp of the statement, one for all of its rows';
CREATE FUNCTION milvus.ts_to_timestamptz(ts bigint) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_ts_to_timestamptz';
COMMENT ON FUNCTION milvus.ts_to_timestamptz(bigint) IS 'time of a timestamp, to the millisecond';
CREATE FUNCTION milvus.timestamptz_to_ts(at timestamptz) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_timestamptz_to_ts';
COMMENT ON FUNCTION milvus.timestamptz_to_ts(timestamptz) IS
    'smallest timestamp of a time''s millisecond';
