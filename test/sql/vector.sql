-- vector: text input and output, type modifiers, limits.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- accepted literals
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$'[1,2,3]'$$),
    ($$'[1]'$$),
    ($$'[-1,+2,-0,+0]'$$),
    ($$'[.5,5.,-.5,+.5e1]'$$),
    ($$'[1e3,1E3,1e+3,1e-3,001,0.10]'$$),
    ($$'[1.23456789,123456789,16777217,0.1]'$$),
    ($$'[0x10,0x1p-1,0X1.8P1]'$$),
    ($$'[100000,1000000,1e15,1e16,123456.7,0.0001,0.00001]'$$)
) v(x);

-- white space: space, tab, newline, return, vertical tab, form feed
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$' [ 1 , 2 , 3 ] '$$),
    ($$E'\t[\n1\r,\x0b2\f,\t3\n]\r\x0b\f'$$),
    ($$'[1 ,2]'$$),
    ($$'[ 1,2]'$$),
    ($$'[1 2]'$$),
    ($$'[1e 2]'$$),
    ($$'[- 1]'$$)
) v(x);

-- range of float4: too large is an error, too small becomes zero
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$'[3.4028235e38,-3.4028235e38]'$$),
    ($$'[3.40282356e38]'$$),
    ($$'[3.4028236e38]'$$),
    ($$'[1e39]'$$),
    ($$'[-1e39]'$$),
    ($$'[1,2,4e38,3]'$$),
    ($$'[1e400]'$$),
    ($$'[1e99999999999]'$$),
    ($$'[1.17549435e-38,1e-38,1e-40,1.4e-45]'$$),
    ($$'[1e-45,7.1e-46,7e-46]'$$),
    ($$'[1e-46,1]'$$),
    ($$'[-1e-46,1]'$$),
    ($$'[1e-400]'$$),
    ($$'[0e99999999999]'$$),
    ($$('[1' || repeat('0', 38) || ']')$$),
    ($$('[1' || repeat('0', 39) || ']')$$),
    ($$('[0.' || repeat('0', 60) || '1e60]')$$),
    ($$('[' || repeat('0', 2000) || '7]')$$),
    ($$('[0.' || repeat('3', 2000) || ']')$$)
) v(x);

-- rounding to the nearest float4, ties to even: one step, not through float8
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$'[16777216,16777217,16777218,16777219]'$$),
    ($$'[1.000000059604644775390625]'$$),
    ($$'[1.00000005960464477539062500000000000000000001]'$$),
    ($$'[1.000000059604644775390624999999999999999999999]'$$),
    ($$'[1.000000178813934326171875]'$$),
    ($$'[0.500000029802322387695312501]'$$),
    ($$'[8388608.5,8388609.5,33554433,33554435]'$$),
    ($$'[7.038531e-26,1.1754942e-38,9.999999e9]'$$)
) v(x);

-- not numbers
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$'[NaN]'$$),
    ($$'[nan,1]'$$),
    ($$'[1,NAN]'$$),
    ($$'[-nan]'$$),
    ($$'[nan(1)]'$$),
    ($$'[Infinity]'$$),
    ($$'[-Infinity]'$$),
    ($$'[inf]'$$),
    ($$'[1,-INF]'$$),
    ($$'[infinit]'$$),
    ($$'[NULL]'$$),
    ($$'[a]'$$),
    ($$'[1a]'$$),
    ($$'[1,2a,3]'$$),
    ($$'[1.5.5]'$$),
    ($$'[1e]'$$),
    ($$'[1e+]'$$),
    ($$'[--1]'$$),
    ($$'[+-1]'$$),
    ($$'[+]'$$),
    ($$'[-]'$$),
    ($$'[.]'$$),
    ($$'[e5]'$$),
    ($$'[0x]'$$),
    ($$'[1_000]'$$),
    ($$'[''1'']'$$),
    ($$'["1"]'$$)
) v(x);

-- brackets, commas and what follows
SELECT x, outcome(format('%s::vector', x)) FROM (VALUES
    ($$''$$),
    ($$' '$$),
    ($$'1,2,3'$$),
    ($$'{1,2,3}'$$),
    ($$'(1,2,3)'$$),
    ($$'x[1]'$$),
    ($$'['$$),
    ($$'[ '$$),
    ($$'[]'$$),
    ($$'[ ]'$$),
    ($$'[,'$$),
    ($$'[,]'$$),
    ($$'[1'$$),
    ($$'[1 '$$),
    ($$'[1,'$$),
    ($$'[1,]'$$),
    ($$'[1, ]'$$),
    ($$'[,1]'$$),
    ($$'[1,,2]'$$),
    ($$'[1, ,2]'$$),
    ($$'[1;2]'$$),
    ($$'[1,2}'$$),
    ($$'[1,2)'$$),
    ($$'[[1,2]]'$$),
    ($$'[1,[2]]'$$),
    ($$'[1,2]]'$$),
    ($$'[1,2] ]'$$),
    ($$'[1,2]3'$$),
    ($$'[1,2],'$$),
    ($$'[1,2] x'$$),
    ($$'[1,2][3]'$$),
    ($$']'$$)
) v(x);

-- type modifiers
SELECT x, outcome(x) FROM (VALUES
    ($$'[1,2,3]'::vector(3)$$),
    ($$'[1,2,3]'::vector(2)$$),
    ($$'[1,2,3]'::vector(4)$$),
    ($$'[1,2,3]'::vector::vector(2)$$),
    ($$'[1,2,3]'::vector(3)::vector(2)$$),
    ($$'[1,2,3]'::vector(3)::vector$$),
    ($$NULL::vector(3)$$),
    ($$'[1]'::vector(1)$$),
    ($$'[1]'::vector(0)$$),
    ($$'[1]'::vector(-1)$$),
    ($$'[1]'::vector(16000)$$),
    ($$'[1]'::vector(16001)$$),
    ($$'[1]'::vector(2147483647)$$),
    ($$'[1]'::vector(2147483648)$$),
    ($$'[1]'::vector(1.5)$$),
    ($$'[1]'::vector('a')$$),
    ($$'[1]'::vector('1')$$),
    ($$'[1]'::vector(a)$$),
    ($$'[1]'::vector(NULL)$$),
    ($$'[1]'::vector(1,1)$$),
    ($$'[1]'::vector()$$),
    ($$vector_typmod_in('{3}')$$),
    ($$vector_typmod_in('{}')$$),
    ($$vector_typmod_in('{1,2}')$$),
    ($$vector_typmod_in('{NULL}')$$),
    ($$vector_in('[1,2]', 0, -1)$$),
    ($$vector_in('[1,2]', 0, 2)$$),
    ($$vector_in('[1,2]', 0, 3)$$),
    ($$vector('[1,2]'::vector, 2, false)$$),
    ($$vector('[1,2]'::vector, 3, false)$$),
    ($$vector('[1,2]'::vector, -1, true)$$),
    ($$vector_out('[1,2]'::vector)$$),
    ($$format_type('vector'::regtype, -1)$$),
    ($$format_type('vector'::regtype, 3)$$),
    ($$format_type('vector'::regtype, 16000)$$),
    ($$pg_column_size('[1,2,3]'::vector)$$)
) v(x);

-- dimensions: 1 to 16,000
SELECT x, outcome(x) FROM (VALUES
    ($$vector_dims(array_fill(0, ARRAY[16000])::vector)$$),
    ($$vector_dims(array_fill(0, ARRAY[16000])::vector(16000))$$),
    ($$vector_dims(('[' || repeat('1,', 15999) || '1]')::vector)$$),
    ($$('[' || repeat('1,', 15999) || '1]')::vector::text = '[' || repeat('1,', 15999) || '1]'$$),
    ($$('[' || repeat('1,', 16000) || '1]')::vector$$),
    ($$('[' || repeat('1,', 100000) || '1]')::vector$$),
    ($$('[' || repeat('1,', 15999) || '1]')::vector(3)$$),
    ($$('[' || repeat('-1.17549435e-38,', 15999) || '-1.17549435e-38]')::vector::text = '[' || repeat('-1.1754944e-38,', 15999) || '-1.1754944e-38]'$$)
) v(x);

-- columns
CREATE TABLE vector_rows (id int, v vector(3), w vector, d vector(2) DEFAULT '[0,1]');
INSERT INTO vector_rows (id, v, w) VALUES
    (1, '[1,2,3]', '[1]'), (2, NULL, '[1,2]'), (3, '[4,5,6]', NULL);
SELECT * FROM vector_rows ORDER BY id;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$INSERT INTO vector_rows (v) VALUES ('[1,2]')$$),
    ($$INSERT INTO vector_rows (v) SELECT w FROM vector_rows WHERE id = 1$$),
    ($$UPDATE vector_rows SET v = '[1,2,3,4]' WHERE id = 1$$),
    ($$UPDATE vector_rows SET v = d WHERE id = 1$$),
    ($$UPDATE vector_rows SET w = d WHERE id = 1$$),
    ($$ALTER TABLE vector_rows ALTER w TYPE vector(2)$$),
    ($$ALTER TABLE vector_rows ALTER v TYPE vector(4)$$),
    ($$ALTER TABLE vector_rows ALTER v TYPE vector$$),
    ($$ALTER TABLE vector_rows ADD e vector(0)$$),
    ($$ALTER TABLE vector_rows ADD e vector(2) DEFAULT '[1]'$$)
) v(x);
SELECT * FROM vector_rows ORDER BY id;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = 'vector_rows'::regclass AND attnum > 0 ORDER BY attnum;
DROP TABLE vector_rows;

-- text COPY and arrays of vectors
CREATE TABLE vector_copy (v vector(3), a vector(2)[]);
COPY vector_copy FROM STDIN;
[1,2,3]	{"[1,2]","[3,4]"}
\N	{NULL,"[5,6]"}
 [ 7, 8.5 ,-9e-3] 	{}
\.
COPY vector_copy TO STDOUT;
SELECT a[1], a[2] FROM vector_copy;
SELECT x, outcome(x) FROM (VALUES
    ($$'{"[1,2]","[1,2,3]"}'::vector[]$$),
    ($$'{"[1,2]","[1,2,3]"}'::vector(2)[]$$),
    ($$ARRAY['[1,2]','[3]']::vector[]$$),
    ($$'{[1,2]}'::vector[]$$)
) v(x);
DROP TABLE vector_copy;
