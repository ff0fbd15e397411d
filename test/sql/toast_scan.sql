--
-- Distances over TOASTed vectors are read in table order, by guessing where the
-- next value lies (src/types/toast.h). Whatever the order, the answers must be
-- those of PostgreSQL's own way, which the cast to real[] takes.
--
SET max_parallel_workers_per_gather = 0;

CREATE FUNCTION make_vector(seed int, dims int) RETURNS vector
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT array_agg(((seed * 7919 + i * 104729) % 2003)::real / 1000)::vector
            FROM generate_series(1, dims) i);

-- rows whose distance differs between the two ways
CREATE FUNCTION differing(tab regclass) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
BEGIN
    EXECUTE format(
        'SELECT count(*) FILTER (WHERE v <-> make_vector(5, dims)
                                 IS DISTINCT FROM (v::real[])::vector <-> make_vector(5, dims))
         FROM (SELECT v, vector_dims(v) AS dims FROM %s) s', tab) INTO result;
    RETURN result;
END $$;

CREATE TABLE big (id int PRIMARY KEY, v vector);

-- in order, one to several chunks, several to a page and several pages
INSERT INTO big SELECT i, make_vector(i, 768) FROM generate_series(1, 300) i;
SELECT count(*), differing('big') FROM big;
INSERT INTO big SELECT i, make_vector(i, 600 + i % 7 * 900) FROM generate_series(301, 400) i;
INSERT INTO big SELECT i, make_vector(i, 16000) FROM generate_series(401, 405) i;
SELECT count(*), differing('big') FROM big;

-- short values, in line, between TOASTed ones
INSERT INTO big SELECT i, make_vector(i, CASE WHEN i % 3 = 0 THEN 4 ELSE 700 END)
FROM generate_series(406, 500) i;
SELECT count(*), differing('big') FROM big;

-- chunks out of the rows' order: updates, deletes, reuse of the space
UPDATE big SET v = make_vector(id + 1000, 900) WHERE id % 5 = 0;
DELETE FROM big WHERE id % 11 = 0;
VACUUM big;
INSERT INTO big SELECT i, make_vector(i, 800) FROM generate_series(501, 700) i;
SELECT count(*), differing('big') FROM big;

-- no lock on the TOAST table is kept
BEGIN;
SELECT count(*) FROM big WHERE v <-> v <> 0;
SELECT count(*) FROM pg_locks
WHERE relation = (SELECT reltoastrelid FROM pg_class WHERE oid = 'big'::regclass);
COMMIT;

-- rows in random order
CREATE TABLE shuffled AS SELECT id, v FROM big ORDER BY md5(id::text);
SELECT count(*), differing('shuffled') FROM shuffled;
SELECT count(*) FILTER (WHERE (b.v <-> s.v) <> 0) AS nonzero
FROM big b JOIN shuffled s USING (id);

-- both arguments TOASTed
SELECT count(*) FILTER (WHERE a.v <-> b.v IS DISTINCT FROM
                        ((a.v::real[])::vector <-> (b.v::real[])::vector)) AS differ
FROM (SELECT * FROM big WHERE vector_dims(v) = 768 AND id < 40) a,
     (SELECT * FROM big WHERE vector_dims(v) = 768 AND id > 260) b;

-- compressed values, and values moved by a rewrite
CREATE TABLE squeezed (id int, v vector);
ALTER TABLE squeezed ALTER v SET STORAGE extended;
INSERT INTO squeezed SELECT i, array_fill(i::real, ARRAY[3000])::vector FROM generate_series(1, 20) i;
INSERT INTO squeezed SELECT id, v FROM big WHERE id < 50;
SELECT count(*), differing('squeezed') FROM squeezed;
VACUUM FULL squeezed;
SELECT count(*), differing('squeezed') FROM squeezed;

-- one call site that lives on over commits, while the TOAST table shrinks
CREATE PROCEDURE nearest_after_truncate() LANGUAGE plpgsql AS $$
DECLARE
    q vector := make_vector(1, 768);
    d float8;
BEGIN
    FOR round IN 1..3 LOOP
        DELETE FROM big WHERE id > 100;
        COMMIT;
        FOR i IN 1..100 LOOP
            d := q <-> coalesce((SELECT v FROM big WHERE id = i AND vector_dims(v) = 768), q);
        END LOOP;
        RAISE NOTICE 'round %: %', round, d IS NOT NULL;
        TRUNCATE big;
        INSERT INTO big SELECT i, make_vector(i, 768) FROM generate_series(1, 200) i;
        COMMIT;
    END LOOP;
END $$;
CALL nearest_after_truncate();
SELECT count(*), differing('big') FROM big;

-- a parallel plan
RESET max_parallel_workers_per_gather;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), differing('big') FROM big;

-- halfvec takes the same way
CREATE TABLE half AS SELECT id, (v || v)::halfvec AS v FROM big WHERE id <= 100;
SELECT count(*) FILTER (WHERE v <=> make_vector(3, 1536)::halfvec IS DISTINCT FROM
                        ((v::real[])::halfvec <=> make_vector(3, 1536)::halfvec)) AS differ,
       count(*)
FROM half;

DROP TABLE big, shuffled, squeezed, half;
DROP FUNCTION differing;
DROP PROCEDURE nearest_after_truncate;
DROP FUNCTION make_vector;
