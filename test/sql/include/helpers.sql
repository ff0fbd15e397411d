\set ECHO none
-- Included by every regress test. Output is unaligned, so that a change in
-- one row changes one line, and errors are rows: SQLSTATE, message and DETAIL.
-- (HINTs are left out: vecmilvus adds some to pgvector's texts.)
\pset format unaligned
\pset null NULL
\pset footer off
SET client_min_messages = warning;

-- The value of an SQL expression, or the error that it raises.
CREATE OR REPLACE FUNCTION outcome(expr text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
    detail text;
BEGIN
    EXECUTE 'SELECT (' || expr || ')::text' INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN sqlstate || ' ' || sqlerrm || CASE WHEN detail <> '' THEN ' / ' || detail ELSE '' END;
END $$;

-- The same for a statement: 'ok' and the number of rows, or the error.
CREATE OR REPLACE FUNCTION outcome_of_statement(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    detail text;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN 'ok ' || n;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN sqlstate || ' ' || sqlerrm || CASE WHEN detail <> '' THEN ' / ' || detail ELSE '' END;
END $$;
RESET client_min_messages;
\set ECHO all
