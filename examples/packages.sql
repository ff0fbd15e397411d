-- Questions to the demo table: nearest neighbours by cosine distance, exact.
\echo '1. Packages like postgresql-15 among the databases'
SELECT p.package, round((p.embedding <=> q.embedding)::numeric, 3) AS distance
FROM packages p, packages q
WHERE q.package = 'postgresql-15' AND p.section = 'database' AND p.package <> q.package
ORDER BY p.embedding <=> q.embedding
LIMIT 5;

\echo '2. Packages like gimp under 10 MB'
SELECT p.package, p.installed_size AS kib, round((p.embedding <=> q.embedding)::numeric, 3) AS distance
FROM packages p, packages q
WHERE q.package = 'gimp' AND p.installed_size < 10 * 1024 AND p.package <> q.package
ORDER BY p.embedding <=> q.embedding
LIMIT 5;

\echo '3. Averages per section: the sections nearest to "database"'
WITH sections AS (
    SELECT section, count(*) AS packages, avg(embedding) AS centre
    FROM packages GROUP BY section HAVING count(*) >= 100
)
SELECT s.section, s.packages, round((s.centre <=> d.centre)::numeric, 3) AS distance
FROM sections s, sections d
WHERE d.section = 'database' AND s.section <> d.section
ORDER BY s.centre <=> d.centre
LIMIT 5;

\echo '4. A self-join: pairs of databases that say almost the same'
SELECT a.package, b.package AS twin, round((a.embedding <=> b.embedding)::numeric, 4) AS distance
FROM packages a JOIN packages b ON a.package < b.package
WHERE a.section = 'database' AND b.section = 'database'
ORDER BY a.embedding <=> b.embedding
LIMIT 5;

\echo '5. What was made for pgvector finds its name: the alias extension'
SELECT extname, extversion FROM pg_extension WHERE extname IN ('vecmilvus', 'vector') ORDER BY 1;
