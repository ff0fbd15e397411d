# Indexes that are built in the background: their states, what goes on meanwhile,
# failures, rollbacks and crashes; and compaction.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use VecmilvusTest;

my $rows = 20000;
my $node = new_node('primary', conf => "autovacuum = off\nmax_worker_processes = 6\n"
      . "max_parallel_maintenance_workers = 0\n");

sub sql
{
    return $node->safe_psql('postgres', $_[0]);
}

# What describe_index says, by one key.
sub described
{
    my ($collection, $index, $key) = @_;
    return sql("SELECT milvus.describe_index('$collection', '$index') ->> '$key'");
}

sub wait_for_state
{
    my ($collection, $index, $state) = @_;
    return $node->poll_query_until('postgres',
        "SELECT milvus.describe_index('$collection', '$index') ->> 'state' = '$state'");
}

# A session that holds a snapshot, which a build must wait for.
sub hold_snapshot
{
    my $session = $node->background_psql('postgres');
    $session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    return $session;
}

sub workers
{
    my ($type) = @_;
    return sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vecmilvus $type'");
}

sub wait_for_workers_to_end
{
    my ($type) = @_;
    return $node->poll_query_until('postgres',
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'vecmilvus $type'");
}

sub invalid_indexes
{
    return sql('SELECT count(*) FROM pg_index WHERE NOT indisvalid');
}

sql(qq{
    SELECT milvus.create_collection('items', schema => '{"fields": [
        {"name": "id", "type": "INT64", "is_primary": true}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 8},
        {"name": "s", "type": "SPARSE_FLOAT_VECTOR"}, {"name": "n", "type": "INT64"}]}');
    INSERT INTO items (id, v, s, n) SELECT i, ARRAY[i % 7, i % 11, i % 13, i % 17, i % 19, i % 23, i % 29, i % 31]::vector,
        '{1:1}/1000000000', i FROM generate_series(1, $rows) i;
});

# ------------------------------------------------------------- a build that goes well
my $snapshot = hold_snapshot();
sql("SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{\"M\": 4, \"efConstruction\": 16}', sync => false)");
is(described('items', 'v', 'state'), 'InProgress', 'a build goes on in the background');
is(workers('index build'), 1, 'in a worker');
sql('INSERT INTO items (id, v, s, n) SELECT i, ARRAY[1, 2, 3, 4, 5, 6, 7, i]::vector, '
      . "'{1:1}/1000000000', i FROM generate_series($rows + 1, $rows + 100) i");
sql('DELETE FROM items WHERE id = 1');
is(sql('SELECT count(*) FROM items'), $rows + 99, 'rows come and go meanwhile');
$node->poll_query_until('postgres', "SELECT phase = 'waiting for old snapshots' FROM pg_stat_progress_create_index");
is(described('items', 'v', 'state'), 'InProgress', 'it has read all rows and waits for an old snapshot');
is(sql("SELECT d -> 'indexed_rows' = d -> 'total_rows' AND (d ->> 'total_rows')::int >= $rows
    FROM milvus.describe_index('items', 'v') d"), 't', 'and says so');
sql("SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{\"M\": 4, \"efConstruction\": 16}')");
pass('the same index again is a success meanwhile');
sql("SELECT milvus.create_index('items', 's', 'SPARSE_INVERTED_INDEX', sync => false)");
is(described('items', 's', 'state'), 'InProgress', 'a second build queues');
my ($ret, $out, $err) = $node->psql('postgres', "SELECT milvus.create_index('items', 'n')");
like($err, qr/is being built in the background/, 'one that would have to wait with a snapshot is refused');
is(sql("SELECT milvus.load_collection('items'); SELECT milvus.get_load_state('items') ->> 'state'"),
    "\nLoaded", 'the collection can be loaded meanwhile');
sql("SELECT milvus.release_collection('items')");
$snapshot->quit;
ok(wait_for_state('items', 'v', 'Finished'), 'the first is finished');
ok(wait_for_state('items', 's', 'Finished'), 'so is the second');
wait_for_workers_to_end('index build');
is(sql('SELECT count(*) FROM pg_index WHERE indrelid = \'items\'::regclass AND indisvalid'), 3,
    'both are valid indexes');
is(sql("SELECT builder_pid, fail_reason, state FROM milvus.index WHERE name = 'v'"), '0||3',
    'no builder is left in the catalog');
is(index_errors($node, 'items_v_idx'), '', 'the index has every row');
is(described('items', 'v', 'pending_index_rows'), 0, 'and says so');
sql("SELECT milvus.create_index('items', 'n')");

# -------------------------------------------------------------------- rolled back
sql("SELECT milvus.drop_index('items', 'v')");
sql("BEGIN; SELECT milvus.create_index('items', 'v', sync => false); ROLLBACK");
sql("BEGIN; SAVEPOINT a; SELECT milvus.create_index('items', 'v', sync => false); ROLLBACK TO a; COMMIT");
wait_for_workers_to_end('index build');
is(sql("SELECT milvus.list_indexes('items', 'v')"), '[]', 'after a rollback there is nothing');
is(sql("SELECT count(*) FROM milvus.index WHERE name = 'v'"), 0, 'nor in the catalog');
is(sql("SELECT to_regclass('items_v_idx') IS NULL"), 't', 'nor an index');

# ------------------------------------------------------------ a build that fails
sql("SELECT milvus.create_collection('bad', schema => '{\"fields\": [
        {\"name\": \"id\", \"type\": \"INT64\", \"is_primary\": true}, {\"name\": \"s\", \"type\": \"SPARSE_FLOAT_VECTOR\"}]}');
    INSERT INTO bad (id, s) SELECT 1, ('{' || string_agg(i || ':1', ',') || '}/1000000000')::sparsevec
        FROM generate_series(1, 1001) i");
sql("SELECT milvus.create_index('bad', 's', sync => false)");
ok(wait_for_state('bad', 's', 'Failed'), 'a build fails');
like(described('bad', 's', 'index_state_fail_reason'), qr/1000 non-?zero elements/i, 'and says why');
wait_for_workers_to_end('index build');
is(invalid_indexes(), 0, 'no half index is left');
($ret, $out, $err) = $node->psql('postgres', "SELECT milvus.load_collection('bad')");
like($err, qr/no vector index on field: \[s\]/, 'a failed index does not count');
sql('UPDATE bad SET s = \'{1:1}/1000000000\'; VACUUM bad');
sql("SELECT milvus.create_index('bad', 's', sync => false)");
ok(wait_for_state('bad', 's', 'Finished'), 'it can be built again');
sql('DROP TABLE bad');

# ------------------------------------------------------- dropped while it is built
$snapshot = hold_snapshot();
sql("SELECT milvus.create_index('items', 'v', sync => false)");
$node->poll_query_until('postgres',
    "SELECT builder_pid <> 0 AND EXISTS (SELECT FROM pg_class WHERE relname = 'items_v_idx') FROM milvus.index WHERE name = 'v'");
sql("SELECT milvus.drop_index('items', 'v')");
is(workers('index build'), 0, 'drop_index ends the build');
is(sql("SELECT milvus.list_indexes('items', 'v')"), '[]', 'the index is gone');
is(invalid_indexes(), 0, 'all of it');
# The worker's process ends otherwise.
sql("SELECT milvus.create_index('items', 'v', sync => false)");
$node->poll_query_until('postgres',
    "SELECT builder_pid <> 0 AND EXISTS (SELECT FROM pg_class WHERE relname = 'items_v_idx') FROM milvus.index WHERE name = 'v'");
sql("SELECT pg_terminate_backend(builder_pid, 60000) FROM milvus.index WHERE name = 'v'");
is(described('items', 'v', 'state'), 'Failed', 'a build whose process ended has failed');
$snapshot->quit;
is(invalid_indexes(), 1, 'it left an invalid index');
sql("SELECT milvus.create_index('items', 'v', 'IVF_FLAT', 'L2', '{\"nlist\": 10}')");
is(described('items', 'v', 'index_type'), 'IVF_FLAT', 'another one takes its place');
is(invalid_indexes(), 0, 'and removes what was left');
sql("SELECT milvus.drop_index('items', 'v')");

# -------------------------------------------------------------------------- crash
$snapshot = hold_snapshot();
sql("SELECT milvus.create_index('items', 'v', sync => false)");
$node->poll_query_until('postgres',
    "SELECT builder_pid <> 0 AND EXISTS (SELECT FROM pg_class WHERE relname = 'items_v_idx') FROM milvus.index WHERE name = 'v'");
# A process that is killed takes the server with it, which does not restart itself in tests.
kill 'KILL', sql("SELECT builder_pid FROM milvus.index WHERE name = 'v'");
for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
    last unless -e $node->data_dir . '/postmaster.pid';
    sleep 0.1;
}
$node->kill9;
start_after_crash($node);
eval { $snapshot->quit };
is(sql("SELECT state FROM milvus.index WHERE name = 'v'"), 2, 'after a crash the catalog says "in progress"');
is(described('items', 'v', 'state'), 'Failed', 'describe_index knows better');
like(described('items', 'v', 'index_state_fail_reason'), qr/the server stopped during the build/, 'and why');
is(described('items', 'v', 'indexed_rows'), 0, 'no row is indexed');
is(sql("SELECT milvus.list_indexes('items', 'v')"), '["v"]', 'the half index is not another one');
sql("SELECT milvus.create_index('items', 'v', sync => false)");
ok(wait_for_state('items', 'v', 'Finished'), 'a new one is built');
is(invalid_indexes(), 0, 'nothing is left of the old one');
is(index_errors($node, 'items_v_idx'), '', 'the new one is sound');
wait_for_workers_to_end('index build');

# ------------------------------------------------------------- whoever calls, owns
sql(q{
    CREATE ROLE builder NOLOGIN;
    GRANT CREATE ON SCHEMA public TO builder;
    SET ROLE builder;
    SELECT milvus.create_collection('theirs', schema => '{"fields": [
        {"name": "id", "type": "INT64", "is_primary": true}, {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}');
    SELECT milvus.create_index('theirs', 'v', sync => false);
});
ok(wait_for_state('theirs', 'v', 'Finished'), 'a role that cannot log in builds in the background');
is(sql("SELECT relowner::regrole FROM pg_class WHERE relname = 'theirs_v_idx'"), 'builder', 'as itself');

# --------------------------------------------------------------- no worker is free
wait_for_workers_to_end('index build');
$node->append_conf('postgresql.conf', "max_worker_processes = 0\nmax_logical_replication_workers = 0\n");
$node->restart;
($ret, $out, $err) =
  $node->psql('postgres', "SELECT milvus.drop_index('items', 'v'); SELECT milvus.create_index('items', 'v', sync => false)");
like($err, qr/no background worker is free.*max_worker_processes/s, 'without a worker there is an error');
is(sql("SELECT milvus.list_indexes('items', 'v')"), '[]', 'and no index');
($ret, $out, $err) = $node->psql('postgres', "SELECT milvus.compact('items')");
like($err, qr/no background worker is free/, 'nor a compaction');
$node->append_conf('postgresql.conf', "max_worker_processes = 6\n");
$node->restart;

# --------------------------------------------------------------------- compaction
sql("SELECT milvus.create_index('items', 'v', 'FLAT')");
sql('DELETE FROM items WHERE id % 2 = 0');
my $lock = $node->background_psql('postgres');
$lock->query_safe('BEGIN; LOCK items IN SHARE MODE');
my $job = sql("SELECT milvus.compact('items')");
is(sql("SELECT milvus.get_compaction_state($job)"), 'Executing', 'a compaction executes');
$lock->query_safe('COMMIT');
$lock->quit;
ok($node->poll_query_until('postgres', "SELECT milvus.get_compaction_state($job) = 'Completed'"), 'and completes');
is(sql("SELECT vacuum_count > 0 OR n_dead_tup = 0 FROM pg_stat_user_tables WHERE relname = 'items'"), 't', 'it vacuumed');
sql('BEGIN; SELECT milvus.compact(\'items\'); ROLLBACK');
$node->restart;
is(sql("SELECT milvus.get_compaction_state($job)"), 'Completed', 'which is known after a restart, too');
is(sql('SELECT milvus.get_compaction_state(12345)'), 'UndefiedState', 'other numbers are no jobs');

done_testing();
