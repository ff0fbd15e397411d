-- An index as part of a table's life, for one access method: the variable am
-- names it, with_options is an index's WITH clause or empty. The tables are so
-- small that an approximate search is exact. What the verifier only notes (rows
-- of severity notice) depends on which transactions run elsewhere.
SET client_min_messages = warning;
SET enable_seqscan = off;

---------------------------------------------------------------- rows
CREATE TABLE life (id int PRIMARY KEY, v vector(3), note text);
INSERT INTO life SELECT i, ARRAY[i, i % 3, 0], 'row ' || i FROM generate_series(1, 20) i;
CREATE INDEX life_v ON life USING :am (v vector_l2_ops) :with_options;
EXPLAIN (COSTS OFF) SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 3;
SELECT id, v <-> '[4,1.25,0]' AS distance FROM life ORDER BY v <-> '[4,1.25,0]' LIMIT 3;
-- no row after the last, no row twice
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM life ORDER BY v <-> '[4.2,0,0]') s;

-- inserted rows are found, those of a rolled back transaction are not
INSERT INTO life VALUES (101, '[4.3,0,0]', 'new'), (102, NULL, 'null');
BEGIN;
INSERT INTO life VALUES (103, '[4.2,0,0]', 'aborted');
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;
SAVEPOINT s;
DELETE FROM life WHERE id = 101;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;
ROLLBACK TO s;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;
ROLLBACK;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;

-- NULL is in no index, and as a query it has no order but all indexed rows
SELECT count(*) FROM (SELECT id FROM life ORDER BY v <-> '[0,0,0]') s;
SELECT count(*), min(id), max(id), count(distance) FROM (SELECT id,
    v <-> (SELECT NULL::vector) AS distance FROM life ORDER BY v <-> (SELECT NULL::vector)) s;

-- an update moves the vector, or leaves it alone, or takes it away
UPDATE life SET v = '[4.25,0,0]' WHERE id = 20;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 3;
SELECT count(*) FROM (SELECT id FROM life ORDER BY v <-> '[20,2,0]') s;
UPDATE life SET note = note || '!', id = id + 1000 WHERE id IN (5, 101);
SELECT id, note FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 4;
UPDATE life SET note = repeat('x', 200) || id WHERE id < 20;
UPDATE life SET note = repeat('y', 200) || id WHERE id < 20;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM life ORDER BY v <-> '[4.2,0,0]') s;
UPDATE life SET v = NULL WHERE id = 1101;
UPDATE life SET v = '[4.1,0,0]' WHERE id = 102;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 3;

-- INSERT ... ON CONFLICT
INSERT INTO life VALUES (1, '[4.2,0,0]', 'conflict') ON CONFLICT DO NOTHING;
SELECT id FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;
INSERT INTO life VALUES (1, '[4.2,0,0]', 'conflict') ON CONFLICT (id) DO UPDATE
    SET v = excluded.v, note = excluded.note;
SELECT id, note FROM life ORDER BY v <-> '[4.2,0,0]' LIMIT 2;
INSERT INTO life VALUES (2, '[0,0,0]', 'conflict') ON CONFLICT (id) DO UPDATE SET note = 'kept';
SELECT id, note FROM life ORDER BY v <-> '[2,2,0]' LIMIT 1;
MERGE INTO life USING (VALUES (3, '[3,0,0.5]'::vector), (1103, '[3,0,0.25]')) w(id, v)
    ON life.id = w.id WHEN MATCHED THEN UPDATE SET v = w.v
    WHEN NOT MATCHED THEN INSERT VALUES (w.id, w.v, 'merged');
SELECT id, v FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;

-- deleted rows, before vacuum and after it, and what takes their places
DELETE FROM life WHERE id BETWEEN 2 AND 9;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
VACUUM life;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
INSERT INTO life SELECT i, ARRAY[i, i % 3, 0], 'again' FROM generate_series(2, 9) i;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM life ORDER BY v <-> '[4.2,0,0]') s;
SELECT * FROM vecmilvus_check_index('life_v', true) WHERE severity <> 'notice';
DELETE FROM life;
VACUUM life;
SELECT * FROM vecmilvus_check_index('life_v', true) WHERE severity <> 'notice';
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
INSERT INTO life SELECT i, ARRAY[i, i % 3, 0], 'third' FROM generate_series(1, 20) i;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;

---------------------------------------------------------------- the whole table
TRUNCATE life;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
INSERT INTO life SELECT i, ARRAY[i, i % 3, 0], 'row ' || i FROM generate_series(1, 20) i;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
BEGIN;
TRUNCATE life;
INSERT INTO life VALUES (1, '[3,0,0]', 'only');
SELECT id, note FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
ROLLBACK;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
REINDEX INDEX life_v;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
REINDEX TABLE life;
REINDEX INDEX CONCURRENTLY life_v;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
VACUUM FULL life;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
ALTER TABLE life ALTER COLUMN v TYPE vector(2) USING subvector(v, 1, 2);
SELECT id FROM life ORDER BY v <-> '[3.1,0]' LIMIT 3;
ALTER TABLE life ALTER COLUMN v TYPE vector(3) USING v || '[0]';
ALTER TABLE life SET UNLOGGED;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
SELECT * FROM vecmilvus_check_index('life_v', true) WHERE severity <> 'notice';
ALTER TABLE life SET LOGGED;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
ANALYZE life;
DROP INDEX life_v;
CREATE INDEX CONCURRENTLY life_v ON life USING :am (v vector_l2_ops) :with_options;
SELECT indisvalid, indisready FROM pg_index WHERE indexrelid = 'life_v'::regclass;
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
SELECT * FROM vecmilvus_check_index('life_v', true) WHERE severity <> 'notice';
DROP INDEX CONCURRENTLY life_v;
CREATE INDEX IF NOT EXISTS life_v ON life USING :am (v vector_l2_ops) :with_options;
CREATE INDEX IF NOT EXISTS life_v ON life USING :am (v vector_l2_ops) :with_options;
ALTER INDEX life_v RENAME TO life_renamed;
ALTER INDEX life_renamed RENAME TO life_v;

---------------------------------------------------------------- plans
-- DESC, another operator, another type or an unknown order: not this index
EXPLAIN (COSTS OFF) SELECT id FROM life WHERE v <-> '[3.1,0,0]' < 3 ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
SELECT id FROM (SELECT id, v <-> '[3.1,0,0]' AS d FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3) s
    ORDER BY d DESC, id;
EXPLAIN (COSTS OFF) SELECT id FROM life ORDER BY '[3.1,0,0]'::vector <-> v LIMIT 3;
CREATE FUNCTION uses_index(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    shape text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ '(Index|Bitmap|Seq) ' THEN
            shape := shape || regexp_replace(line, '.*?((Index|Bitmap|Seq).*)', ' \1');
        END IF;
    END LOOP;
    RETURN ltrim(shape);
END $$;
SELECT query, uses_index(query) FROM (VALUES
    ('SELECT v FROM life ORDER BY v <-> ''[3.1,0,0]'''),
    ('SELECT v FROM life ORDER BY v <-> ''[3.1,0,0]'' DESC'),
    ('SELECT v FROM life ORDER BY v <-> ''[3.1,0,0]'' NULLS FIRST'),
    ('SELECT v FROM life ORDER BY -(v <-> ''[3.1,0,0]'')'),
    ('SELECT v FROM life ORDER BY v <#> ''[3.1,0,0]'''),
    ('SELECT v FROM life ORDER BY v <=> ''[3.1,0,0]'''),
    ('SELECT v FROM life ORDER BY v <+> ''[3.1,0,0]'''),
    ('SELECT v FROM life ORDER BY l2_distance(v, ''[3.1,0,0]'')'),
    ('SELECT v FROM life ORDER BY v::halfvec <-> ''[3.1,0,0]'''),
    ('SELECT v FROM life ORDER BY v <-> v'),
    ('SELECT v FROM life ORDER BY v'),
    ('SELECT v FROM life WHERE v = ''[3.1,0,0]'''),
    ('SELECT v FROM life WHERE v <-> ''[3.1,0,0]'' < 1'),
    ('SELECT v FROM life WHERE v IS NULL'),
    ('SELECT v FROM life WHERE v IS NOT NULL ORDER BY v <-> ''[3.1,0,0]'''),
    ('SELECT count(*) FROM life'),
    ('SELECT min(v <-> ''[3.1,0,0]'') FROM life')
) w(query);
-- a bitmap of the rows would lose their order
RESET enable_seqscan;
SET enable_indexscan = off;
SELECT uses_index('SELECT id FROM life ORDER BY v <-> ''[3.1,0,0]''');
RESET enable_indexscan;
SET enable_seqscan = off;
-- a plan that any query vector fits
SET plan_cache_mode = force_generic_plan;
PREPARE nearest(vector, int) AS SELECT id FROM life ORDER BY v <-> $1 LIMIT $2;
EXPLAIN (COSTS OFF) EXECUTE nearest('[3.1,0,0]', 2);
EXECUTE nearest('[3.1,0,0]', 2);
EXECUTE nearest('[7,1,0]', 1);
EXECUTE nearest('[12,0.25,0]', 1);
DEALLOCATE nearest;
RESET plan_cache_mode;
SELECT outcome('SELECT id FROM life ORDER BY v <-> ''[7,1]'' LIMIT 1');

-- rows locked, joined, read in a function
SELECT id FROM (SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 2 FOR UPDATE) s;
CREATE FUNCTION read_slowly(query vector) RETURNS SETOF int LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT id FROM life ORDER BY v <-> query LOOP
        RETURN NEXT r.id;
        EXIT WHEN r.id = 2;
    END LOOP;
END $$;
SELECT read_slowly('[3.1,0,0]');
DROP FUNCTION read_slowly;

-- scans that begin again, a query vector a time
EXPLAIN (COSTS OFF) SELECT q.id, near.id FROM life q,
    LATERAL (SELECT id FROM life p WHERE p.id <> q.id ORDER BY p.v <-> q.v LIMIT 2) near
    WHERE q.id IN (3, 7, 12);
SELECT q.id, near.id FROM life q,
    LATERAL (SELECT id FROM life p WHERE p.id <> q.id ORDER BY p.v <-> q.v LIMIT 1) near
    WHERE q.id IN (6, 9, 20) ORDER BY q.id;
SELECT q, (SELECT id FROM life ORDER BY v <-> q LIMIT 1) FROM
    (VALUES ('[1,1,0]'::vector), ('[19,1,0]'), ('[10,1,0]'), ('[1,1,0]')) w(q);
SELECT q IS NULL AS is_null, (SELECT count(*) FROM (SELECT id FROM life ORDER BY v <-> q) s) FROM
    (VALUES ('[1,1,0]'::vector), (NULL), ('[1,1,0]')) w(q);
SELECT count(*), sum(n) FROM (SELECT (SELECT count(*) FROM (SELECT id FROM life ORDER BY v <-> q.v
    LIMIT 5) s) AS n FROM life q, generate_series(1, 20)) t;

---------------------------------------------------------------- cursors
BEGIN;
DECLARE plain NO SCROLL CURSOR FOR SELECT id FROM life ORDER BY v <-> '[3.1,0,0]';
FETCH 2 FROM plain;
MOVE 1 FROM plain;
FETCH NEXT FROM plain;
SELECT outcome_of_statement('FETCH BACKWARD 1 FROM plain');
DECLARE scroll SCROLL CURSOR FOR SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 4;
FETCH ALL FROM scroll;
FETCH BACKWARD 2 FROM scroll;
FETCH FIRST FROM scroll;
FETCH ABSOLUTE 3 FROM scroll;
FETCH RELATIVE -1 FROM scroll;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 3;
FETCH 1 FROM held;
-- rows inserted and deleted meanwhile do not concern an open cursor
DECLARE before CURSOR FOR SELECT id FROM life ORDER BY v <-> '[3.1,0,0]';
FETCH 1 FROM before;
INSERT INTO life VALUES (301, '[3.1,0,0]'), (302, '[3.2,0,0]');
DELETE FROM life WHERE id = 2;
FETCH 2 FROM before;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
DELETE FROM life WHERE id > 300;
INSERT INTO life VALUES (2, '[2,2,0]', 'row 2');
-- UPDATE WHERE CURRENT OF
BEGIN;
DECLARE here CURSOR FOR SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' FOR UPDATE;
FETCH 1 FROM here;
UPDATE life SET note = 'current' WHERE CURRENT OF here;
SELECT id FROM life WHERE note = 'current';
ROLLBACK;

---------------------------------------------------------------- statistics
SELECT pg_stat_force_next_flush();
SELECT idx_scan AS before FROM pg_stat_user_indexes WHERE indexrelname = 'life_v' \gset
SELECT id FROM life ORDER BY v <-> '[3.1,0,0]' LIMIT 1;
SELECT count(*) FROM (SELECT id FROM life ORDER BY v <-> '[3.1,0,0]') s;
SELECT pg_stat_force_next_flush();
SELECT idx_scan - :before AS scans FROM pg_stat_user_indexes WHERE indexrelname = 'life_v';
SELECT idx_scan AS before FROM pg_stat_user_indexes WHERE indexrelname = 'life_v' \gset
SELECT count(*) FROM (VALUES ('[1,1,0]'::vector), ('[2,2,0]'), ('[5,5,0]')) w(q),
    LATERAL (SELECT id FROM life ORDER BY v <-> q LIMIT 1) s;
SELECT pg_stat_force_next_flush();
SELECT idx_scan - :before AS scans FROM pg_stat_user_indexes WHERE indexrelname = 'life_v';
SELECT pg_relation_size('life_v') > 0 AS has_pages;
SELECT * FROM vecmilvus_check_index('life_v', true) WHERE severity <> 'notice';
DROP TABLE life;

---------------------------------------------------------------- partial and expression indexes
CREATE TABLE parts (id int PRIMARY KEY, kind text, v vector(4), deleted bool DEFAULT false);
INSERT INTO parts SELECT i, (ARRAY['a', 'b', 'c'])[i % 3 + 1], ARRAY[i, i * i % 5, -i, 1]
    FROM generate_series(1, 30) i;
CREATE INDEX parts_a ON parts USING :am (v vector_l2_ops) :with_options WHERE kind = 'a';
SELECT uses_index($$SELECT id FROM parts WHERE kind = 'a' ORDER BY v <-> '[9,0,-9,1]' LIMIT 3$$);
SELECT id FROM parts WHERE kind = 'a' ORDER BY v <-> '[9,0,-9,1]' LIMIT 3;
SELECT uses_index($$SELECT id FROM parts ORDER BY v <-> '[9,0,-9,1]' LIMIT 3$$);
SELECT uses_index($$SELECT id FROM parts WHERE kind = 'b' ORDER BY v <-> '[9,0,-9,1]' LIMIT 3$$);
SELECT uses_index($$SELECT id FROM parts WHERE kind = 'a' AND NOT deleted
    ORDER BY v <-> '[9,0,-9,1]' LIMIT 3$$);
UPDATE parts SET kind = 'a' WHERE id = 10;
UPDATE parts SET kind = 'b' WHERE id = 9;
SELECT id FROM parts WHERE kind = 'a' ORDER BY v <-> '[9,0,-9,1]' LIMIT 3;
DROP INDEX parts_a;
CREATE INDEX parts_front ON parts USING :am ((subvector(v, 1, 2)::vector(2)) vector_l2_ops)
    :with_options;
EXPLAIN (COSTS OFF) SELECT id FROM parts ORDER BY subvector(v, 1, 2)::vector(2) <-> '[9,1]' LIMIT 2;
SELECT id FROM parts ORDER BY subvector(v, 1, 2)::vector(2) <-> '[9,1]' LIMIT 2;
INSERT INTO parts VALUES (31, 'a', '[9,1.5,100,100]'), (32, 'a', NULL);
SELECT id FROM parts ORDER BY subvector(v, 1, 2)::vector(2) <-> '[9,1]' LIMIT 2;
DROP INDEX parts_front;
CREATE INDEX parts_half ON parts USING :am ((v::halfvec(4)) halfvec_l2_ops) :with_options;
SELECT uses_index($$SELECT id FROM parts ORDER BY v::halfvec(4) <-> '[9,1,-9,1]' LIMIT 2$$);
SELECT id FROM parts ORDER BY v::halfvec(4) <-> '[9,1,-9,1]' LIMIT 2;
CREATE INDEX parts_sign ON parts USING :am ((binary_quantize(v)::bit(4)) bit_hamming_ops)
    :with_options WHERE NOT deleted;
SELECT uses_index($$SELECT id FROM parts WHERE NOT deleted
    ORDER BY binary_quantize(v)::bit(4) <~> B'1111' LIMIT 1$$);
SELECT id FROM parts WHERE NOT deleted ORDER BY binary_quantize(v)::bit(4) <~> B'1111' LIMIT 1;
-- candidates by the cheap distance, then the exact order
SELECT id FROM (SELECT id, v FROM parts WHERE NOT deleted
    ORDER BY binary_quantize(v)::bit(4) <~> binary_quantize('[9,1,-9,1]'::vector) LIMIT 29) s
    ORDER BY v <-> '[9,1,-9,1]' LIMIT 2;
-- two indexes on a column: the operator chooses
CREATE INDEX parts_l2 ON parts USING :am (v vector_l2_ops) :with_options;
CREATE INDEX parts_ip ON parts USING :am (v vector_ip_ops) :with_options;
CREATE INDEX parts_cosine ON parts USING :am (v vector_cosine_ops) :with_options;
SELECT uses_index($$SELECT id FROM parts ORDER BY v <-> '[9,1,-9,1]' LIMIT 2$$);
SELECT uses_index($$SELECT id FROM parts ORDER BY v <#> '[9,1,-9,1]' LIMIT 2$$);
SELECT uses_index($$SELECT id FROM parts ORDER BY v <=> '[9,1,-9,1]' LIMIT 2$$);
SELECT id FROM parts ORDER BY v <#> '[1,0,-1,0]' LIMIT 3;
SELECT id FROM parts WHERE id < 31 ORDER BY v <=> '[30,0,-30,1]' LIMIT 3;
SELECT c.relname, found.* FROM pg_class c, vecmilvus_check_index(c.oid, true) found
    WHERE severity <> 'notice'
        AND relname IN ('parts_half', 'parts_sign', 'parts_l2', 'parts_ip', 'parts_cosine');
DROP TABLE parts;

---------------------------------------------------------------- kinds of tables
CREATE UNLOGGED TABLE unlogged (id int, v vector(2));
CREATE INDEX unlogged_v ON unlogged USING :am (v vector_l2_ops) :with_options;
INSERT INTO unlogged SELECT i, ARRAY[i, -i] FROM generate_series(1, 10) i;
SELECT relpersistence FROM pg_class WHERE relname = 'unlogged_v';
SELECT id FROM unlogged ORDER BY v <-> '[4.1,-4]' LIMIT 2 OFFSET 1;
TRUNCATE unlogged;
SELECT id FROM unlogged ORDER BY v <-> '[4.1,-4]' LIMIT 2;
DROP TABLE unlogged;

CREATE TEMP TABLE temporary (id int, v vector(2)) ON COMMIT DELETE ROWS;
CREATE INDEX temporary_v ON temporary USING :am (v vector_l2_ops) :with_options;
BEGIN;
INSERT INTO temporary SELECT i, ARRAY[i, -i] FROM generate_series(1, 10) i;
SELECT id FROM temporary ORDER BY v <-> '[4.1,-4]' LIMIT 2;
COMMIT;
SELECT id FROM temporary ORDER BY v <-> '[4.1,-4]' LIMIT 2;
INSERT INTO temporary VALUES (1, '[1,1]');
SELECT id FROM temporary ORDER BY v <-> '[4.1,-4]' LIMIT 2;
DROP TABLE temporary;

CREATE TABLE parted (id int, region int, v vector(2), PRIMARY KEY (id, region))
    PARTITION BY LIST (region);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE INDEX parted_v ON parted USING :am (v vector_l2_ops) :with_options;
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
CREATE TABLE parted_3 (LIKE parted INCLUDING INDEXES);
INSERT INTO parted SELECT i, i % 2 + 1, ARRAY[i, 0] FROM generate_series(1, 12) i;
INSERT INTO parted_3 SELECT i, 3, ARRAY[i, 0.5] FROM generate_series(1, 12) i;
ALTER TABLE parted ATTACH PARTITION parted_3 FOR VALUES IN (3);
SELECT c.relname, a.amname, p.inhparent::regclass AS parent FROM pg_class c
    JOIN pg_am a ON a.oid = c.relam LEFT JOIN pg_inherits p ON p.inhrelid = c.oid
    WHERE c.relname LIKE 'parted%v%' ORDER BY 1;
EXPLAIN (COSTS OFF) SELECT id FROM parted ORDER BY v <-> '[5,0]' LIMIT 4;
SELECT id, region FROM parted ORDER BY v <-> '[5.1,0.1]' LIMIT 4;
SET enable_bitmapscan = off; -- six rows: the primary key is as cheap
SELECT uses_index('SELECT id FROM parted WHERE region = 2 ORDER BY v <-> ''[5,0]'' LIMIT 1');
RESET enable_bitmapscan;
SELECT id, region FROM parted WHERE region = 2 ORDER BY v <-> '[5.1,0]' LIMIT 1;
UPDATE parted SET region = 1, id = 100 WHERE id = 5 AND region = 3;
SELECT id, region FROM parted ORDER BY v <-> '[5.1,0.1]' LIMIT 3;
ALTER TABLE parted DETACH PARTITION parted_1;
SELECT id, region FROM parted ORDER BY v <-> '[5.1,0.1]' LIMIT 3;
SELECT id, region FROM parted_1 ORDER BY v <-> '[5.1,0]' LIMIT 2;
DROP TABLE parted, parted_1;

CREATE TABLE parent (id int, v vector(2));
CREATE TABLE child () INHERITS (parent);
CREATE INDEX ON parent USING :am (v vector_l2_ops) :with_options;
CREATE INDEX ON child USING :am (v vector_l2_ops) :with_options;
INSERT INTO parent SELECT i, ARRAY[i, 0] FROM generate_series(1, 5) i;
INSERT INTO child SELECT i + 10, ARRAY[i, 1] FROM generate_series(1, 5) i;
EXPLAIN (COSTS OFF) SELECT id FROM parent ORDER BY v <-> '[3,0.25]' LIMIT 3;
SELECT id FROM parent ORDER BY v <-> '[3,0.25]' LIMIT 2;
SELECT id FROM ONLY parent ORDER BY v <-> '[3.1,0.25]' LIMIT 2;
DROP TABLE parent CASCADE;

CREATE TABLE original (id int PRIMARY KEY, v vector(2));
CREATE INDEX original_v ON original USING :am (v vector_cosine_ops) :with_options;
CREATE TABLE copied (LIKE original INCLUDING ALL);
CREATE TABLE copied_bare (LIKE original);
SELECT replace(pg_get_indexdef(indexrelid), :'am', 'AM') FROM pg_index
    WHERE indrelid IN ('copied'::regclass, 'copied_bare'::regclass) ORDER BY 1;
DROP TABLE original, copied, copied_bare;

-- values out of line, and of many dimensions
CREATE TABLE wide (id int, v vector(600));
INSERT INTO wide SELECT i, array_fill(i, ARRAY[600]) FROM generate_series(1, 12) i;
CREATE INDEX wide_v ON wide USING :am (v vector_l2_ops) :with_options;
INSERT INTO wide SELECT i, array_fill(i, ARRAY[600]) FROM generate_series(13, 24) i;
SELECT id FROM wide ORDER BY v <-> array_fill(13.2, ARRAY[600])::vector LIMIT 3;
DELETE FROM wide WHERE id % 2 = 1;
VACUUM wide;
SELECT id FROM wide ORDER BY v <-> array_fill(13.2, ARRAY[600])::vector LIMIT 3;
SELECT * FROM vecmilvus_check_index('wide_v', true) WHERE severity <> 'notice';
DROP TABLE wide;

-- a column of generated values, a domain, a materialized view
CREATE DOMAIN place AS vector(2) CHECK (vector_norm(VALUE) < 1000);
CREATE TABLE derived (id int, x float4, v vector(2) GENERATED ALWAYS AS (ARRAY[x, -x]) STORED,
    p place);
CREATE INDEX derived_v ON derived USING :am (v vector_l2_ops) :with_options;
INSERT INTO derived (id, x, p) SELECT i, i, ARRAY[i, i] FROM generate_series(1, 10) i;
UPDATE derived SET x = 4.5 WHERE id = 10;
SELECT id FROM derived ORDER BY v <-> '[4.6,-4.6]' LIMIT 2;
SELECT outcome_of_statement(format('CREATE INDEX ON derived USING %s (p vector_l2_ops)', :'am'));
CREATE INDEX derived_p ON derived USING :am ((p::vector(2)) vector_l2_ops) :with_options;
SELECT id FROM derived ORDER BY p::vector(2) <-> '[4.1,4]' LIMIT 2;
CREATE MATERIALIZED VIEW matview AS SELECT id, v FROM derived WITH DATA;
CREATE INDEX matview_v ON matview USING :am (v vector_l2_ops) :with_options;
SELECT id FROM matview ORDER BY v <-> '[4.6,-4.6]' LIMIT 2;
INSERT INTO derived (id, x) VALUES (11, 4.6);
REFRESH MATERIALIZED VIEW matview;
SELECT id FROM matview ORDER BY v <-> '[4.6,-4.6]' LIMIT 2;
DROP MATERIALIZED VIEW matview;
DROP TABLE derived;
DROP DOMAIN place;

-- row security filters after the index
CREATE TABLE secured (id int, owner text, v vector(2));
INSERT INTO secured SELECT i, CASE i % 2 WHEN 0 THEN 'vm_reader' ELSE 'other' END, ARRAY[i, 0]
    FROM generate_series(1, 10) i;
CREATE INDEX ON secured USING :am (v vector_l2_ops) :with_options;
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secured USING (owner = current_user);
CREATE ROLE vm_reader;
GRANT SELECT ON secured TO vm_reader;
SET ROLE vm_reader;
SELECT id FROM secured ORDER BY v <-> '[5.1,0]' LIMIT 3;
RESET ROLE;
DROP TABLE secured;
DROP ROLE vm_reader;

DROP FUNCTION uses_index;
RESET enable_seqscan;
RESET client_min_messages;
