-- Binary format: bytes that send writes, COPY (FORMAT binary), malformed input to recv.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- a file that the server can write and read
SELECT current_setting('data_directory') || '/regress_binary.copy' AS file \gset
CREATE TABLE binary_file (path text);
INSERT INTO binary_file VALUES (:'file');

-- what send writes
SELECT x, outcome(x) FROM (VALUES
    ($$vector_send('[1,2,3]')$$),
    ($$vector_send('[-0,0.1,3.4028235e38]')$$),
    ($$substring(vector_send(array_fill(1, ARRAY[16000])::vector), 1, 8)$$),
    ($$length(vector_send(array_fill(1, ARRAY[16000])::vector))$$),
    ($$halfvec_send('[1,2,3]')$$),
    ($$halfvec_send('[-0,65504,5.9604645e-08]')$$),
    ($$length(halfvec_send(array_fill(1, ARRAY[16000])::halfvec))$$),
    ($$sparsevec_send('{1:1}/3')$$),
    ($$sparsevec_send('{}/1000000000')$$),
    ($$sparsevec_send('{3:-1.5,999999999:2}/1000000000')$$)
) v(x);

-- round trip through COPY (FORMAT binary)
CREATE TABLE binary_out (id int, v vector, v3 vector(3), h halfvec, s sparsevec, a vector[]);
INSERT INTO binary_out VALUES
    (1, '[1,2,3]', '[4,5,6]', '[1,2,3]', '{1:1}/3', '{"[1]","[2,3]"}'),
    (2, NULL, NULL, NULL, NULL, NULL),
    (3, '[-0,1e-45,3.4028235e38,-3.4028235e38]', '[-0,0,0.1]', '[65504,-65504,5.9604645e-08,-0]',
        '{}/1000000000', '{}'),
    (4, array_fill(0.1, ARRAY[16000]), NULL, array_fill(0.1, ARRAY[16000]),
        array_fill(0.1, ARRAY[16000]), NULL);
COPY binary_out TO :'file' (FORMAT binary);
CREATE TABLE binary_in (LIKE binary_out);
COPY binary_in FROM :'file' (FORMAT binary);
SELECT id, i.v = o.v AND i.v::text = o.v::text AS v, i.v3::text = o.v3::text AS v3, i.h = o.h
    AND i.h::text = o.h::text AS h,
    i.s = o.s AND i.s::text = o.s::text AS s, i.a = o.a AS a
    FROM binary_out o JOIN binary_in i USING (id) ORDER BY id;
SELECT v, v3, h, s, a FROM binary_in WHERE id = 3;

-- every half value, bit for bit
CREATE TABLE binary_half_out AS
    SELECT ('[' || string_agg((m::float8 * 2.0 ^ (e - 25))::text, ','
        ORDER BY m) || ']')::halfvec AS h
    FROM generate_series(1, 30) e, generate_series(1024, 2047) m GROUP BY e;
COPY binary_half_out TO :'file' (FORMAT binary);
CREATE TABLE binary_half_in (h halfvec);
COPY binary_half_in FROM :'file' (FORMAT binary);
SELECT count(*) FROM (SELECT h FROM binary_half_out INTERSECT SELECT h FROM binary_half_in) s;
SELECT count(*) AS different FROM (SELECT halfvec_send(h)
    FROM binary_half_out EXCEPT SELECT halfvec_send(h) FROM binary_half_in) s;
DROP TABLE binary_out, binary_in, binary_half_out, binary_half_in;

-- recv of crafted bytes: a bytea written in binary is read as a value of the type
CREATE FUNCTION received(type text, bytes text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    path text := (SELECT path FROM binary_file);
    result text;
BEGIN
    EXECUTE format('COPY (SELECT decode(%L, ''hex'')) TO %L (FORMAT binary)',
        replace(bytes, ' ', ''), path);
    EXECUTE format('CREATE TEMP TABLE received_value (v %s) ON COMMIT DROP', type);
    EXECUTE format('COPY received_value FROM %L (FORMAT binary)', path);
    SELECT v::text INTO result FROM received_value;
    DROP TABLE received_value;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;

SELECT t, x, received(t, x) FROM (VALUES
    ('vector', '0003 0000 3f800000 40000000 40400000'),
    ('vector', '0001 0000 80000000'),
    ('vector', '0001 0000 00000001'),
    ('vector', '0001 0000 7f7fffff'),
    ('vector', '0001 0000 7f800000'),
    ('vector', '0001 0000 ff800000'),
    ('vector', '0001 0000 7fc00000'),
    ('vector', '0001 0000 ffc00001'),
    ('vector', '0002 0000 3f800000 7f800001'),
    ('vector', '0000 0000'),
    ('vector', 'ffff 0000'),
    ('vector', '8000 0000'),
    ('vector', '8000 0000 3f800000'),
    ('vector', '3e81 0000'),
    ('vector', '7fff 0000 3f800000'),
    ('vector', '3e80 0000 3f800000'),
    ('vector', '0003 0000 3f800000 40000000'),
    ('vector', '0003 0000 3f800000 40000000 4040'),
    ('vector', '0003 0000'),
    ('vector', '0003 00'),
    ('vector', '0003'),
    ('vector', '00'),
    ('vector', ''),
    ('vector', '0001 0001 3f800000'),
    ('vector', '0001 ffff 3f800000'),
    ('vector', '0001 8000 3f800000'),
    ('vector', '0001 0000 3f800000 3f800000'),
    ('vector', '0001 0000 3f800000 00'),
    ('vector', '0100 0000 3f800000'),
    ('vector(2)', '0002 0000 3f800000 40000000'),
    ('vector(2)', '0001 0000 3f800000'),
    ('vector(2)', '0003 0000 3f800000 40000000 40400000')
) v(t, x);

SELECT t, x, received(t, x) FROM (VALUES
    ('halfvec', '0003 0000 3c00 4000 4200'),
    ('halfvec', '0001 0000 8000'),
    ('halfvec', '0001 0000 0001'),
    ('halfvec', '0001 0000 03ff'),
    ('halfvec', '0001 0000 7bff'),
    ('halfvec', '0001 0000 7c00'),
    ('halfvec', '0001 0000 fc00'),
    ('halfvec', '0001 0000 7c01'),
    ('halfvec', '0001 0000 7e00'),
    ('halfvec', '0001 0000 ffff'),
    ('halfvec', '0000 0000'),
    ('halfvec', 'ffff 0000'),
    ('halfvec', '3e81 0000'),
    ('halfvec', '3e80 0000 3c00'),
    ('halfvec', '0002 0000 3c00'),
    ('halfvec', '0002 0000 3c00 40'),
    ('halfvec', '0001 0001 3c00'),
    ('halfvec', '0001 0000 3c00 3c00'),
    ('halfvec', '00'),
    ('halfvec(2)', '0001 0000 3c00')
) v(t, x);

SELECT t, x, received(t, x) FROM (VALUES
    ('sparsevec', '00000003 00000001 00000000 00000000 3f800000'),
    ('sparsevec', '00000003 00000000 00000000'),
    ('sparsevec', '3b9aca00 00000002 00000000 00000000 3b9ac9ff 3f800000 40000000'),
    ('sparsevec', '00000003 00000002 00000000 00000000 00000002 3f800000 bf800000'),
    ('sparsevec', '00000000 00000000 00000000'),
    ('sparsevec', 'ffffffff 00000000 00000000'),
    ('sparsevec', '80000000 00000000 00000000'),
    ('sparsevec', '3b9aca01 00000000 00000000'),
    ('sparsevec', '7fffffff 00000000 00000000'),
    ('sparsevec', '00000003 ffffffff 00000000'),
    ('sparsevec', '00000003 80000000 00000000'),
    ('sparsevec', '00000003 00000004 00000000'),
    ('sparsevec', '3b9aca00 00003e81 00000000'),
    ('sparsevec', '3b9aca00 7fffffff 00000000'),
    ('sparsevec', '3b9aca00 00003e80 00000000'),
    ('sparsevec', '00000003 00000000 00000001'),
    ('sparsevec', '00000003 00000001 ffffffff 00000000 3f800000'),
    ('sparsevec', '00000003 00000001 00000000 00000003 3f800000'),
    ('sparsevec', '00000003 00000001 00000000 ffffffff 3f800000'),
    ('sparsevec', '00000003 00000001 00000000 80000000 3f800000'),
    ('sparsevec', '00000003 00000001 00000000 7fffffff 3f800000'),
    ('sparsevec', '00000003 00000002 00000000 00000001 00000000 3f800000 40000000'),
    ('sparsevec', '00000003 00000002 00000000 00000001 00000001 3f800000 40000000'),
    ('sparsevec', '00000003 00000003 00000000 00000000 00000002 00000001 3f800000 40000000 3f800000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 00000000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 80000000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 00000001'),
    ('sparsevec', '00000003 00000001 00000000 00000000 7fc00000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 7f800000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 ff800000'),
    ('sparsevec', '00000003 00000002 00000000 00000000 00000001 3f800000'),
    ('sparsevec', '00000003 00000002 00000000 00000000'),
    ('sparsevec', '00000003 00000001 00000000'),
    ('sparsevec', '00000003 00000001 00000000 00000000 3f8000'),
    ('sparsevec', '00000003 00000001'),
    ('sparsevec', '00000003'),
    ('sparsevec', '000000'),
    ('sparsevec', ''),
    ('sparsevec', '00000003 00000001 00000000 00000000 3f800000 00'),
    ('sparsevec', '00000003 00000000 00000000 00000000'),
    ('sparsevec(3)', '00000003 00000000 00000000'),
    ('sparsevec(4)', '00000003 00000000 00000000')
) v(t, x);

-- the file goes
SELECT 'rm -f ''' || :'file' || '''' AS command \gset
COPY (SELECT 1) TO PROGRAM :'command';
DROP FUNCTION received;
DROP TABLE binary_file;
