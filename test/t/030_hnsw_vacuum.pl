# VACUUM of an hnsw index: rows that were deleted are gone, what is left is found
# as well as before, the places of deleted elements are used again, and the index
# stays sound in every state.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $rows = 2000;
my $node = new_node('hnsw_vacuum', conf => "fsync = off\nautovacuum = off\n");

# Values of every kind, spread evenly; queries come from the end.
$node->safe_psql('postgres', q{
    CREATE TABLE pool (n int PRIMARY KEY, vector vector(8), halfvec halfvec(8), sparsevec sparsevec(12),
        bit bit(32));
    SELECT setseed(0.42);
    INSERT INTO pool SELECT n, array_agg(r ORDER BY i) FILTER (WHERE i <= 8),
            array_agg(r ORDER BY i) FILTER (WHERE i <= 8),
            (array_agg(CASE WHEN i % 3 = n % 3 THEN 0 ELSE r END ORDER BY i) FILTER (WHERE i <= 12))::vector,
            string_agg((r < 0.5)::int::text, '' ORDER BY i)::bit(32)
        FROM (SELECT n, i, random()::float4 AS r FROM generate_series(1, 9000) n, generate_series(1, 32) i) s
        GROUP BY n;
});

my @kinds = (
    { name => 'vector', ops => 'vector_l2_ops', operator => '<->' },
    { name => 'halfvec', ops => 'halfvec_cosine_ops', operator => '<=>' },
    { name => 'sparsevec', ops => 'sparsevec_l2_ops', operator => '<->' },
    { name => 'bit', ops => 'bit_hamming_ops', operator => '<~>' },
);
$_->{table} = "$_->{name}s" for @kinds;

sub size
{
    my ($index) = @_;
    return $node->safe_psql('postgres', "SELECT pg_relation_size('$index')");
}

# Findings of a rule that are no errors.
sub notices
{
    my ($index, $rule) = @_;
    return $node->safe_psql('postgres',
        "SELECT message FROM vecmilvus_check_index('$index') WHERE severity = 'notice' AND rule = '$rule'");
}

# The share of the ten nearest rows, of fifty queries, that the index finds: as
# near as the tenth is near enough, because distances may be equal.
sub recall
{
    my ($kind) = @_;
    my ($name, $table, $operator) = @$kind{qw(name table operator)};

    return $node->safe_psql('postgres', qq{
        SET enable_seqscan = off;
        SELECT sum(found)::float8 / sum(wanted) FROM pool q, LATERAL (
            SELECT max(d) AS farthest, count(*) AS wanted FROM (
                SELECT v $operator q.$name AS d FROM $table ORDER BY (v $operator q.$name) + 0 LIMIT 10) exact
        ) e, LATERAL (
            SELECT count(*) AS found FROM (
                SELECT v $operator q.$name AS d FROM $table ORDER BY v $operator q.$name LIMIT 10) indexed
            WHERE d <= farthest + 1e-6
        ) i WHERE n > 8950});
}

sub check_sound
{
    my ($kind, $when, $least) = @_;

    is(index_errors($node, "$kind->{table}_v"), '', "$kind->{name}, $when: the index is sound");
    cmp_ok(recall($kind), '>=', $least, "$kind->{name}, $when: and finds the nearest rows") if $least;
}

# ------------------------------------------------- deleting and inserting again
for my $kind (@kinds)
{
    my ($name, $table, $ops) = @$kind{qw(name table ops)};

    $node->safe_psql('postgres', qq{
        CREATE TABLE $table AS SELECT n AS id, $name AS v FROM pool WHERE n <= $rows;
        CREATE INDEX ${table}_v ON $table USING hnsw (v $ops) WITH (m = 8, ef_construction = 40)});
    my $built = recall($kind);
    check_sound($kind, 'built', 0.9);
    my $size = size("${table}_v");

    for my $cycle (1 .. 3)
    {
        my $some = "id % 10 IN ($cycle, " . ($cycle + 4) . ')';

        $node->safe_psql('postgres', "DELETE FROM $table WHERE $some");
        is(index_errors($node, "${table}_v"), '', "$table, cycle $cycle: sound with dead rows");
        $node->safe_psql('postgres', "VACUUM $table");
        check_sound($kind, "cycle $cycle, vacuumed", $built - 0.03);
        is(notices("${table}_v", 'HNSW-9'), '', "$table, cycle $cycle: no deleted element is left");
        $node->safe_psql('postgres', qq{
            INSERT INTO $table SELECT n - $rows * $cycle, $name FROM pool
            WHERE n - $rows * $cycle IN (SELECT generate_series(1, $rows) EXCEPT SELECT id FROM $table)});
        check_sound($kind, "cycle $cycle, filled again", $built - 0.03);
        cmp_ok(size("${table}_v"), '<=', $size * 1.05, "$table, cycle $cycle: it has not grown");
    }

    # Nearly all, all, and back.
    $node->safe_psql('postgres', "DELETE FROM $table WHERE id % 50 <> 7");
    $node->safe_psql('postgres', "VACUUM $table");
    check_sound($kind, 'two rows of a hundred left', 0.95);
    $node->safe_psql('postgres', "DELETE FROM $table WHERE id <> 7");
    $node->safe_psql('postgres', "VACUUM $table");
    check_sound($kind, 'one row left', 1);
    $node->safe_psql('postgres', "DELETE FROM $table");
    $node->safe_psql('postgres', "VACUUM $table");
    is(index_errors($node, "${table}_v"), '', "$table, empty: the index is sound");
    $node->safe_psql('postgres', "VACUUM $table");
    is(notices("${table}_v", 'HNSW-9'), '1 deleted elements wait for a vacuum to free them',
        "$table, empty: the entry is the only deleted element that is left");
    is( $node->safe_psql('postgres',
            "SET enable_seqscan = off; SELECT id FROM $table ORDER BY v $kind->{operator} (SELECT $name FROM pool LIMIT 1)"),
        '', "$table, empty: nothing is found");
    $node->safe_psql('postgres',
        "INSERT INTO $table SELECT n, $name FROM pool WHERE n <= $rows");
    check_sound($kind, 'filled after it was empty', $built - 0.03);
    cmp_ok(size("${table}_v"), '<=', $size * 1.05, "$table: it still has not grown");
    $node->safe_psql('postgres', "VACUUM $table");
    is(notices("${table}_v", 'HNSW-9'), '', "$table: the last deleted element is gone");
}

# --------------------------------------------------------------- who may know
# A transaction that is younger than the deletion but older than the vacuum may
# have seen an element before it was marked: its place is not free yet.
$node->safe_psql('postgres', 'CREATE TABLE other (n int); DELETE FROM vectors WHERE id % 4 = 0');
my $young = start_psql($node, "BEGIN; INSERT INTO other VALUES (1); SELECT pg_sleep(600);\n");
my $active = q{FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query LIKE '%pg_sleep(600)%'
    AND pid <> pg_backend_pid()};
$node->poll_query_until('postgres', "SELECT count(*) = 1 $active") or die 'the session does not start';
$node->safe_psql('postgres', 'VACUUM vectors');
like(notices('vectors_v', 'HNSW-9'), qr/^500 deleted elements/, 'deleted elements wait for a transaction');
check_sound($kinds[0], 'with deleted elements', 0.9);
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) $active");
finish_psql($young);
$node->poll_query_until('postgres', "SELECT count(*) = 0 $active") or die 'the session does not end';
$node->safe_psql('postgres', 'VACUUM vectors');
is(notices('vectors_v', 'HNSW-9'), '', 'and are freed when it is over');
check_sound($kinds[0], 'without', 0.9);

# --------------------------------------------------------------------- in parallel
# Two processes clean up two indexes, in so little memory that links are repaired
# in ranges of blocks.
$node->safe_psql('postgres', q{
    CREATE TABLE pairs (id int, v vector(8), w vector(8));
    INSERT INTO pairs SELECT n, vector, vector FROM pool WHERE n <= 6000;
    CREATE INDEX pairs_v ON pairs USING hnsw (v vector_l2_ops);
    CREATE INDEX pairs_w ON pairs USING hnsw (w vector_ip_ops);
    DELETE FROM pairs WHERE id % 3 = 0});
my ($result, $out, $err) = $node->psql('postgres', q{
    SET min_parallel_index_scan_size = 0; SET maintenance_work_mem = '1MB';
    VACUUM (PARALLEL 2, VERBOSE) pairs});
is($result, 0, 'a parallel vacuum succeeds');
like($err, qr/launched \d+ parallel vacuum workers? for index cleanup/, 'and cleans up in parallel');
for my $index ('pairs_v', 'pairs_w')
{
    is(index_errors($node, $index), '', "$index, vacuumed in parallel: sound");
    is(notices($index, 'HNSW-9'), '', "$index, vacuumed in parallel: no deleted element is left");
}

# ----------------------------------------------------------------------- updates
# A row that changes elsewhere keeps its element; one whose vector changes takes
# the place of an old version.
$node->safe_psql('postgres', q{
    CREATE TABLE updated (id int PRIMARY KEY, n int DEFAULT 0, k int, v vector(8)) WITH (fillfactor = 60);
    CREATE INDEX ON updated (n);
    INSERT INTO updated SELECT n, 0, n, vector FROM pool WHERE n <= 1000;
    CREATE INDEX updated_v ON updated USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 40)});
my $size = size('updated_v');
for my $round (1 .. 5)
{
    $node->safe_psql('postgres', "UPDATE updated SET k = k + 1 WHERE id % 2 = 0");    # HOT
    $node->safe_psql('postgres', "UPDATE updated SET n = n + 1 WHERE id % 3 = 0");    # not HOT
    $node->safe_psql('postgres', qq{
        UPDATE updated SET v = vector FROM pool WHERE id % 5 = 0 AND pool.n = id + 1000 * $round});
    $node->safe_psql('postgres', 'VACUUM updated');
    is(index_errors($node, 'updated_v'), '', "updates, round $round: the index is sound");
}
cmp_ok(size('updated_v'), '<=', $size * 1.3, 'updates do not bloat the index');
is( $node->safe_psql('postgres', q{
        SET enable_seqscan = off;
        SELECT count(*) FROM updated u WHERE id = (SELECT id FROM updated ORDER BY v <-> u.v LIMIT 1)}),
    '1000',
    'every row is the nearest one to its own vector');

# ----------------------------------------------------------------- duplicates
# An element with many rows loses some of them.
$node->safe_psql('postgres', q{
    CREATE TABLE twins (id int, v vector(8));
    CREATE INDEX twins_v ON twins USING hnsw (v vector_l2_ops);
    INSERT INTO twins SELECT i, vector FROM generate_series(1, 400) i, pool WHERE pool.n = i % 20 + 1;
    DELETE FROM twins WHERE id % 3 = 0});
$node->safe_psql('postgres', 'VACUUM twins');
is(index_errors($node, 'twins_v'), '', 'elements that lost some of their rows are sound');
is( $node->safe_psql('postgres', q{
        SET enable_seqscan = off; SET hnsw.ef_search = 200;
        SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM twins ORDER BY v <-> (SELECT vector FROM pool WHERE n = 3) LIMIT 500) s}),
    '267|267',
    'and every row that is left is found once');

$node->stop;
done_testing();
