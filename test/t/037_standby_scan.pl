# A scan on a standby has found elements whose places VACUUM frees and inserts
# take, all of which the standby replays before the scan goes on: it must return
# no row that it did not find (HNSW-4, HNSW-8). Sessions are held at stop points,
# which builds with assertions have.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $primary = new_node('primary', streaming => 1, conf => "fsync = off\nautovacuum = off\n");

if ($primary->safe_psql('postgres', "LOAD 'vecmilvus'; SELECT count(*) FROM pg_settings WHERE name = 'vecmilvus.stop_point'") == 0)
{
    plan skip_all => 'stop points are in builds with assertions only';
}
$primary->safe_psql('postgres', q{
    CREATE TABLE items (id int, v vector(2));
    INSERT INTO items SELECT i, ARRAY[i, 0] FROM generate_series(1, 200) i;
    CREATE INDEX items_v ON items USING hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 16);
});
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = -1\n");
$standby->start;

# Waits until so many sessions of the standby are waiting for the lock of the
# stop points (VM_STOP_POINT_CLASS 7), or hold it.
sub wait_for_lock
{
    my ($granted, $what) = @_;
    my $condition = $granted ? 'granted' : 'NOT granted';

    $standby->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7 AND $condition")
      or die "nobody $what";
}

# What the scan finds while $change happens on the primary, between its search
# and its reading of rows.
sub scan_during
{
    my ($query, $change) = @_;
    my $holder = start_psql($standby, "SELECT pg_advisory_lock(7, 0);\nSELECT pg_sleep(600);\n");

    wait_for_lock(1, 'holds the lock');
    my $scan = start_psql($standby, "SET enable_seqscan = off; SET enable_sort = off;\n"
      . "SET vecmilvus.stop_point = 'hnsw-scan-searched';\n"
      . "SELECT id FROM items ORDER BY v <-> '$query' LIMIT 5;\n");
    wait_for_lock(0, 'waits at the stop point');
    $primary->safe_psql('postgres', $_) for @$change;
    $primary->wait_for_catchup($standby);
    $standby->safe_psql('postgres',
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7 AND granted");
    my $found = finish_psql($scan);
    finish_psql($holder);
    return join ' ', split /\n/, $found;
}

my $size = "SELECT pg_relation_size('items_v')";

# The rows are dead already for the scan's snapshot, so replay does not wait for
# it; new elements with the same values take the places of the old ones.
$primary->safe_psql('postgres', 'DELETE FROM items WHERE id BETWEEN 40 AND 60');
my $before = $primary->safe_psql('postgres', $size);
is(scan_during('[50.2,0]', [
        'VACUUM items',
        'INSERT INTO items SELECT 1000 + i, ARRAY[i, 0] FROM generate_series(40, 60) i' ]),
    '61 39 62 38 63', 'a scan returns none of the rows that came later');
is($primary->safe_psql('postgres', $size), $before, 'their elements took freed places');

# Other values in those places: far ones, which must not be mistaken for near ones.
$primary->safe_psql('postgres', 'DELETE FROM items WHERE id BETWEEN 1040 AND 1060');
is(scan_during('[49.8,0]', [
        'VACUUM items',
        'INSERT INTO items SELECT 2000 + i, ARRAY[1000 + i, 0] FROM generate_series(1, 21) i' ]),
    '39 61 38 62 37', 'nor rows of other values');
is($primary->safe_psql('postgres', $size), $before, 'which took freed places as well');

is(index_errors($primary, 'items_v'), '', 'the index is sound');
is(index_errors($standby, 'items_v'), '', 'and on the standby');
$standby->stop;
$primary->stop;
done_testing();
