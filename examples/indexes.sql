-- The same question without an index, with hnsw and with ivfflat: plans, times,
-- recall and sizes. Run after examples/packages-load.sql.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP INDEX IF EXISTS packages_hnsw, packages_ivfflat;

-- What each way answers to the same 500 questions.
CREATE TEMP TABLE answer (way text, package text, found text[], milliseconds float8);

-- Asks them: the ten nearest packages to each of every 32nd package.
CREATE FUNCTION pg_temp.ask(way text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    question record;
    started timestamptz;
    found text[];
BEGIN
    FOR question IN
        SELECT package, embedding FROM (SELECT *, row_number() OVER (ORDER BY package) AS n FROM packages) numbered
        WHERE n % 32 = 0
    LOOP
        started := clock_timestamp();
        found := ARRAY(SELECT package FROM packages ORDER BY embedding <=> question.embedding LIMIT 10);
        INSERT INTO answer
            VALUES (way, question.package, found, extract(epoch FROM clock_timestamp() - started) * 1000);
    END LOOP;
END $$;

SELECT embedding AS question FROM packages WHERE package = 'postgresql-15' \gset
SET max_parallel_workers_per_gather = 0;

\echo 'Exact: every row is measured'
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT package FROM packages ORDER BY embedding <=> :'question' LIMIT 5;
SELECT pg_temp.ask('exact');

\echo 'hnsw: a graph is walked'
CREATE INDEX packages_hnsw ON packages USING hnsw (embedding vector_cosine_ops);
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT package FROM packages ORDER BY embedding <=> :'question' LIMIT 5;
SELECT pg_temp.ask('hnsw, ef_search 40');

\echo 'ivfflat: the nearest 8 of 126 lists are read'
CREATE INDEX packages_ivfflat ON packages USING ivfflat (embedding vector_cosine_ops) WITH (lists = 126);
SET ivfflat.probes = 8;

-- The planner would take either index: without hnsw it is this one's turn.
DROP INDEX packages_hnsw;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT package FROM packages ORDER BY embedding <=> :'question' LIMIT 5;
SELECT pg_temp.ask('ivfflat, 8 of 126 lists');
CREATE INDEX packages_hnsw ON packages USING hnsw (embedding vector_cosine_ops);

\echo 'What they found of the exact ten, and how fast'
SELECT a.way,
       round(avg((SELECT count(*) FROM unnest(a.found) f WHERE f = ANY (e.found)) / 10.0), 3) AS recall,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY a.milliseconds)::numeric, 2) AS median_ms
FROM answer a JOIN answer e ON e.way = 'exact' AND e.package = a.package
GROUP BY a.way ORDER BY min(a.milliseconds) DESC;

\echo 'Sizes'
SELECT relname, pg_size_pretty(pg_relation_size(oid)) AS size
FROM pg_class WHERE relname IN ('packages', 'packages_hnsw', 'packages_ivfflat') ORDER BY relname;
