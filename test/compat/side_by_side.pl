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
note('pgvector ' . $node->safe_psql('a', q{SELECT extversion FROM pg_extension WHERE extname = 'vector'}));

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

# ------------------------------------------------------------- dump and restore
$node->safe_psql('a', q{CREATE TABLE dumped (id int PRIMARY KEY, v vector(16), h halfvec(16), s sparsevec(16));
    INSERT INTO dumped SELECT * FROM items WHERE id <= 500;
    CREATE INDEX dumped_v ON dumped (v);
    ALTER TABLE dumped ADD CHECK (vector_dims(v) = 16)});
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'dumped', '-f', "$dir/dump.sql", '-d', $node->connstr('a') ],
    'pg_dump of a table with pgvector types');
$node->command_ok(
    [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/dump.sql", '-d', $node->connstr('b') ],
    'restores into vecmilvus unchanged');
my $dumped = q{SELECT md5(string_agg(d::text, chr(10) ORDER BY id)) FROM dumped d};
is($node->safe_psql('b', $dumped), $node->safe_psql('a', $dumped), 'with the same values');

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
