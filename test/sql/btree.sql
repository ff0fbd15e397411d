-- B-tree operator classes: indexes, uniqueness, sorting, DISTINCT, joins.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- vector

CREATE TABLE btree_vector (id int, v vector);
INSERT INTO btree_vector VALUES
    (1, '[0,0]'), (2, '[1,2]'), (3, '[1,1]'), (4, NULL), (5, '[1]'), (6, '[-1,9]'), (7, '[1,2]'),
    (8, '[1,2,3]'), (9, '[0,-0]');
SELECT DISTINCT v FROM btree_vector WHERE v <> '[-0,0]' ORDER BY v;
SELECT v, count(*) FROM btree_vector WHERE id <> 9 GROUP BY v ORDER BY v NULLS FIRST;
SELECT count(DISTINCT v) FROM btree_vector;
SELECT count(*) FROM (SELECT v FROM btree_vector INTERSECT
    SELECT v FROM btree_vector WHERE id > 4) s;
CREATE INDEX btree_vector_v ON btree_vector (v);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM btree_vector WHERE v = '[1,2]';
SELECT id FROM btree_vector WHERE v = '[1,2]' ORDER BY id;
SELECT id FROM btree_vector WHERE v = '[-0,0]' ORDER BY id;
SELECT id FROM btree_vector WHERE v > '[1]' AND v <= '[1,2]' ORDER BY id;
SELECT id FROM btree_vector WHERE v >= '[1,2]' ORDER BY id;
SELECT id FROM btree_vector WHERE v < '[1]' ORDER BY id;
SELECT id FROM btree_vector WHERE v IN ('[1,2]', '[1]', '[-0,0]') ORDER BY id;
SELECT id FROM btree_vector WHERE v IS NULL;
EXPLAIN (COSTS OFF) SELECT id FROM btree_vector ORDER BY v DESC LIMIT 3;
SELECT id FROM btree_vector WHERE id <> 7 ORDER BY v DESC LIMIT 3;
SELECT a.id, b.id FROM btree_vector a JOIN btree_vector b ON a.v = b.v AND a.id < b.id
    ORDER BY 1, 2;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$CREATE UNIQUE INDEX ON btree_vector (v)$$),
    ($$DELETE FROM btree_vector WHERE id IN (7, 9)$$),
    ($$CREATE UNIQUE INDEX btree_vector_unique ON btree_vector (v)$$),
    ($$INSERT INTO btree_vector VALUES (10, '[1,2]')$$),
    ($$INSERT INTO btree_vector VALUES (10, '[1,2]') ON CONFLICT (v) DO NOTHING$$),
    ($$INSERT INTO btree_vector VALUES (11, '[-0,0]') ON CONFLICT (v) DO UPDATE SET id = excluded.id$$),
    ($$INSERT INTO btree_vector VALUES (12, NULL), (13, NULL)$$),
    ($$ALTER TABLE btree_vector ADD PRIMARY KEY (v)$$)
) v(x);
SELECT id FROM btree_vector WHERE v = '[-0,0]';
DROP TABLE btree_vector;

---------------------------------------------------------------- halfvec

CREATE TABLE btree_halfvec (id int, v halfvec);
INSERT INTO btree_halfvec VALUES
    (1, '[0,0]'), (2, '[1,2]'), (3, '[1,1]'), (4, NULL), (5, '[1]'), (6, '[-1,9]'), (7, '[1,2]'),
    (8, '[1,2,3]'), (9, '[0,-0]');
SELECT DISTINCT v FROM btree_halfvec WHERE v <> '[-0,0]' ORDER BY v;
SELECT v, count(*) FROM btree_halfvec WHERE id <> 9 GROUP BY v ORDER BY v NULLS FIRST;
SELECT count(DISTINCT v) FROM btree_halfvec;
SELECT count(*) FROM (SELECT v FROM btree_halfvec INTERSECT
    SELECT v FROM btree_halfvec WHERE id > 4) s;
CREATE INDEX btree_halfvec_v ON btree_halfvec (v);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM btree_halfvec WHERE v = '[1,2]';
SELECT id FROM btree_halfvec WHERE v = '[1,2]' ORDER BY id;
SELECT id FROM btree_halfvec WHERE v = '[-0,0]' ORDER BY id;
SELECT id FROM btree_halfvec WHERE v > '[1]' AND v <= '[1,2]' ORDER BY id;
SELECT id FROM btree_halfvec WHERE v >= '[1,2]' ORDER BY id;
SELECT id FROM btree_halfvec WHERE v < '[1]' ORDER BY id;
SELECT id FROM btree_halfvec WHERE v IN ('[1,2]', '[1]', '[-0,0]') ORDER BY id;
SELECT id FROM btree_halfvec WHERE v IS NULL;
EXPLAIN (COSTS OFF) SELECT id FROM btree_halfvec ORDER BY v DESC LIMIT 3;
SELECT id FROM btree_halfvec WHERE id <> 7 ORDER BY v DESC LIMIT 3;
SELECT a.id, b.id FROM btree_halfvec a JOIN btree_halfvec b ON a.v = b.v AND a.id < b.id
    ORDER BY 1, 2;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$CREATE UNIQUE INDEX ON btree_halfvec (v)$$),
    ($$DELETE FROM btree_halfvec WHERE id IN (7, 9)$$),
    ($$CREATE UNIQUE INDEX btree_halfvec_unique ON btree_halfvec (v)$$),
    ($$INSERT INTO btree_halfvec VALUES (10, '[1,2]')$$),
    ($$INSERT INTO btree_halfvec VALUES (10, '[1,2]') ON CONFLICT (v) DO NOTHING$$),
    ($$INSERT INTO btree_halfvec VALUES (11, '[-0,0]') ON CONFLICT (v) DO UPDATE SET id = excluded.id$$),
    ($$INSERT INTO btree_halfvec VALUES (12, NULL), (13, NULL)$$),
    ($$ALTER TABLE btree_halfvec ADD PRIMARY KEY (v)$$)
) v(x);
SELECT id FROM btree_halfvec WHERE v = '[-0,0]';
DROP TABLE btree_halfvec;

---------------------------------------------------------------- sparsevec

CREATE TABLE btree_sparsevec (id int, v sparsevec);
INSERT INTO btree_sparsevec VALUES
    (1, '{}/2'), (2, '{1:1,2:2}/2'), (3, '{1:1,2:1}/2'), (4, NULL), (5, '{1:1}/1'),
    (6, '{1:-1,2:9}/2'), (7, '{1:1,2:2}/2'), (8, '{1:1,2:2,3:3}/3'), (9, '{2:0}/2');
SELECT DISTINCT v FROM btree_sparsevec WHERE v <> '{}/2' ORDER BY v;
SELECT v, count(*) FROM btree_sparsevec WHERE id <> 9 GROUP BY v ORDER BY v NULLS FIRST;
SELECT count(DISTINCT v) FROM btree_sparsevec;
SELECT count(*) FROM (SELECT v FROM btree_sparsevec INTERSECT
    SELECT v FROM btree_sparsevec WHERE id > 4) s;
CREATE INDEX btree_sparsevec_v ON btree_sparsevec (v);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM btree_sparsevec WHERE v = '{1:1,2:2}/2';
SELECT id FROM btree_sparsevec WHERE v = '{1:1,2:2}/2' ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v = '{}/2' ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v > '{1:1}/1' AND v <= '{1:1,2:2}/2' ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v >= '{1:1,2:2}/2' ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v < '{1:1}/1' ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v IN ('{1:1,2:2}/2', '{1:1}/1', '{}/2') ORDER BY id;
SELECT id FROM btree_sparsevec WHERE v IS NULL;
EXPLAIN (COSTS OFF) SELECT id FROM btree_sparsevec ORDER BY v DESC LIMIT 3;
SELECT id FROM btree_sparsevec WHERE id <> 7 ORDER BY v DESC LIMIT 3;
SELECT a.id, b.id FROM btree_sparsevec a
    JOIN btree_sparsevec b ON a.v = b.v AND a.id < b.id ORDER BY 1, 2;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$CREATE UNIQUE INDEX ON btree_sparsevec (v)$$),
    ($$DELETE FROM btree_sparsevec WHERE id IN (7, 9)$$),
    ($$CREATE UNIQUE INDEX btree_sparsevec_unique ON btree_sparsevec (v)$$),
    ($$INSERT INTO btree_sparsevec VALUES (10, '{1:1,2:2}/2')$$),
    ($$INSERT INTO btree_sparsevec VALUES (10, '{1:1,2:2}/2') ON CONFLICT (v) DO NOTHING$$),
    ($$INSERT INTO btree_sparsevec VALUES (11, '{}/2') ON CONFLICT (v) DO UPDATE SET id = excluded.id$$),
    ($$INSERT INTO btree_sparsevec VALUES (12, NULL), (13, NULL)$$),
    ($$ALTER TABLE btree_sparsevec ADD PRIMARY KEY (v)$$)
) v(x);
SELECT id FROM btree_sparsevec WHERE v = '{}/2';
DROP TABLE btree_sparsevec;

-- no hashing, no merging: the operators say so
SELECT x, outcome(x) FROM (VALUES
    ($$(SELECT count(*) FROM (VALUES ('[1]'::vector)) a(v) FULL JOIN (VALUES ('[1]'::vector)) b(v) ON a.v = b.v)$$),
    ($$(SELECT count(*) FROM (VALUES ('[1]'::vector)) a(v) LEFT JOIN (VALUES ('[1]'::vector)) b(v) ON a.v = b.v)$$)
) v(x);
CREATE TABLE btree_other (v vector(3), h halfvec(3), s sparsevec(3), wide vector(1000));
SELECT x, left(outcome_of_statement(x), 90) FROM (VALUES
    ($$CREATE INDEX ON btree_other USING hash (v)$$),
    ($$CREATE INDEX ON btree_other USING hash (s)$$),
    ($$CREATE INDEX ON btree_other USING gin (v)$$),
    ($$CREATE INDEX ON btree_other USING brin (v)$$),
    ($$CREATE INDEX ON btree_other (v, h DESC, s NULLS FIRST)$$),
    ($$CREATE INDEX ON btree_other (wide)$$),
    ($$INSERT INTO btree_other (wide) VALUES (array_fill(1, ARRAY[1000]))$$),
    ($$CREATE TABLE btree_part (v vector(2)) PARTITION BY HASH (v)$$),
    ($$CREATE TABLE btree_part (v vector(2)) PARTITION BY RANGE (v)$$),
    ($$CREATE TABLE btree_part_1 PARTITION OF btree_part FOR VALUES FROM ('[0,0]') TO ('[1,0]')$$),
    ($$INSERT INTO btree_part VALUES ('[0,5]')$$),
    ($$INSERT INTO btree_part VALUES ('[1,0]')$$)
) v(x);
DROP TABLE btree_other, btree_part;

-- a larger index agrees with sorting
CREATE TABLE btree_many AS
    SELECT i AS id, ARRAY[i * 7919 % 23 - 11, i * 104729 % 17 - 8, i * 131 % 5]::vector AS v
        FROM generate_series(1, 5000) i;
CREATE INDEX ON btree_many (v);
ANALYZE btree_many;
SET enable_seqscan = off;
SET enable_sort = off;
CREATE TEMP TABLE by_index AS SELECT v, row_number() OVER () AS n
    FROM (SELECT v FROM btree_many ORDER BY v) s;
RESET enable_seqscan;
RESET enable_sort;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
CREATE TEMP TABLE by_sort AS SELECT v, row_number() OVER () AS n
    FROM (SELECT v FROM btree_many ORDER BY v) s;
RESET enable_indexscan;
RESET enable_indexonlyscan;
SELECT count(*) AS rows, count(*) FILTER (WHERE a.v <> b.v) AS differ,
    count(*) FILTER (WHERE a.v::real[] <> b.v::real[]) AS differ_as_arrays
        FROM by_index a JOIN by_sort b USING (n);
SELECT count(*) AS out_of_order FROM (SELECT v::real[] AS a,
    lag(v::real[]) OVER (ORDER BY n) AS before FROM by_index) s WHERE before > a;
DROP TABLE btree_many;
