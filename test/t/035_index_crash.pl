# The server is killed while indexes are built, filled and vacuumed: afterwards
# they are sound, have every row that was acknowledged, and a standby that
# compared each replayed page answers as the primary does.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);
use VecmilvusTest;

my $rounds = 20 * rounds();
my @indexes = ('items_hnsw', 'items_ivf', 'built_hnsw');

my $primary = new_node('primary', streaming => 1, conf => q{
fsync = off
autovacuum = off
wal_consistency_checking = all
wal_keep_size = '1GB'
max_wal_size = '256MB'
checkpoint_timeout = '30s'
});
$primary->safe_psql('postgres', q{
    SET client_min_messages = error;
    CREATE FUNCTION some_vector() RETURNS vector LANGUAGE sql VOLATILE
        AS $$ SELECT array_agg(random())::vector FROM generate_series(1, 6) $$;
    CREATE TABLE items (id int PRIMARY KEY, n int DEFAULT 0, v vector(6));
    INSERT INTO items (id, v) SELECT i, some_vector() FROM generate_series(1, 1000) i;
    CREATE INDEX items_hnsw ON items USING hnsw (v vector_l2_ops) WITH (m = 6, ef_construction = 24);
    CREATE INDEX items_ivf ON items USING ivfflat (v vector_l2_ops) WITH (lists = 10);
    CREATE TABLE built AS SELECT id, v FROM items;
    CREATE INDEX built_hnsw ON built USING hnsw (v vector_l2_ops);
});
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "wal_retrieve_retry_interval = '100ms'\n");
$standby->start;

# --------------------------------------------------------------------- the load
my $next = 10000;
my $rows_per_round = 4000;

# One row a transaction; psql prints the ids that were acknowledged.
sub start_inserts
{
    my ($first) = @_;
    return start_psql($primary, join '', map {
            "INSERT INTO items (id, v) VALUES ($_, some_vector()) RETURNING id;\n"
    } $first .. $first + $rows_per_round - 1);
}

# Only rows of earlier rounds go away.
sub start_vacuums
{
    my ($first) = @_;
    return start_psql($primary, join '', map {
            "DELETE FROM items WHERE id < $first AND id % 40 = $_;\n"
              . "UPDATE items SET n = n + 1 WHERE id < $first AND id % 29 = $_;\n"
              . "UPDATE items SET v = some_vector() WHERE id < $first AND id % 37 = $_;\n"
              . "BEGIN; INSERT INTO items (id, v) SELECT -i, some_vector() FROM generate_series(1, 20) i; ROLLBACK;\n"
              . "VACUUM items;\n"
    } (0 .. 39) x 5);
}

sub start_builds
{
    return start_psql($primary, join '', map {
            "BEGIN; DROP INDEX built_hnsw; SET LOCAL maintenance_work_mem = '$_';\n"
              . "CREATE INDEX built_hnsw ON built USING hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 16);\n"
              . "COMMIT;\nREINDEX INDEX items_ivf;\n"
    } ('64MB', '1MB') x 100);
}

# Kills the server in the middle; returns the ids that were acknowledged.
sub crash_under_load
{
    my ($how, $first) = @_;
    my @others = (start_vacuums($first), start_builds());
    my $inserts = start_inserts($first);

    $primary->poll_query_until('postgres', "SELECT count(*) > 5 FROM items WHERE id >= $first")
      or die 'the session inserts nothing';
    sleep rand(1.2);
    $how eq 'kill9' ? $primary->kill9 : $primary->stop('immediate');
    finish_psql($_) for @others;
    return grep { /^\d+$/ } split /\n/, finish_psql($inserts);
}

# ------------------------------------------------------------------- the checks
# Rows that are the nearest ones to their own vectors, of those in a range.
sub found
{
    my ($first, $last) = @_;
    return $primary->safe_psql('postgres', qq{
        SET enable_seqscan = off; SET enable_sort = off; SET hnsw.ef_search = 400;
        SELECT count(*) FROM items i WHERE id BETWEEN $first AND $last
            AND id = (SELECT id FROM items ORDER BY v <-> i.v LIMIT 1)});
}

sub all_errors
{
    my ($node) = @_;
    return join '', map { index_errors($node, $_) } @indexes;
}

sub answers
{
    my ($node) = @_;
    return $node->safe_psql('postgres', join ";\n", 'SET enable_seqscan = off', map {
            "SELECT id FROM $_->[0] ORDER BY v <-> '[$_->[1],0.5,$_->[1],0.2,0.7,0.4]' LIMIT 20"
    } map { (['items', $_], ['built', $_]) } 0.1, 0.3, 0.5, 0.7, 0.9);
}

for my $round (1 .. $rounds)
{
    my $how = $round % 2 ? 'kill9' : 'immediate';
    my $name = "round $round, $how";
    my $first = $next;
    my @acknowledged = crash_under_load($how, $first);

    $next += $rows_per_round;
    start_after_crash($primary);
    my $last = $acknowledged[-1] // $first - 1;
    my $count = @acknowledged;
    is( $primary->safe_psql('postgres', "SELECT count(*) FROM items WHERE id BETWEEN $first AND $last"),
        $count, "$name: all $count acknowledged rows are there");
    cmp_ok(found($first, $last), '>=', 0.99 * $count, "$name: and are found");
    is(all_errors($primary), '', "$name: the indexes are sound");

    $primary->wait_for_catchup($standby);
    is(answers($standby), answers($primary), "$name: the standby gives the same answers");
    is(all_errors($standby), '', "$name: its indexes are sound");

    # It goes on from here, and does not grow for ever.
    $primary->safe_psql('postgres', "DELETE FROM items WHERE id < $first - 2 * $rows_per_round");
}

$primary->safe_psql('postgres', 'VACUUM items');
is(all_errors($primary), '', 'a last vacuum leaves the indexes sound');
unlike(PostgreSQL::Test::Utils::slurp_file($standby->logfile), qr/inconsistent page|PANIC|TRAP:/,
    'every replayed page was what the primary had');
unlike(PostgreSQL::Test::Utils::slurp_file($primary->logfile), qr/TRAP:|segmentation/i,
    'no assertion failed');

$standby->stop;
$primary->stop;
done_testing();
