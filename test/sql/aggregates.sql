-- Aggregates avg and sum, their state functions, and parallel aggregation.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- vector

CREATE TABLE agg_vector (g int, v vector);
INSERT INTO agg_vector VALUES
    (1, '[1,2,3]'), (1, '[4,5,9]'), (1, NULL), (2, '[1,1]'), (3, NULL), (4, '[0.5,-0.25]'),
    (4, '[0.5,0.5]'), (4, '[-1,0.5]');
SELECT g, avg(v), sum(v), count(v) FROM agg_vector GROUP BY g ORDER BY g;
SELECT avg(v), sum(v) FROM agg_vector WHERE g = 5;
SELECT avg(v) OVER (ORDER BY g) FROM agg_vector WHERE g IN (2, 3, 4) ORDER BY g;
SELECT sum(v) FILTER (WHERE g = 1), avg(DISTINCT v) FROM agg_vector WHERE g IN (1);
SELECT pg_typeof(avg(v)), pg_typeof(sum(v)) FROM agg_vector WHERE g = 1;
SELECT x, outcome(x) FROM (VALUES
    ($$(SELECT avg(v) FROM agg_vector)$$),
    ($$(SELECT sum(v) FROM agg_vector)$$),
    ($$(SELECT avg(v) FROM agg_vector WHERE g IN (2, 4))$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[1,2]','[3]']::vector[]) v)$$),
    ($$(SELECT sum(v) FROM unnest(ARRAY['[1,2]','[3]']::vector[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY[array_fill(1, ARRAY[16000])::vector, array_fill(3, ARRAY[16000])::vector]) v) = array_fill(2, ARRAY[16000])::vector$$),
    ($$(SELECT max(v) FROM agg_vector)$$),
    ($$(SELECT sum(v) FROM unnest(ARRAY['[3e38]','[3e38]']::vector[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[3e38]','[3e38]']::vector[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[1]','[2]','[2]']::vector[]) v)$$)
) v(x);

-- avg sums in double precision, sum in float4: 2^24 + 1 stays 2^24
SELECT avg(v), sum(v) FROM unnest(ARRAY['[16777216]','[1]','[1]','[2]']::vector[]) v;

-- the state: count, then sums
SELECT x, left(outcome(x), 120) FROM (VALUES
    ($$vector_accum('{0}', '[1,2,3]')$$),
    ($$vector_accum('{1,1,2,3}', '[4,5,6]')$$),
    ($$vector_accum('{5,0,0}', '[1,2]')$$),
    ($$vector_accum(NULL, '[1,2]')$$),
    ($$vector_accum('{0}', NULL)$$),
    ($$vector_accum('{1,1,2,3}', '[1,2]')$$),
    ($$vector_accum('{1,1}', '[1,2]')$$),
    ($$vector_accum('{0,0,0}', '[1,2,3]')$$),
    ($$vector_accum('{1}', '[1,2]')$$),
    ($$vector_accum('{0,5}', '[1,2]')$$),
    ($$vector_accum('{}', '[1,2]')$$),
    ($$vector_accum('{{0}}', '[1,2]')$$),
    ($$vector_accum('{NULL}', '[1,2]')$$),
    ($$vector_accum('{1,NULL,2}', '[1,2]')$$),
    ($$vector_accum('[0:0]={0}', '[1,2]')$$),
    ($$vector_accum('{1,1.7976931348623157e308}', '[60000]')$$),
    ($$vector_accum('{1,Infinity}', '[1]')$$),
    ($$vector_accum('{1,NaN}', '[1]')$$),
    ($$vector_avg('{0}')$$),
    ($$vector_avg('{0,1,2}')$$),
    ($$vector_avg('{2,2,4}')$$),
    ($$vector_avg('{4,1,-2}')$$),
    ($$vector_avg('{-1,2}')$$),
    ($$vector_avg('{1}')$$),
    ($$vector_avg('{2,1e300}')$$),
    ($$vector_avg('{1,Infinity}')$$),
    ($$vector_avg('{1,NaN}')$$),
    ($$vector_avg('{1,70000}')$$),
    ($$vector_avg('{}')$$),
    ($$vector_avg('{{1,2}}')$$),
    ($$vector_avg('{NULL}')$$),
    ($$vector_avg('{1,NULL}')$$),
    ($$vector_avg(NULL)$$),
    ($$vector_avg(array_fill(1::float8, ARRAY[16002]))$$),
    ($$vector_combine('{0}', '{0}')$$),
    ($$vector_combine('{0}', '{1,2,3}')$$),
    ($$vector_combine('{1,2,3}', '{0}')$$),
    ($$vector_combine('{1,2,3}', '{2,4,6}')$$),
    ($$vector_combine('{1,2,3}', '{2,4}')$$),
    ($$vector_combine('{0,9}', '{2,4,6}')$$),
    ($$vector_combine('{0}', '{1}')$$),
    ($$vector_combine('{2}', '{4,5}')$$),
    ($$vector_combine('{3,4}', '{1}')$$),
    ($$vector_combine('{0,9}', '{0,1}')$$),
    ($$vector_combine('{0,9,8}', '{3,1,2}')$$),
    ($$vector_combine('{3,1,2}', '{0,9}')$$),
    ($$vector_combine('{1,1e308,1}', '{1,1.7e308,1}')$$),
    ($$vector_combine('{1,1,1}', '{1,Infinity,1}')$$),
    ($$vector_combine('{}', '{0}')$$),
    ($$vector_combine('{0}', '{}')$$),
    ($$vector_combine('{{0}}', '{0}')$$),
    ($$vector_combine('{0}', '{NULL}')$$),
    ($$vector_combine(NULL, '{0}')$$)
) v(x);
DROP TABLE agg_vector;

---------------------------------------------------------------- halfvec

CREATE TABLE agg_halfvec (g int, v halfvec);
INSERT INTO agg_halfvec VALUES
    (1, '[1,2,3]'), (1, '[4,5,9]'), (1, NULL), (2, '[1,1]'), (3, NULL), (4, '[0.5,-0.25]'),
    (4, '[0.5,0.5]'), (4, '[-1,0.5]');
SELECT g, avg(v), sum(v), count(v) FROM agg_halfvec GROUP BY g ORDER BY g;
SELECT avg(v), sum(v) FROM agg_halfvec WHERE g = 5;
SELECT avg(v) OVER (ORDER BY g) FROM agg_halfvec WHERE g IN (2, 3, 4) ORDER BY g;
SELECT sum(v) FILTER (WHERE g = 1), avg(DISTINCT v) FROM agg_halfvec WHERE g IN (1);
SELECT pg_typeof(avg(v)), pg_typeof(sum(v)) FROM agg_halfvec WHERE g = 1;
SELECT x, outcome(x) FROM (VALUES
    ($$(SELECT avg(v) FROM agg_halfvec)$$),
    ($$(SELECT sum(v) FROM agg_halfvec)$$),
    ($$(SELECT avg(v) FROM agg_halfvec WHERE g IN (2, 4))$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[1,2]','[3]']::halfvec[]) v)$$),
    ($$(SELECT sum(v) FROM unnest(ARRAY['[1,2]','[3]']::halfvec[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY[array_fill(1, ARRAY[16000])::halfvec, array_fill(3, ARRAY[16000])::halfvec]) v) = array_fill(2, ARRAY[16000])::halfvec$$),
    ($$(SELECT max(v) FROM agg_halfvec)$$),
    ($$(SELECT sum(v) FROM unnest(ARRAY['[65504]','[65504]']::halfvec[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[65504]','[65504]']::halfvec[]) v)$$),
    ($$(SELECT avg(v) FROM unnest(ARRAY['[1]','[2]','[2]']::halfvec[]) v)$$)
) v(x);

-- avg sums in double precision, sum in halves: 2048 + 1 stays 2048
SELECT avg(v), sum(v) FROM unnest(ARRAY['[2048]','[1]','[1]','[1]']::halfvec[]) v;
SELECT avg('[1]'::halfvec), sum('[1]'::halfvec) FROM generate_series(1, 5000);

-- the state: count, then sums
SELECT x, left(outcome(x), 120) FROM (VALUES
    ($$halfvec_accum('{0}', '[1,2,3]')$$),
    ($$halfvec_accum('{1,1,2,3}', '[4,5,6]')$$),
    ($$halfvec_accum('{5,0,0}', '[1,2]')$$),
    ($$halfvec_accum(NULL, '[1,2]')$$),
    ($$halfvec_accum('{0}', NULL)$$),
    ($$halfvec_accum('{1,1,2,3}', '[1,2]')$$),
    ($$halfvec_accum('{1,1}', '[1,2]')$$),
    ($$halfvec_accum('{0,0,0}', '[1,2,3]')$$),
    ($$halfvec_accum('{1}', '[1,2]')$$),
    ($$halfvec_accum('{0,5}', '[1,2]')$$),
    ($$halfvec_accum('{}', '[1,2]')$$),
    ($$halfvec_accum('{{0}}', '[1,2]')$$),
    ($$halfvec_accum('{NULL}', '[1,2]')$$),
    ($$halfvec_accum('{1,NULL,2}', '[1,2]')$$),
    ($$halfvec_accum('[0:0]={0}', '[1,2]')$$),
    ($$halfvec_accum('{1,1.7976931348623157e308}', '[60000]')$$),
    ($$halfvec_accum('{1,Infinity}', '[1]')$$),
    ($$halfvec_accum('{1,NaN}', '[1]')$$),
    ($$halfvec_avg('{0}')$$),
    ($$halfvec_avg('{0,1,2}')$$),
    ($$halfvec_avg('{2,2,4}')$$),
    ($$halfvec_avg('{4,1,-2}')$$),
    ($$halfvec_avg('{-1,2}')$$),
    ($$halfvec_avg('{1}')$$),
    ($$halfvec_avg('{2,1e300}')$$),
    ($$halfvec_avg('{1,Infinity}')$$),
    ($$halfvec_avg('{1,NaN}')$$),
    ($$halfvec_avg('{1,70000}')$$),
    ($$halfvec_avg('{}')$$),
    ($$halfvec_avg('{{1,2}}')$$),
    ($$halfvec_avg('{NULL}')$$),
    ($$halfvec_avg('{1,NULL}')$$),
    ($$halfvec_avg(NULL)$$),
    ($$halfvec_avg(array_fill(1::float8, ARRAY[16002]))$$),
    ($$halfvec_combine('{0}', '{0}')$$),
    ($$halfvec_combine('{0}', '{1,2,3}')$$),
    ($$halfvec_combine('{1,2,3}', '{0}')$$),
    ($$halfvec_combine('{1,2,3}', '{2,4,6}')$$),
    ($$halfvec_combine('{1,2,3}', '{2,4}')$$),
    ($$halfvec_combine('{0,9}', '{2,4,6}')$$),
    ($$halfvec_combine('{0}', '{1}')$$),
    ($$halfvec_combine('{2}', '{4,5}')$$),
    ($$halfvec_combine('{3,4}', '{1}')$$),
    ($$halfvec_combine('{0,9}', '{0,1}')$$),
    ($$halfvec_combine('{0,9,8}', '{3,1,2}')$$),
    ($$halfvec_combine('{3,1,2}', '{0,9}')$$),
    ($$halfvec_combine('{1,1e308,1}', '{1,1.7e308,1}')$$),
    ($$halfvec_combine('{1,1,1}', '{1,Infinity,1}')$$),
    ($$halfvec_combine('{}', '{0}')$$),
    ($$halfvec_combine('{0}', '{}')$$),
    ($$halfvec_combine('{{0}}', '{0}')$$),
    ($$halfvec_combine('{0}', '{NULL}')$$),
    ($$halfvec_combine(NULL, '{0}')$$)
) v(x);
DROP TABLE agg_halfvec;

-- sparsevec has neither avg nor sum
SELECT x, outcome(x) FROM (VALUES
    ($$avg('{1:1}/2'::sparsevec)$$),
    ($$sum('{1:1}/2'::sparsevec)$$)
) v(x);

-- parallel workers: partial states are combined
CREATE TABLE agg_parallel AS
    SELECT ARRAY[i % 10, -(i % 7), 0.5, i % 2]::vector AS v,
        ARRAY[i % 3 * 0.0625, 0.25]::halfvec AS h FROM generate_series(1, 21000) i;
ALTER TABLE agg_parallel SET (parallel_workers = 2);
ANALYZE agg_parallel;
SET max_parallel_workers_per_gather = 0;
SELECT avg(v), sum(v), avg(h), sum(h) FROM agg_parallel;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT avg(v), sum(v), avg(h) FROM agg_parallel;
SELECT avg(v), sum(v), avg(h) FROM agg_parallel;
SELECT avg(v), sum(v) FROM agg_parallel WHERE v = '[-1]';
SELECT avg(CASE WHEN v <-> '[0,0,0.5,0]' > 11 THEN v END) IS NULL AS none, count(*)
    FROM agg_parallel WHERE h <-> '[0,0.25]' = 0;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
DROP TABLE agg_parallel;
