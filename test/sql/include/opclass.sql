\set ECHO none
-- For tests of operator classes: builds an index on half of the values, inserts
-- the other half, and compares every search with the exact one. One row a query;
-- 'agrees' when the distances are the same and the plan used the index.
CREATE FUNCTION search_by_index(am text, options text, opclass text, type text, operator text,
    items text[], queries text[])
    RETURNS TABLE (query text, rows bigint, nearest text, verdict text)
    LANGUAGE plpgsql AS $$
DECLARE
    search text;
    plan text;
    exact float8[];
    found float8[];
BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    EXECUTE format('CREATE TABLE searched (id int, v %s)', type);
    EXECUTE format('INSERT INTO searched SELECT i, ($1)[i]::%s
        FROM generate_series(1, cardinality($1) / 2) i', type) USING items;
    EXECUTE format('CREATE INDEX searched_v ON searched USING %s (v %s) %s', am, opclass, options);
    EXECUTE format('INSERT INTO searched SELECT i, ($1)[i]::%s
        FROM generate_series(cardinality($1) / 2 + 1, cardinality($1)) i', type) USING items;
    FOREACH query IN ARRAY queries LOOP
        search := format('SELECT v %1$s %2$s::%3$s AS d, v FROM searched ORDER BY v %1$s %2$s::%3$s',
            operator, CASE WHEN query IS NULL THEN '(SELECT NULL)' ELSE quote_literal(query) END,
            type);
        SET LOCAL enable_seqscan = off;
        SET LOCAL enable_indexscan = on;
        plan := '';
        FOR nearest IN EXECUTE 'EXPLAIN (COSTS OFF) ' || search LOOP
            plan := plan || nearest;
        END LOOP;
        EXECUTE format('SELECT array_agg(d), count(*), (array_agg(v))[1]::text FROM (%s) s', search)
            INTO found, rows, nearest;
        SET LOCAL enable_seqscan = on;
        SET LOCAL enable_indexscan = off;
        EXECUTE format('SELECT array_agg(d) FROM (%s LIMIT %s) s', search, rows) INTO exact;
        verdict := CASE WHEN plan NOT LIKE '%Index Scan using searched_v%' THEN 'no index'
            WHEN found IS NOT DISTINCT FROM exact THEN 'agrees'
            WHEN query IS NULL THEN 'no order' ELSE 'differs' END;
        -- of several that are equally near, any may come first
        IF verdict <> 'agrees' OR query IS NULL OR found[1] = found[2] THEN
            nearest := NULL;
        END IF;
        RETURN NEXT;
    END LOOP;
    SET LOCAL enable_indexscan = on;
    DROP TABLE searched;
END $$;
\set ECHO all
