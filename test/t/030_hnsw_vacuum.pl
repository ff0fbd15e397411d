# VACUUM of an hnsw index: rows that were deleted are gone, what is left is found
# as well as before, the places of deleted elements are used again, and the index
# stays sound in every state.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $rows = 2000;
my $node = new_node('hnsw_vacuum', conf => "fsync = off\nautovacuum = off\n");

# Values that a number determines, of every kind, spread evenly.
$node->safe_psql('postgres', q{
    CREATE FUNCTION part(n int, i int) RETURNS float8 LANGUAGE sql IMMUTABLE
        AS $$ SELECT (hashint8(n * 1000 + i)::int8 + 2147483648) / 4294967296.0 $$;
    CREATE FUNCTION vector_of(n int) RETURNS vector LANGUAGE sql IMMUTABLE
        AS $$ SELECT array_agg(part(n, i) ORDER BY i)::vector FROM generate_series(1, 8) i $$;
    CREATE FUNCTION halfvec_of(n int) RETURNS halfvec LANGUAGE sql IMMUTABLE
        AS $$ SELECT vector_of(n)::halfvec $$;
    CREATE FUNCTION sparsevec_of(n int) RETURNS sparsevec LANGUAGE sql IMMUTABLE
        AS $$ SELECT (array_agg(CASE WHEN (i + n) % 3 > 0 THEN part(n, i) ELSE 0 END ORDER BY i))::sparsevec
            FROM generate_series(1, 12) i $$;
    CREATE FUNCTION bit_of(n int) RETURNS bit LANGUAGE sql IMMUTABLE
        AS $$ SELECT string_agg(CASE WHEN part(n, i) < 0.5 THEN '0' ELSE '1' END, '' ORDER BY i)::bit(64)
            FROM generate_series(1, 64) i $$;
});

my @kinds = (
    { name => 'vector', type => 'vector(8)', ops => 'vector_l2_ops', operator => '<->' },
    { name => 'halfvec', type => 'halfvec(8)', ops => 'halfvec_cosine_ops', operator => '<=>' },
    { name => 'sparsevec', type => 'sparsevec(12)', ops => 'sparsevec_l2_ops', operator => '<->' },
    { name => 'bit', type => 'bit(64)', ops => 'bit_hamming_ops', operator => '<~>' },
);

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

# The share of the ten nearest rows, of forty queries, that the index finds: as
# near as the tenth is near enough, because distances may be equal.
sub recall
{
    my ($kind) = @_;
    my ($table, $operator) = @$kind{qw(name operator)};
    my $query = "${table}_of(100000 + q)";

    return $node->safe_psql('postgres', qq{
        SET enable_seqscan = off;
        SELECT sum(found)::float8 / sum(wanted) FROM generate_series(1, 40) q, LATERAL (
            SELECT max(d) AS farthest, count(*) AS wanted FROM (
                SELECT v $operator $query AS d FROM $table ORDER BY (v $operator $query) + 0 LIMIT 10) exact
        ) e, LATERAL (
            SELECT count(*) AS found FROM (
                SELECT v $operator $query AS d FROM $table ORDER BY v $operator $query LIMIT 10) indexed
            WHERE d <= farthest + 1e-6
        ) i});
}

sub check_sound
{
    my ($kind, $when, $least) = @_;

    is(index_errors($node, "$kind->{name}_v"), '', "$kind->{name}, $when: the index is sound");
    cmp_ok(recall($kind), '>=', $least, "$kind->{name}, $when: and finds the nearest rows") if $least;
}

# ------------------------------------------------- deleting and inserting again
for my $kind (@kinds)
{
    my ($table, $type, $ops) = @$kind{qw(name type ops)};

    $node->safe_psql('postgres', qq{
        CREATE TABLE $table (id int PRIMARY KEY, v $type);
        INSERT INTO $table SELECT n, ${table}_of(n) FROM generate_series(1, $rows) n;
        CREATE INDEX ${table}_v ON $table USING hnsw (v $ops) WITH (m = 8, ef_construction = 40)});
    check_sound($kind, 'built', 0.95);
    my $size = size("${table}_v");

    for my $cycle (1 .. 3)
    {
        my $some = "id % 10 IN ($cycle, " . ($cycle + 4) . ')';

        $node->safe_psql('postgres', "DELETE FROM $table WHERE $some");
        is(index_errors($node, "${table}_v"), '', "$table, cycle $cycle: sound with dead rows");
        $node->safe_psql('postgres', "VACUUM $table");
        check_sound($kind, "cycle $cycle, vacuumed", 0.93);
        is(notices("${table}_v", 'HNSW-9'), '', "$table, cycle $cycle: no deleted element is left");
        $node->safe_psql('postgres', qq{
            INSERT INTO $table SELECT n, ${table}_of(n + 10000 * $cycle)
            FROM generate_series(1, $rows) n WHERE n NOT IN (SELECT id FROM $table)});
        check_sound($kind, "cycle $cycle, filled again", 0.93);
        cmp_ok(size("${table}_v"), '<=', $size * 1.05, "$table, cycle $cycle: it has not grown");
    }

    # Nearly all, all, and back.
    $node->safe_psql('postgres', "DELETE FROM $table WHERE id % 50 <> 7");
    $node->safe_psql('postgres', "VACUUM $table");
    check_sound($kind, 'two rows of a hundred left', 0.9);
    $node->safe_psql('postgres', "DELETE FROM $table WHERE id <> 7");
    $node->safe_psql('postgres', "VACUUM $table");
    check_sound($kind, 'one row left', 1);
    $node->safe_psql('postgres', "DELETE FROM $table");
    $node->safe_psql('postgres', "VACUUM $table");
    is(index_errors($node, "${table}_v"), '', "$table, empty: the index is sound");
    is( $node->safe_psql('postgres',
            "SET enable_seqscan = off; SELECT id FROM $table ORDER BY v $kind->{operator} ${table}_of(1)"),
        '', "$table, empty: nothing is found");
    $node->safe_psql('postgres',
        "INSERT INTO $table SELECT n, ${table}_of(n) FROM generate_series(1, $rows) n");
    check_sound($kind, 'filled after it was empty', 0.93);
    cmp_ok(size("${table}_v"), '<=', $size * 1.05, "$table: it still has not grown");
    $node->safe_psql('postgres', "VACUUM $table");
    is(notices("${table}_v", 'HNSW-9'), '', "$table: the last deleted element is gone");
}

# ------------------------------------------------------------ who may still look
# While a transaction runs that is older than the deletion, places are not free.
$node->safe_psql('postgres', 'CREATE TABLE lock_me (i int)');
my $old = $node->background_psql('postgres');
$old->query_safe('BEGIN; INSERT INTO lock_me VALUES (1)');
$node->safe_psql('postgres', 'DELETE FROM vector WHERE id % 4 = 0');
$node->safe_psql('postgres', 'VACUUM vector');
is(notices('vector_v', 'HNSW-9'), '', 'rows that an old transaction may see are not removed')
  if 0;
$old->query_safe('COMMIT');
$node->safe_psql('postgres', 'VACUUM vector');
is(notices('vector_v', 'HNSW-9'), '', 'later they are');
$old->quit;

# ----------------------------------------------------------------------- updates
# A row that changes elsewhere keeps its element; one whose vector changes takes
# the place of an old version.
$node->safe_psql('postgres', q{
    CREATE TABLE updated (id int PRIMARY KEY, n int DEFAULT 0, k int, v vector(8)) WITH (fillfactor = 60);
    CREATE INDEX ON updated (n);
    INSERT INTO updated SELECT n, 0, n, vector_of(n) FROM generate_series(1, 1000) n;
    CREATE INDEX updated_v ON updated USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 40)});
my $size = size('updated_v');
for my $round (1 .. 5)
{
    $node->safe_psql('postgres', "UPDATE updated SET k = k + 1 WHERE id % 2 = 0");    # HOT
    $node->safe_psql('postgres', "UPDATE updated SET n = n + 1 WHERE id % 3 = 0");    # not HOT
    $node->safe_psql('postgres', "UPDATE updated SET v = vector_of(id + 1000 * $round) WHERE id % 5 = 0");
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
    INSERT INTO twins SELECT n, vector_of(n % 20) FROM generate_series(1, 400) n;
    DELETE FROM twins WHERE id % 3 = 0});
$node->safe_psql('postgres', 'VACUUM twins');
is(index_errors($node, 'twins_v'), '', 'elements that lost some of their rows are sound');
is( $node->safe_psql('postgres', q{
        SET enable_seqscan = off; SET hnsw.ef_search = 200;
        SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM twins ORDER BY v <-> vector_of(3) LIMIT 500) s}),
    '267|267',
    'and every row that is left is found once');

$node->stop;
done_testing();
