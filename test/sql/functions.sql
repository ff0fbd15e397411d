-- Functions of vector, halfvec and sparsevec: distances, norms, parts.
-- Values are chosen so that float arithmetic is exact in any order of summation.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- vector

-- distances
SELECT x, outcome(x) FROM (VALUES
    ($$l2_distance('[0,0]'::vector, '[3,4]')$$),
    ($$l2_distance('[0,0]'::vector, '[0,1]')$$),
    ($$l2_distance('[1,2,3]'::vector, '[1,2,3]')$$),
    ($$l2_distance('[1]'::vector, '[-1]')$$),
    ($$l2_distance('[1,2]'::vector, '[3]')$$),
    ($$l2_distance(NULL::vector, '[3]')$$),
    ($$l2_distance('[3]'::vector, NULL)$$),
    ($$'[0,0]'::vector <-> '[3,4]'$$),
    ($$'[1,2]'::vector <-> '[3]'$$),
    ($$inner_product('[1,2]'::vector, '[3,4]')$$),
    ($$inner_product('[1,2]'::vector, '[-3,-4]')$$),
    ($$inner_product('[1,2]'::vector, '[3]')$$),
    ($$'[1,2]'::vector <#> '[3,4]'$$),
    ($$'[1,0]'::vector <#> '[0,1]'$$),
    ($$'[1,2]'::vector <#> '[3]'$$),
    ($$cosine_distance('[1,2]'::vector, '[2,4]')$$),
    ($$cosine_distance('[1,2]'::vector, '[-2,-4]')$$),
    ($$cosine_distance('[1,2]'::vector, '[0,0]')$$),
    ($$cosine_distance('[0,0]'::vector, '[0,0]')$$),
    ($$cosine_distance('[1,1]'::vector, '[1,1]')$$),
    ($$cosine_distance('[1,0]'::vector, '[0,2]')$$),
    ($$cosine_distance('[3,4]'::vector, '[4,3]')$$),
    ($$round((cosine_distance('[1,1]'::vector, '[1.1,1.1]'))::numeric, 5)$$),
    ($$round((cosine_distance('[1,1]'::vector, '[-1.1,-1.1]'))::numeric, 5)$$),
    ($$cosine_distance('[1,2]'::vector, '[3]')$$),
    ($$'[1,2]'::vector <=> '[2,4]'$$),
    ($$'[1,2]'::vector <=> '[3]'$$),
    ($$l1_distance('[0,0]'::vector, '[3,4]')$$),
    ($$l1_distance('[0,0]'::vector, '[0,-1]')$$),
    ($$l1_distance('[1,2]'::vector, '[3]')$$),
    ($$'[0,0]'::vector <+> '[3,-4]'$$),
    ($$'[1,2]'::vector <+> '[3]'$$),
    ($$vector_l2_squared_distance('[0,0]', '[3,4]')$$),
    ($$vector_l2_squared_distance('[1,2]', '[3]')$$),
    ($$vector_negative_inner_product('[1,2]', '[3,4]')$$),
    ($$vector_negative_inner_product('[1,2]', '[3]')$$),
    ($$vector_spherical_distance('[1,0]', '[0,1]')$$),
    ($$vector_spherical_distance('[1,0]', '[1,0]')$$),
    ($$vector_spherical_distance('[1,0]', '[-1,0]')$$),
    ($$vector_spherical_distance('[2,0]', '[2,0]')$$),
    ($$vector_spherical_distance('[2,0]', '[-2,0]')$$),
    ($$vector_spherical_distance('[1,2]', '[3]')$$)
) v(x);

-- every tail length of a SIMD loop: sum of 1..n, squares, absolute values
SELECT n, l2_distance(a, b) AS l2, inner_product(a, b) AS ip, l1_distance(a, b) AS l1,
    vector_l2_squared_distance(a, b) AS l2_squared, a <#> b AS negative_ip,
    cosine_distance(a, a) AS self, cosine_distance(a, b) AS across,
        sqrt(n::float8) = l2_distance(a, z) AS norm_ok
    FROM (SELECT n, array_agg(1)::vector AS a, array_agg(-1)::vector AS b, array_agg(0)::vector AS z
        FROM generate_series(1, 70) n, generate_series(1, n) i GROUP BY n) s
    WHERE n < 36 OR n > 62 ORDER BY n;

-- overflow of float4 sums is Infinity or NaN, not an error
SELECT x, outcome(x) FROM (VALUES
    ($$l2_distance('[3e38]'::vector, '[-3e38]')$$),
    ($$'[3e38]'::vector <-> '[-3e38]'$$),
    ($$vector_l2_squared_distance('[3e38]', '[-3e38]')$$),
    ($$inner_product('[3e38]'::vector, '[3e38]')$$),
    ($$inner_product('[3e38]'::vector, '[-3e38]')$$),
    ($$'[3e38]'::vector <#> '[3e38]'$$),
    ($$cosine_distance('[3e38]'::vector, '[3e38]')$$),
    ($$cosine_distance('[3e38,1]'::vector, '[1,1]')$$),
    ($$cosine_distance('[1e-30]'::vector, '[1e-30]')$$),
    ($$l1_distance('[3e38]'::vector, '[-3e38]')$$),
    ($$l1_distance('[3e38,3e38]'::vector, '[0,0]')$$),
    ($$vector_spherical_distance('[3e38]', '[3e38]')$$),
    ($$vector_spherical_distance('[3e38]', '[-3e38]')$$),
    ($$l2_distance('[1e-30]'::vector, '[-1e-30]')$$),
    ($$inner_product('[1e-30]'::vector, '[1e-30]')$$)
) v(x);

-- dimensions, norm, unit length
SELECT x, outcome(x) FROM (VALUES
    ($$vector_dims('[1,2,3]'::vector)$$),
    ($$vector_dims('[1]'::vector)$$),
    ($$vector_dims(NULL::vector)$$),
    ($$vector_norm('[3,4]'::vector)$$),
    ($$vector_norm('[0,1]'::vector)$$),
    ($$vector_norm('[0,0]'::vector)$$),
    ($$vector_norm('[-2]'::vector)$$),
    ($$l2_normalize('[3,4]'::vector)$$),
    ($$l2_normalize('[3,0]'::vector)$$),
    ($$l2_normalize('[0,-0.25]'::vector)$$),
    ($$l2_normalize('[0,0]'::vector)$$),
    ($$l2_normalize('[0,-0]'::vector)$$),
    ($$l2_normalize('[1,1,1,1]'::vector)$$),
    ($$vector_norm('[3e37,4e37]'::vector)::float4$$),
    ($$vector_norm('[3e38,3e38]'::vector) > 4.24e38$$),
    ($$vector_norm('[1e-45]'::vector)$$),
    ($$l2_norm('[1]'::vector)$$),
    ($$l2_normalize('[3e38]'::vector)$$),
    ($$l2_normalize('[3e38,3e38]'::vector)$$),
    ($$l2_normalize('[1e-45]'::vector)$$),
    ($$l2_normalize('[1e-38,1e38]'::vector)$$)
) v(x);

-- parts: 1-based as substring(); a start before 1 shortens the part
SELECT x, outcome(x) FROM (VALUES
    ($$subvector('[1,2,3,4,5]'::vector, 1, 3)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 3, 2)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 5, 1)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 1, 5)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 2, 9)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 0, 3)$$),
    ($$subvector('[1,2,3,4,5]'::vector, -1, 3)$$),
    ($$subvector('[1,2,3,4,5]'::vector, -1, 2)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 0, 1)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 3, 0)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 3, -1)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 6, 1)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 1, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 3, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 2147483647, 1)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 2147483647, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, -2147483644, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, -2147483643, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, -2147483646, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, (-2147483648)::int, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::vector, (-2147483648)::int, (-2147483648)::int)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 1, (-2147483648)::int)$$),
    ($$subvector('[1,2,3,4,5]'::vector, 2147483647, (-2147483648)::int)$$),
    ($$subvector(NULL::vector, 1, 1)$$),
    ($$subvector('[1,2]'::vector, NULL, 1)$$)
) v(x);

-- signs as bits: 1 where above zero
SELECT x, outcome(x) FROM (VALUES
    ($$binary_quantize('[1,0,-1]'::vector)$$),
    ($$binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7]'::vector)$$),
    ($$binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7,0.8]'::vector)$$),
    ($$binary_quantize('[1]'::vector)$$),
    ($$binary_quantize('[-0]'::vector)$$),
    ($$binary_quantize('[1e-45,-1e-45]'::vector)$$),
    ($$binary_quantize(NULL::vector)$$),
    ($$pg_typeof(binary_quantize('[1,2]'::vector))$$),
    ($$length(binary_quantize(array_fill(1, ARRAY[16000])::vector))$$),
    ($$binary_quantize(array_fill(1, ARRAY[16000])::vector) = repeat('1', 16000)::bit(16000)$$),
    ($$binary_quantize('[1,0,1]'::vector)::bit(3) <~> '111'$$)
) v(x);
SELECT n, binary_quantize(v) FROM (
    SELECT n, array_agg(CASE WHEN i % 3 = 0 THEN -1 ELSE 1 END ORDER BY i)::vector v
    FROM generate_series(1, 34) n, generate_series(1, n) i GROUP BY n) s ORDER BY n;

---------------------------------------------------------------- halfvec

-- distances
SELECT x, outcome(x) FROM (VALUES
    ($$l2_distance('[0,0]'::halfvec, '[3,4]')$$),
    ($$l2_distance('[0,0]'::halfvec, '[0,1]')$$),
    ($$l2_distance('[1,2,3]'::halfvec, '[1,2,3]')$$),
    ($$l2_distance('[1]'::halfvec, '[-1]')$$),
    ($$l2_distance('[1,2]'::halfvec, '[3]')$$),
    ($$l2_distance(NULL::halfvec, '[3]')$$),
    ($$l2_distance('[3]'::halfvec, NULL)$$),
    ($$'[0,0]'::halfvec <-> '[3,4]'$$),
    ($$'[1,2]'::halfvec <-> '[3]'$$),
    ($$inner_product('[1,2]'::halfvec, '[3,4]')$$),
    ($$inner_product('[1,2]'::halfvec, '[-3,-4]')$$),
    ($$inner_product('[1,2]'::halfvec, '[3]')$$),
    ($$'[1,2]'::halfvec <#> '[3,4]'$$),
    ($$'[1,0]'::halfvec <#> '[0,1]'$$),
    ($$'[1,2]'::halfvec <#> '[3]'$$),
    ($$cosine_distance('[1,2]'::halfvec, '[2,4]')$$),
    ($$cosine_distance('[1,2]'::halfvec, '[-2,-4]')$$),
    ($$cosine_distance('[1,2]'::halfvec, '[0,0]')$$),
    ($$cosine_distance('[0,0]'::halfvec, '[0,0]')$$),
    ($$cosine_distance('[1,1]'::halfvec, '[1,1]')$$),
    ($$cosine_distance('[1,0]'::halfvec, '[0,2]')$$),
    ($$cosine_distance('[3,4]'::halfvec, '[4,3]')$$),
    ($$round((cosine_distance('[1,1]'::halfvec, '[1.1,1.1]'))::numeric, 5)$$),
    ($$round((cosine_distance('[1,1]'::halfvec, '[-1.1,-1.1]'))::numeric, 5)$$),
    ($$cosine_distance('[1,2]'::halfvec, '[3]')$$),
    ($$'[1,2]'::halfvec <=> '[2,4]'$$),
    ($$'[1,2]'::halfvec <=> '[3]'$$),
    ($$l1_distance('[0,0]'::halfvec, '[3,4]')$$),
    ($$l1_distance('[0,0]'::halfvec, '[0,-1]')$$),
    ($$l1_distance('[1,2]'::halfvec, '[3]')$$),
    ($$'[0,0]'::halfvec <+> '[3,-4]'$$),
    ($$'[1,2]'::halfvec <+> '[3]'$$),
    ($$halfvec_l2_squared_distance('[0,0]', '[3,4]')$$),
    ($$halfvec_l2_squared_distance('[1,2]', '[3]')$$),
    ($$halfvec_negative_inner_product('[1,2]', '[3,4]')$$),
    ($$halfvec_negative_inner_product('[1,2]', '[3]')$$),
    ($$halfvec_spherical_distance('[1,0]', '[0,1]')$$),
    ($$halfvec_spherical_distance('[1,0]', '[1,0]')$$),
    ($$halfvec_spherical_distance('[1,0]', '[-1,0]')$$),
    ($$halfvec_spherical_distance('[2,0]', '[2,0]')$$),
    ($$halfvec_spherical_distance('[2,0]', '[-2,0]')$$),
    ($$halfvec_spherical_distance('[1,2]', '[3]')$$)
) v(x);

-- every tail length of a SIMD loop: sum of 1..n, squares, absolute values
SELECT n, l2_distance(a, b) AS l2, inner_product(a, b) AS ip, l1_distance(a, b) AS l1,
    halfvec_l2_squared_distance(a, b) AS l2_squared, a <#> b AS negative_ip,
    cosine_distance(a, a) AS self, cosine_distance(a, b) AS across,
        sqrt(n::float8) = l2_distance(a, z) AS norm_ok
    FROM (SELECT n, array_agg(1)::halfvec AS a, array_agg(-1)::halfvec AS b,
        array_agg(0)::halfvec AS z
        FROM generate_series(1, 70) n, generate_series(1, n) i GROUP BY n) s
    WHERE n < 36 OR n > 62 ORDER BY n;

-- overflow of float4 sums is Infinity or NaN, not an error
SELECT x, outcome(x) FROM (VALUES
    ($$l2_distance('[65504]'::halfvec, '[-65504]')$$),
    ($$inner_product('[65504]'::halfvec, '[65504]')$$),
    ($$cosine_distance('[65504]'::halfvec, '[65504]')$$),
    ($$l1_distance('[65504,65504]'::halfvec, '[-65504,-65504]')$$),
    ($$l2_distance('[5.9604645e-08]'::halfvec, '[0]')$$),
    ($$cosine_distance('[5.9604645e-08]'::halfvec, '[5.9604645e-08]')$$)
) v(x);

-- dimensions, norm, unit length
SELECT x, outcome(x) FROM (VALUES
    ($$vector_dims('[1,2,3]'::halfvec)$$),
    ($$vector_dims('[1]'::halfvec)$$),
    ($$vector_dims(NULL::halfvec)$$),
    ($$l2_norm('[3,4]'::halfvec)$$),
    ($$l2_norm('[0,1]'::halfvec)$$),
    ($$l2_norm('[0,0]'::halfvec)$$),
    ($$l2_norm('[-2]'::halfvec)$$),
    ($$l2_normalize('[3,4]'::halfvec)$$),
    ($$l2_normalize('[3,0]'::halfvec)$$),
    ($$l2_normalize('[0,-0.25]'::halfvec)$$),
    ($$l2_normalize('[0,0]'::halfvec)$$),
    ($$l2_normalize('[0,-0]'::halfvec)$$),
    ($$l2_normalize('[1,1,1,1]'::halfvec)$$),
    ($$l2_norm('[65504]'::halfvec)$$),
    ($$vector_norm('[1]'::halfvec)$$),
    ($$l2_normalize('[65504]'::halfvec)$$),
    ($$l2_normalize('[5.9604645e-08]'::halfvec)$$),
    ($$l2_normalize('[5.9604645e-08,65504]'::halfvec)$$)
) v(x);

-- parts: 1-based as substring(); a start before 1 shortens the part
SELECT x, outcome(x) FROM (VALUES
    ($$subvector('[1,2,3,4,5]'::halfvec, 1, 3)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 3, 2)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 5, 1)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 1, 5)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 2, 9)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 0, 3)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, -1, 3)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, -1, 2)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 0, 1)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 3, 0)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 3, -1)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 6, 1)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 1, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 3, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 2147483647, 1)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 2147483647, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, -2147483644, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, -2147483643, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, -2147483646, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, (-2147483648)::int, 2147483647)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, (-2147483648)::int, (-2147483648)::int)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 1, (-2147483648)::int)$$),
    ($$subvector('[1,2,3,4,5]'::halfvec, 2147483647, (-2147483648)::int)$$),
    ($$subvector(NULL::halfvec, 1, 1)$$),
    ($$subvector('[1,2]'::halfvec, NULL, 1)$$)
) v(x);

-- signs as bits: 1 where above zero
SELECT x, outcome(x) FROM (VALUES
    ($$binary_quantize('[1,0,-1]'::halfvec)$$),
    ($$binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7]'::halfvec)$$),
    ($$binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7,0.8]'::halfvec)$$),
    ($$binary_quantize('[1]'::halfvec)$$),
    ($$binary_quantize('[-0]'::halfvec)$$),
    ($$binary_quantize('[5.9604645e-08,-5.9604645e-08]'::halfvec)$$),
    ($$binary_quantize(NULL::halfvec)$$),
    ($$pg_typeof(binary_quantize('[1,2]'::halfvec))$$),
    ($$length(binary_quantize(array_fill(1, ARRAY[16000])::halfvec))$$),
    ($$binary_quantize(array_fill(1, ARRAY[16000])::halfvec) = repeat('1', 16000)::bit(16000)$$),
    ($$binary_quantize('[1,0,1]'::halfvec)::bit(3) <~> '111'$$)
) v(x);
SELECT n, binary_quantize(v) FROM (
    SELECT n, array_agg(CASE WHEN i % 3 = 0 THEN -1 ELSE 1 END ORDER BY i)::halfvec v
    FROM generate_series(1, 34) n, generate_series(1, n) i GROUP BY n) s ORDER BY n;

---------------------------------------------------------------- sparsevec

-- distances
SELECT x, outcome(x) FROM (VALUES
    ($$l2_distance('{}/2'::sparsevec, '{1:3,2:4}/2')$$),
    ($$l2_distance('{1:3}/2'::sparsevec, '{2:4}/2')$$),
    ($$l2_distance('{1:3,2:4}/2'::sparsevec, '{}/2')$$),
    ($$l2_distance('{1:1,3:5}/4'::sparsevec, '{2:2,3:1,4:2}/4')$$),
    ($$l2_distance('{}/2'::sparsevec, '{}/2')$$),
    ($$l2_distance('{1:1}/2'::sparsevec, '{1:1}/3')$$),
    ($$l2_distance('{1:3e38}/1'::sparsevec, '{1:-3e38}/1')$$),
    ($$l2_distance(NULL::sparsevec, '{}/1')$$),
    ($$'{1:3}/2'::sparsevec <-> '{2:4}/2'$$),
    ($$'{1:3}/2'::sparsevec <-> '{2:4}/3'$$),
    ($$inner_product('{1:1,2:2}/2'::sparsevec, '{1:2,2:4}/2')$$),
    ($$inner_product('{1:1}/2'::sparsevec, '{2:1}/2')$$),
    ($$inner_product('{}/2'::sparsevec, '{2:1}/2')$$),
    ($$inner_product('{1:1,3:3,5:5,7:7}/9'::sparsevec, '{2:2,3:3,7:-7,8:8}/9')$$),
    ($$inner_product('{1:1}/2'::sparsevec, '{1:1}/3')$$),
    ($$inner_product('{1:3e38}/1'::sparsevec, '{1:3e38}/1')$$),
    ($$'{1:1,2:2}/2'::sparsevec <#> '{1:2,2:4}/2'$$),
    ($$'{1:1}/2'::sparsevec <#> '{2:1}/2'$$),
    ($$'{1:1}/2'::sparsevec <#> '{2:1}/3'$$),
    ($$cosine_distance('{1:1,2:2}/2'::sparsevec, '{1:2,2:4}/2')$$),
    ($$cosine_distance('{1:1,2:2}/2'::sparsevec, '{1:-2,2:-4}/2')$$),
    ($$cosine_distance('{1:1}/2'::sparsevec, '{2:2}/2')$$),
    ($$cosine_distance('{1:3,2:4}/3'::sparsevec, '{1:4,2:3}/3')$$),
    ($$cosine_distance('{1:1,2:2}/2'::sparsevec, '{}/2')$$),
    ($$cosine_distance('{}/2'::sparsevec, '{}/2')$$),
    ($$round((cosine_distance('{1:1,2:1}/2'::sparsevec, '{1:1.1,2:1.1}/2'))::numeric, 5)$$),
    ($$cosine_distance('{1:1}/2'::sparsevec, '{1:1}/3')$$),
    ($$cosine_distance('{1:3e38}/1'::sparsevec, '{1:3e38}/1')$$),
    ($$'{1:1,2:2}/2'::sparsevec <=> '{1:2,2:4}/2'$$),
    ($$'{1:1}/2'::sparsevec <=> '{2:1}/3'$$),
    ($$l1_distance('{1:1}/2'::sparsevec, '{2:2}/2')$$),
    ($$l1_distance('{1:1,3:-5}/4'::sparsevec, '{2:2,3:1,4:2}/4')$$),
    ($$l1_distance('{1:1}/2'::sparsevec, '{1:1}/3')$$),
    ($$l1_distance('{1:3e38}/1'::sparsevec, '{1:-3e38}/1')$$),
    ($$'{1:1}/2'::sparsevec <+> '{2:2}/2'$$),
    ($$'{1:1}/2'::sparsevec <+> '{2:2}/3'$$),
    ($$sparsevec_l2_squared_distance('{1:1,3:5}/4', '{2:2,3:1,4:2}/4')$$),
    ($$sparsevec_l2_squared_distance('{1:1}/2', '{1:1}/3')$$),
    ($$sparsevec_negative_inner_product('{1:1,2:2}/2', '{1:2,2:4}/2')$$),
    ($$sparsevec_negative_inner_product('{1:1}/2', '{1:1}/3')$$),
    ($$l2_distance('{1000000000:3}/1000000000'::sparsevec, '{1:4}/1000000000')$$)
) v(x);

-- norm, unit length; what does not exist
SELECT x, outcome(x) FROM (VALUES
    ($$l2_norm('{1:3,2:4}/2'::sparsevec)$$),
    ($$l2_norm('{2:-1}/2'::sparsevec)$$),
    ($$l2_norm('{}/2'::sparsevec)$$),
    ($$l2_norm('{1:3e38,2:3e38}/2'::sparsevec) > 4.24e38$$),
    ($$l2_norm(NULL::sparsevec)$$),
    ($$l2_normalize('{1:3,2:4}/2'::sparsevec)$$),
    ($$l2_normalize('{1:3,5:4}/9'::sparsevec)$$),
    ($$l2_normalize('{1:3}/2'::sparsevec)$$),
    ($$l2_normalize('{}/2'::sparsevec)$$),
    ($$l2_normalize('{1:3e38}/1'::sparsevec)$$),
    ($$l2_normalize('{1:1e-45}/1'::sparsevec)$$),
    ($$l2_normalize('{1:1e38,2:1e-45,3:1e38}/3'::sparsevec)$$),
    ($$l2_normalize('{1:1e-38,2:1e38}/2'::sparsevec)$$),
    ($$vector_dims('{1:1}/2'::sparsevec)$$),
    ($$vector_norm('{1:1}/2'::sparsevec)$$)
) v(x);

-- sparse distances equal dense ones
SELECT count(*) AS pairs,
    count(*) FILTER (WHERE a <-> b <> a::vector <-> b::vector) AS l2,
    count(*) FILTER (WHERE a <#> b <> a::vector <#> b::vector) AS ip,
    count(*) FILTER (WHERE a <=> b <> a::vector <=> b::vector) AS cosine,
    count(*) FILTER (WHERE a <+> b <> a::vector <+> b::vector) AS l1
    FROM (SELECT s,
        array_agg(CASE WHEN (s * 31 + i * 17) % 5 < 2 THEN (s * 13 + i * 7) % 9 - 4 ELSE 0 END
        ORDER BY i)::sparsevec a
        FROM generate_series(1, 12) s, generate_series(1, 67) i GROUP BY s) p,
        (SELECT s,
            array_agg(CASE WHEN (s * 29 + i * 23) % 7 < 3 THEN (s * 11 + i * 3) % 9 - 4 ELSE 0 END
            ORDER BY i)::sparsevec b
        FROM generate_series(1, 12) s, generate_series(1, 67) i GROUP BY s) q;
