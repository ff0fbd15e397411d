-- The timestamp oracle, where the library is not preloaded: the page is it.
SELECT version, epoch FROM milvus.tick;

-- rising and new, single and in one statement
SELECT milvus.current_ts() AS a \gset
SELECT milvus.next_id() AS b \gset
SELECT milvus.statement_ts() AS c \gset
SELECT milvus.next_id() AS d \gset
SELECT :a < :b AND :b < :c AND :c < :d AS rising, :a > 1::bigint << 53 AS above_2_53;
SELECT count(DISTINCT ts), bool_and(ts > before) AS rising
FROM (SELECT ts, lag(ts, 1, :d) OVER (ORDER BY i) AS before
    FROM (SELECT i, milvus.next_id() AS ts FROM generate_series(1, 10000) i) s) s;
-- the next statement begins above what the last one had reserved
SELECT milvus.current_ts() - :d > 10000 AS above;
SELECT version, timeline > 0 AS timeline, ts > :d AS ts, ts_limit > ts AS ts_limit, promoted_ts
FROM milvus.tick;

-- one timestamp for a statement, whatever its triggers do
CREATE TABLE oracle_log (ts bigint DEFAULT milvus.statement_ts());
CREATE TABLE oracle_rows (id bigint DEFAULT milvus.next_id(), ts bigint DEFAULT milvus.statement_ts(),
    batch int);
CREATE FUNCTION oracle_trigger() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO oracle_log DEFAULT VALUES; RETURN new; END $$;
CREATE TRIGGER t BEFORE INSERT ON oracle_rows FOR EACH ROW EXECUTE FUNCTION oracle_trigger();
INSERT INTO oracle_rows (batch) SELECT 1 FROM generate_series(1, 100);
BEGIN;
INSERT INTO oracle_rows (batch) SELECT 2 FROM generate_series(1, 100);
INSERT INTO oracle_rows (batch) VALUES (3), (3);
COMMIT;
COPY oracle_rows (batch) FROM stdin;
4
4
\.
SELECT batch, count(*), count(DISTINCT id) AS ids, count(DISTINCT ts) AS timestamps
FROM oracle_rows GROUP BY batch ORDER BY batch;
SELECT max(ts) FILTER (WHERE batch = 1) < min(ts) FILTER (WHERE batch = 2)
    AND max(ts) FILTER (WHERE batch = 2) < min(ts) FILTER (WHERE batch = 3)
    AND max(ts) FILTER (WHERE batch = 3) < min(ts) FILTER (WHERE batch = 4) AS rising
FROM oracle_rows;
SELECT milvus.statement_ts() = milvus.statement_ts() AS same;

-- conversions
SET timezone = 'UTC';
SELECT milvus.timestamptz_to_ts('1970-01-01 00:00:00+00') AS zero,
    milvus.timestamptz_to_ts('1970-01-01 00:00:00.001999+00') AS one_ms,
    milvus.timestamptz_to_ts('2024-02-29 12:34:56.789+00') AS leap;
SELECT milvus.ts_to_timestamptz(0), milvus.ts_to_timestamptz(262143), milvus.ts_to_timestamptz(262144),
    milvus.ts_to_timestamptz(milvus.timestamptz_to_ts('2024-02-29 12:34:56.789+00')),
    milvus.ts_to_timestamptz(9223372036854775807);
SELECT milvus.timestamptz_to_ts(milvus.ts_to_timestamptz(9223372036854775807)) >> 18 AS last_ms;
SELECT milvus.ts_to_timestamptz(NULL) IS NULL AND milvus.timestamptz_to_ts(NULL) IS NULL AS strict;
SELECT milvus.ts_to_timestamptz(-1);
SELECT milvus.timestamptz_to_ts('1969-12-31 23:59:59.999999+00');
SELECT milvus.timestamptz_to_ts('3100-01-01 00:00:00+00');
SELECT milvus.timestamptz_to_ts('infinity');
SELECT milvus.timestamptz_to_ts('-infinity');
RESET timezone;

-- a draw takes no transaction id, and needs a transaction that may write
BEGIN;
SELECT milvus.next_id() > 0 AS drawn, pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;
BEGIN READ ONLY;
SELECT milvus.next_id();
ROLLBACK;
BEGIN READ ONLY;
SELECT milvus.statement_ts();
ROLLBACK;

-- a role without privileges inserts through the defaults; the table is not its
CREATE ROLE regress_vm_oracle;
CREATE TABLE oracle_granted (id bigint DEFAULT milvus.next_id(), ts bigint DEFAULT milvus.statement_ts(),
    n int);
GRANT INSERT, SELECT ON oracle_granted TO regress_vm_oracle;
SET ROLE regress_vm_oracle;
INSERT INTO oracle_granted (n) VALUES (1), (2);
SELECT count(DISTINCT id), count(DISTINCT ts) FROM oracle_granted;
SELECT count(*) FROM milvus.tick;
UPDATE milvus.tick SET ts_limit = 0;
DELETE FROM milvus.tick;
INSERT INTO milvus.tick SELECT * FROM milvus.tick;
TRUNCATE milvus.tick;
SELECT * FROM milvus.tick FOR UPDATE;
BEGIN;
LOCK milvus.tick IN EXCLUSIVE MODE;
ROLLBACK;
RESET ROLE;

-- rewriting the table, and vacuuming it, keeps the order
SELECT milvus.next_id() AS a \gset
VACUUM FULL milvus.tick;
SELECT milvus.next_id() AS b \gset
VACUUM (FREEZE) milvus.tick;
SELECT milvus.next_id() AS c \gset
SELECT :a < :b AND :b < :c AS rising;

-- a row that somebody has changed is refused, not followed
BEGIN;
UPDATE milvus.tick SET ts_limit = 0;
SELECT milvus.next_id();
ROLLBACK;
VACUUM FULL milvus.tick;
SELECT milvus.next_id() > :c AS rising;
BEGIN;
TRUNCATE milvus.tick;
SELECT milvus.next_id();
ROLLBACK;
CREATE TEMP TABLE kept AS SELECT * FROM milvus.tick;
BEGIN;
TRUNCATE milvus.tick;
UPDATE kept SET version = 2;
INSERT INTO milvus.tick SELECT * FROM kept;
COMMIT;
SELECT milvus.next_id();
BEGIN;
TRUNCATE milvus.tick;
UPDATE kept SET version = 1, ts_limit = -ts_limit;
INSERT INTO milvus.tick SELECT * FROM kept;
COMMIT;
SELECT milvus.next_id();
BEGIN;
TRUNCATE milvus.tick;
UPDATE kept SET ts_limit = -ts_limit;
INSERT INTO milvus.tick SELECT * FROM kept;
COMMIT;
SELECT milvus.next_id() > :c AS rising;

DROP TABLE oracle_log, oracle_rows, oracle_granted, kept;
DROP FUNCTION oracle_trigger();
DROP ROLE regress_vm_oracle;
