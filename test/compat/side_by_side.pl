# pgvector and vecmilvus on one server, each in a database of its own, and data
# going from one to the other.  Run by scripts/check-pgvector, on a server that
# has both; nothing of pgvector is part of this repository.

use strict;
use warnings;

use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use VecmilvusTest;

my $control = extension_file('vector.control');
if (!defined $control || $control =~ /^# vecmilvus alias$/m)
{
    plan skip_all => 'this server has no pgvector';
}

# vecmilvus is preloaded: its symbols are in every process that loads pgvector.
my $node = PostgreSQL::Test::Cluster->new('both');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'vecmilvus'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE a');
$node->safe_psql('postgres', 'CREATE DATABASE b');
$node->safe_psql('a', 'CREATE EXTENSION vector');
$node->safe_psql('b', 'CREATE EXTENSION vecmilvus');
my $pgvector = $node->safe_psql('a', q{SELECT extversion FROM pg_extension WHERE extname = 'vector'});
note("pgvector $pgvector");

# Values of all kinds, subnormal numbers and many digits among them.
my $create = 'CREATE TABLE items (id int PRIMARY KEY, v vector, h halfvec, s sparsevec)';
my $insert = q{INSERT INTO items SELECT id,
    (SELECT array_agg((sin(id * i) * 10 ^ (i % 7 - 3))::float4 ORDER BY i) FROM generate_series(1, 16) i)::vector,
    (SELECT array_agg((cos(id * i) * 10 ^ (i % 5 - 2))::float4 ORDER BY i) FROM generate_series(1, 16) i)::vector::halfvec,
    (SELECT array_agg(CASE WHEN (id + i) % 4 = 0 THEN sin(id + i)::float4 ELSE 0 END ORDER BY i)
        FROM generate_series(1, 16) i)::vector::sparsevec
    FROM generate_series(1, 500) id};
my $special = q{INSERT INTO items VALUES
    (9001, '[1e-45,3.4028235e38,-0,1.17549435e-38]', '[65504,6e-8,-0,1]', '{1:1e-45,1000000000:3.4028235e38}/1000000000'),
    (9002, '[1]', '[0]', '{}/5')};
$node->safe_psql('a', "$create; $insert; $special");

# ---------------------------------------------------- each in its own database
$node->safe_psql('a', q{
    CREATE TABLE indexed (id int, v vector(16));
    INSERT INTO indexed SELECT id, v FROM items WHERE id <= 500;
    CREATE INDEX ON indexed USING hnsw (v vector_l2_ops);
});
my $search = q{SET enable_seqscan = off; SET hnsw.ef_search = 500;
    SELECT id FROM indexed ORDER BY v <-> (SELECT v FROM items WHERE id = 7) LIMIT 1};
like($node->safe_psql('a', "SET enable_seqscan = off; EXPLAIN SELECT id FROM indexed ORDER BY v <-> '[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]' LIMIT 1"),
    qr/Index Scan using indexed_v_idx/, 'pgvector has its hnsw index');
is($node->safe_psql('a', $search), '7', 'and searches by it, vecmilvus being preloaded');
is($node->safe_psql('a', q{SET hnsw.ef_search = 77; SHOW hnsw.ef_search}), '77',
    'pgvector defines its settings');
is($node->safe_psql('b', q{SELECT '[1,2,3]'::vector <-> '[1,2,5]'}), '2', 'vecmilvus answers in its own');
is($node->safe_psql('b', q{SET hnsw.ef_search = 78; SHOW hnsw.ef_search}), '78',
    'and defines the settings there');

my ($status, $out, $err) = $node->psql('a', 'CREATE EXTENSION vecmilvus');
isnt($status, 0, 'CREATE EXTENSION vecmilvus beside pgvector is refused');
like($err, qr/HINT:  \S/, 'with a HINT');
note($err);
is($node->safe_psql('a', 'SELECT count(*) FROM items'), '502', 'and the database is as it was');

# ------------------------------------------------------------- binary COPY
my $dir = PostgreSQL::Test::Utils::tempdir();
my $all = q{SELECT md5(string_agg(i::text, chr(10) ORDER BY id)) FROM items i};
my $expected = $node->safe_psql('a', $all);
$node->safe_psql('a', "COPY items TO '$dir/items.bin' WITH (FORMAT binary)");
$node->safe_psql('b', $create);
$node->safe_psql('b', "COPY items FROM '$dir/items.bin' WITH (FORMAT binary)");
is($node->safe_psql('b', $all), $expected, 'a binary COPY of pgvector loads, every value the same');
$node->safe_psql('b', "COPY (SELECT * FROM items ORDER BY id) TO '$dir/back.bin' WITH (FORMAT binary)");
$node->safe_psql('a', "COPY (SELECT * FROM items ORDER BY id) TO '$dir/again.bin' WITH (FORMAT binary)");
ok(slurp_file("$dir/back.bin") eq slurp_file("$dir/again.bin"), 'and is written back byte for byte');
$node->safe_psql('a', "CREATE TABLE returned (LIKE items); COPY returned FROM '$dir/back.bin' WITH (FORMAT binary)");
is($node->safe_psql('a', 'SELECT count(*) FROM (SELECT id, v::text, h::text, s::text FROM items
    EXCEPT SELECT id, v::text, h::text, s::text FROM returned) x'),
    '0', 'pgvector loads what vecmilvus wrote');

# -------------------------------------------------------- the same numbers
# Distances differ by the order of summation only: by 1e-5 of the sum of the
# terms' magnitudes, which is the distance itself or, for the inner product, at
# most the product of the norms.
my %norm = (v => 'vector_norm', h => 'l2_norm', s => 'l2_norm');
my (@columns, @scales);
for my $t ('v', 'h', 's')
{
    for my $operator ('<->', '<#>', '<=>', '<+>')
    {
        push @columns, "x.$t $operator y.$t";
        push @scales, $operator eq '<#>' ? "$norm{$t}(x.$t) * $norm{$t}(y.$t)" : '1';
    }
}
my $pairs = 'FROM items x, items y WHERE x.id <= 60 AND y.id <= 60 ORDER BY x.id, y.id';
my @a = split /[\n|]/, $node->safe_psql('a', 'SELECT ' . join(', ', @columns) . " $pairs");
my @b = split /[\n|]/, $node->safe_psql('b', 'SELECT ' . join(', ', @columns) . " $pairs");
my @scale = split /[\n|]/, $node->safe_psql('a', 'SELECT ' . join(', ', @scales) . " $pairs");
is(scalar(@b), 60 * 60 * 12, 'distances of every operator');
my ($worst, $where, $strange) = (0, '', 0);
for my $i (0 .. $#a)
{
    if ($a[$i] =~ /NaN|Infinity/ || $b[$i] =~ /NaN|Infinity/)
    {
        $strange++ if $a[$i] ne $b[$i];
        next;
    }
    # Relative to 1 at least: cosine distances near 0 are what cancels out.
    my ($size) = sort { $b <=> $a } (1, abs($a[$i]), $scale[$i]);
    my $error = abs($a[$i] - $b[$i]) / $size;
    ($worst, $where) = ($error, "$columns[$i % 12]: $a[$i] $b[$i]") if $error > $worst;
}
cmp_ok($worst, '<=', 1e-5, "the same distances as pgvector's within 1e-5 (worst: $where)");
is($strange, 0, 'NaN and infinity in the same places');
my $functions = q{SELECT md5(string_agg(concat_ws('|', v + v, v * v, v - v, v || v, vector_dims(v),
        subvector(v, 2, 5), binary_quantize(v), h + h, h || h, binary_quantize(h), v::halfvec, h::vector,
        s::vector, v::sparsevec, v::real[]::text), chr(10) ORDER BY id)) FROM items WHERE id <= 500};
is($node->safe_psql('b', $functions), $node->safe_psql('a', $functions), 'functions and casts give the same text');
for my $column ('v', 'h', 's')
{
    my $order = "SELECT md5(string_agg(id::text, ',' ORDER BY $column, id)) FROM items";
    is($node->safe_psql('b', $order), $node->safe_psql('a', $order), "$column sorts the same");
}

# ------------------------------------------------- the same results and errors
# Each expression gives its value or its SQLSTATE, message and detail; a HINT is
# vecmilvus's to add.
my $try = q{
    CREATE FUNCTION try(expression text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE result text; detail text;
    BEGIN
        EXECUTE 'SELECT (' || expression || ')::text' INTO result;
        RETURN coalesce(result, 'NULL');
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        RETURN concat_ws('|', SQLSTATE, SQLERRM, nullif(detail, ''));
    END $$};
my @literals = ('', '[', '[]', '[1', '[1,', '[1,]', '[1,2]x', ' [ 1 , 2 ] ', '[1 2]', '[a]', '[NaN]',
    '[inf]', '[-Infinity]', '[1e39]', '[-1e39]', '[1e-50]', '[65520]', '[65519]', '[1e-8]', '[0x1p3]',
    '[1,,2]', '1,2', '{', '{}', '{}/', '{}/0', '{}/-1', '{}/1', '{}/1000000001', '{1:1}', '{1:1}/',
    '{1:1}/2x', '{1:1,1:2}/2', '{2:1,1:2}/2', '{3:1}/2', '{0:1}/2', '{-1:1}/2', '{1:0}/2', '{1:NaN}/2',
    '{1:inf}/2', '{1:1e39}/2', '{1:1e-50}/2', '{1}/2', '{1:}/2', '{1:1,}/2', '{,1:1}/2', ' { 1 : 2 } / 3 ',
    '{1:1 2:2}/3', '{99999999999:1}/3', '{1:1}/99999999999', '{a:1}/2', '{1:a}/2', '{1:1}/a');
my @expressions = map { my $l = $_; map { "'$l'::$_" } ('vector', 'halfvec', 'sparsevec',
        'vector(3)', 'halfvec(3)', 'sparsevec(3)') } @literals;
for my $t ('vector', 'halfvec')
{
    push @expressions, map { s/T/$t/gr } (q{'[1,2]'::T <-> '[3]'}, q{'[1,2]'::T + '[3]'},
        q{'[3e38]'::vector::T}, q{'[60000]'::T + '[60000]'}, q{'[3e38,1]'::T * '[10,1]'},
        q{'[1e-7,60000]'::T * '[1e-7,60000]'}, q{'[60000,1e-7]'::T * '[60000,1e-7]'},
        q{'[1e-30,3e38]'::T * '[1e-30,2]'}, q{'[1e-4,60000]'::T * '[1e-4,2]'},
        q{'[0,0]'::T <=> '[1,1]'}, q{'[3e38]'::T <-> '[-3e38]'}, q{l2_normalize('[0,0]'::T)},
        q{l2_normalize('[3e38]'::T)}, q{subvector('[1,2,3]'::T, 0, 2)}, q{subvector('[1,2,3]'::T, 4, 1)},
        q{subvector('[1,2,3]'::T, 1, 0)}, q{subvector('[1,2,3]'::T, 2147483647, 2147483647)},
        q{subvector('[1,2,3]'::T, -2147483647, 2147483647)}, q{'[1,2]'::T < '[1]'}, q{'[1,2]'::T = '[1]'},
        q{'[1]'::T(0)}, q{'[1]'::T(16001)}, q{'[1]'::T(1,2)}, q{ARRAY[]::real[]::T}, q{ARRAY[1,NULL]::real[]::T},
        q{ARRAY[[1]]::real[]::T}, q{ARRAY['NaN'::float8]::T}, q{ARRAY[1e300]::float8[]::T},
        q{array_fill(1, ARRAY[16001])::T}, q{'[1,2]'::T::sparsevec}, q{'[1]'::T || NULL},
        q{(SELECT avg(x) FROM (VALUES ('[1]'::T), ('[1,2]')) v(x))}, q{(SELECT sum(x) FROM (VALUES ('[1]'::T), ('[1,2]')) v(x))},
        q{(SELECT avg(x) FROM (VALUES ('[60000]'::T), ('[60000]')) v(x))}, q{(SELECT sum(x) FROM (VALUES ('[60000]'::T), ('[60000]')) v(x))},
        q{T_avg('{}')}, q{T_avg('{1}')}, q{T_avg('{2,3}')}, q{T_accum('{1,2}', '[1,2]')}, q{T_accum('{NULL}', '[1]')},
        q{T_combine('{1,2,3}', '{2,4}')}, q{T_combine('{0}', '{1}')}, q{T_combine('{{1}}', '{1}')});
}
push @expressions, (q{'{1:1}/2'::sparsevec <-> '{1:1}/3'}, q{'{1:1}/2'::sparsevec < '{1:1}/3'},
    q{'{}/2'::sparsevec <=> '{1:1}/2'}, q{'{1:3e38,2:3e38}/2'::sparsevec <-> '{}/2'},
    q{l2_normalize('{1:3e38}/2'::sparsevec)}, q{l2_normalize('{}/2'::sparsevec)},
    q{'{1:1}/16001'::sparsevec::vector}, q{'{1:1}/16001'::sparsevec::halfvec}, q{'{1:1e30}/2'::sparsevec::halfvec},
    q{'{1:1}/2'::sparsevec(0)}, q{'{1:1}/2'::sparsevec(1000000001)}, q{array_fill(1, ARRAY[16001])::sparsevec},
    q{ARRAY[0,1e300]::float8[]::sparsevec}, q{hamming_distance('11', '1')}, q{jaccard_distance('', '')},
    q{hamming_distance(B'', B'')}, q{jaccard_distance(B'00', B'00')}, q{B'101' <~> B'011'}, q{B'101' <%> B'011'});
# Before 0.8.6 pgvector let an array make a sparsevec with too many elements.
if (join('', map { sprintf('%03d', $_) } split /\./, $pgvector) lt '000008006')
{
    @expressions = grep { !/^array_fill.*::sparsevec$/ } @expressions;
}
my @differences;
my $list = join(', ', map { "(\$e\$$_\$e\$)" } @expressions);
for my $database ('a', 'b')
{
    $node->safe_psql($database, $try);
}
my @results = map {
    [ split /\x1e\n?/, $node->safe_psql($_, "SELECT try(e) || E'\\x1e' FROM (VALUES $list) v(e)") ]
} ('a', 'b');
is(scalar(@{ $results[1] }), scalar(@expressions), 'every expression has a result');
my %distinct = map { $_ => 1 } @{ $results[1] };
cmp_ok(scalar(keys %distinct), '>', 100, 'and they are many');
for my $i (0 .. $#expressions)
{
    push @differences, "$expressions[$i]: pgvector: $results[0][$i], vecmilvus: $results[1][$i]"
      if $results[0][$i] ne $results[1][$i];
}
is(join("\n", @differences), '', scalar(@expressions) . ' expressions give the same results and errors');

# --------------------------------------------------------- statements on indexes
my $try_statement = q{
    CREATE TABLE tried (v vector(3), w vector, x vector(2001), one vector(1), h halfvec(3), hx halfvec(4001),
        s sparsevec(3), sx sparsevec(2000), b bit(3), bx bit(64001), vb varbit(3));
    INSERT INTO tried (v, h, s, b) VALUES ('[1,2,3]', '[1,2,3]', '{1:1}/3', '101');
    INSERT INTO tried (sx) SELECT format('{%s}/2000', string_agg(i || ':1', ','))::sparsevec
        FROM generate_series(1, 1001) i;
    CREATE FUNCTION try_statement(statement text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE detail text;
    BEGIN
        SET LOCAL client_min_messages = warning;
        EXECUTE statement;
        RETURN 'ok';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        RETURN concat_ws('|', SQLSTATE, SQLERRM, nullif(detail, ''));
    END $$};
my @statements = map { "CREATE INDEX ON tried USING hnsw ($_)" } ('v', 'w vector_l2_ops', 'x vector_l1_ops',
    'one vector_cosine_ops', 'h halfvec_ip_ops', 'hx halfvec_l2_ops', 's sparsevec_l1_ops',
    'sx sparsevec_l2_ops', 'b bit_jaccard_ops', 'bx bit_hamming_ops', 'vb bit_hamming_ops',
    '(vb::bit(3)) bit_hamming_ops', '(x::halfvec(2001)) halfvec_l2_ops', '(subvector(x, 1, 3)) vector_l2_ops',
    'v halfvec_l2_ops', 'v vector_l2_ops, v vector_ip_ops', 'v vector_l2_ops DESC');
push @statements, map { "CREATE INDEX ON tried USING hnsw (v vector_l2_ops) WITH ($_)" } ('m = 1', 'm = 101',
    'm = 33', 'm = 2, ef_construction = 4', 'ef_construction = 3', 'ef_construction = 31', 'ef_construction = 1001',
    'm = x', 'lists = 3', 'nothing = 1');
push @statements, map { "CREATE INDEX ON tried USING ivfflat ($_) WITH (lists = 1)" } ('v', 'w', 'x',
    'one', 'one vector_ip_ops', 'one vector_cosine_ops', 'h', 'h halfvec_cosine_ops', 'hx halfvec_l2_ops', 's',
    's sparsevec_l2_ops', 'b bit_hamming_ops', 'bx bit_hamming_ops', 'vb bit_hamming_ops', 'v vector_l1_ops');
push @statements, map { "CREATE INDEX ON tried USING ivfflat (v) WITH ($_)" } ('lists = 0', 'lists = 32769',
    'm = 16', 'nothing = 1');
push @statements, map { "SET LOCAL $_" } ('hnsw.ef_search = 0', 'hnsw.ef_search = 1001', 'hnsw.iterative_scan = on',
    'hnsw.max_scan_tuples = 0', 'hnsw.scan_mem_multiplier = 0.5', 'hnsw.scan_mem_multiplier = 1001',
    'ivfflat.probes = 0', 'ivfflat.probes = 32769', 'ivfflat.max_probes = 0', 'ivfflat.max_probes = 32769',
    'ivfflat.iterative_scan = strict_order', 'hnsw.nothing = 1', 'ivfflat.nothing = 1');
$list = join(', ', map { "($_, \$e\$$statements[$_]\$e\$)" } 0 .. $#statements);
@results = map {
    [ split /\x1e\n?/, $node->safe_psql($_, "$try_statement;
        SELECT try_statement(e) || E'\\x1e' FROM (VALUES $list) v(n, e) ORDER BY n; DROP TABLE tried") ]
} ('a', 'b');
is(scalar(@{ $results[1] }), scalar(@statements), 'every statement on an index has a result');
@differences = map { "$statements[$_]: pgvector: $results[0][$_], vecmilvus: $results[1][$_]" }
  grep { $results[0][$_] ne $results[1][$_] } 0 .. $#statements;
is(join("\n", @differences), '', scalar(@statements) . ' statements on indexes give the same results');

# ------------------------------------------------------------- dump and restore
$node->safe_psql('a', q{CREATE TABLE dumped (id int PRIMARY KEY, v vector(16), h halfvec(16), s sparsevec(16));
    INSERT INTO dumped SELECT * FROM items WHERE id <= 500;
    CREATE INDEX dumped_v ON dumped (v);
    CREATE INDEX dumped_hnsw ON dumped USING hnsw (v vector_l2_ops) WITH (m = 8);
    CREATE INDEX dumped_ivfflat ON dumped USING ivfflat (h halfvec_cosine_ops) WITH (lists = 5);
    ALTER TABLE dumped ADD CHECK (vector_dims(v) = 16)});
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'dumped', '-f', "$dir/dump.sql", '-d', $node->connstr('a') ],
    'pg_dump of a table with pgvector types');
$node->command_ok(
    [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/dump.sql", '-d', $node->connstr('b') ],
    'restores into vecmilvus unchanged');
my $dumped = q{SELECT md5(string_agg(d::text, chr(10) ORDER BY id)) FROM dumped d};
is($node->safe_psql('b', $dumped), $node->safe_psql('a', $dumped), 'with the same values');
# As many candidates as there are rows: nothing approximate is left.
for my $order ('v <-> (SELECT v FROM dumped WHERE id = 9)', 'h <=> (SELECT h FROM dumped WHERE id = 9)')
{
    my $nearest = "SET enable_seqscan = off; SET hnsw.ef_search = 1000; SET ivfflat.probes = 5;
        SELECT string_agg(id::text, ',' ORDER BY id) FROM (SELECT id FROM dumped ORDER BY $order LIMIT 20) s";

    is($node->safe_psql('b', $nearest), $node->safe_psql('a', $nearest), "and the same nearest rows by $order");
}

# ------------------------------------------- logical replication, binary = true
my $subscriber = new_node('subscriber');
$subscriber->safe_psql('postgres', $create);
$node->safe_psql('a', 'CREATE PUBLICATION items_pub FOR TABLE items');
$subscriber->safe_psql('postgres', q{CREATE SUBSCRIPTION items_sub CONNECTION '}
      . $node->connstr . q{ dbname=a' PUBLICATION items_pub WITH (binary = true)});
$subscriber->wait_for_subscription_sync($node, 'items_sub');
is($subscriber->safe_psql('postgres', $all), $expected, 'the initial copy from pgvector');
$node->safe_psql('a', q{
    UPDATE items SET v = v + v, h = NULL WHERE id % 7 = 0 AND id <= 500;
    DELETE FROM items WHERE id % 11 = 0;
    INSERT INTO items SELECT id + 20000, v, h, s FROM items WHERE id <= 100});
$node->wait_for_catchup('items_sub');
my $changed = $node->safe_psql('a', $all);
isnt($changed, $expected, 'the publisher changes');
is($subscriber->safe_psql('postgres', $all), $changed, 'the subscriber follows');

done_testing();
