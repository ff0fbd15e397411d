# The timestamp oracle and its workers. Timestamps rise over restart, crash and
# promotion while the clock goes back, with and without a preloaded library; the
# ticks of an idle server reach its standby; no recovery needs the library; and
# commands that need a database for themselves get it.

use strict;
use warnings;

use IPC::Run ();
use Test::More;
use Time::HiRes qw(sleep);
use VecmilvusTest;

my $preload = "shared_preload_libraries = 'vecmilvus'\n";
my $draw = 'SELECT milvus.next_id()';
my $last = 0;

# A timestamp above all that this test has seen of the oracle.
sub rises
{
    my ($node, $name) = @_;
    my $ts = $node->safe_psql('postgres', $draw);

    cmp_ok($ts, '>', $last, $name);
    $last = $ts if $ts > $last;
    return;
}

# Only a library that was built with assertions has the test settings.
sub has_test_settings
{
    my ($node) = @_;
    my ($status) = $node->psql('postgres', q{LOAD 'vecmilvus'; SHOW vecmilvus.test_clock_offset});

    return $status == 0;
}

sub set_clock
{
    my ($node, $hours) = @_;

    $node->append_conf('postgresql.conf', "vecmilvus.test_clock_offset = '${hours}h'\n");
    return;
}

sub worker_count
{
    my ($node, $where) = @_;

    return "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND $where";
}

# Waits until a worker serves the database.
sub wait_for_worker
{
    my ($node, $database) = @_;

    return $node->poll_query_until('postgres', worker_count($node, "datname = '$database'"), '1');
}

sub ticks_go_on
{
    my ($node, $database) = @_;
    my $ts = $node->safe_psql($database, 'SELECT ts FROM milvus.tick');

    return $node->poll_query_until($database, "SELECT ts > $ts FROM milvus.tick");
}

sub worker_pid
{
    my ($node, $database) = @_;

    return $node->safe_psql('postgres',
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = '$database'");
}

# A role's commands, each a hundred times in one transaction; all of them fail.
sub fail_in_loop
{
    my ($node, $role, @commands) = @_;
    my $list = join(', ', map { "\$q\$$_\$q\$" } @commands);

    return $node->safe_psql('postgres', qq{
        DO \$\$
        DECLARE
            command text;
            failures int := 0;
        BEGIN
            FOR i IN 1..100 LOOP
                FOREACH command IN ARRAY ARRAY[$list] LOOP
                    BEGIN
                        EXECUTE command;
                    EXCEPTION WHEN OTHERS THEN failures := failures + 1;
                    END;
                END LOOP;
            END LOOP;
            ASSERT failures = 100 * @{[ scalar @commands ]};
        END \$\$}, extra_params => [ '-U', $role ]);
}

# Four sessions draw at the same time, in single statements and by the thousand.
sub test_concurrent
{
    my ($node, $name) = @_;
    my $sql = "$draw;\nSELECT milvus.next_id() FROM generate_series(1, 500);\n" x 4;
    my @sessions = map { start_psql($node, $sql) } 1 .. 4;
    my %seen;
    my $total = 0;
    my $rising = 1;

    for my $session (@sessions)
    {
        my $before = $last;

        for my $ts (split /\n/, finish_psql($session))
        {
            $rising = 0 if $ts <= $before;
            $before = $ts;
            $seen{$ts} = 1;
            $total++;
        }
    }
    is($total, 4 * 4 * 501, "$name: four sessions draw");
    is(scalar(keys %seen), $total, "$name: every timestamp is unique");
    ok($rising, "$name: the timestamps of each session rise");
    ($last) = sort { $b <=> $a } keys %seen;
    rises($node, "$name: and the next one is above all of them");
    return;
}

# Restart, kill and clean promotion, each with a clock that is set back further.
sub test_clock_back
{
    my ($node, $name, $hours) = @_;

    set_clock($node, $hours);
    $node->restart;
    rises($node, "$name: rises over a restart with the clock set back");
    set_clock($node, $hours - 1);
    $node->reload;
    rises($node, "$name: rises while the clock is set back");
    $node->kill9;
    set_clock($node, $hours - 2);
    start_after_crash($node);
    rises($node, "$name: rises over a crash with the clock set back");
    $node->stop('immediate');
    $node->start;
    rises($node, "$name: rises over another one");
    return;
}

# ---------------------------------------------------------------- not preloaded
my $plain = new_node('plain', streaming => 1);
my $testing = has_test_settings($plain);

rises($plain, 'not preloaded: draws');
test_concurrent($plain, 'not preloaded');
is( $plain->safe_psql('postgres', worker_count($plain, 'true')),
    '0', 'not preloaded: no worker runs');
SKIP:
{
    skip 'the library was built without assertions', 4 unless $testing;
    test_clock_back($plain, 'not preloaded', -2);
}
# The same page goes on below a preloaded library and back.
$plain->append_conf('postgresql.conf', $preload);
$plain->restart;
rises($plain, 'the page of a plain library serves a preloaded one');
$plain->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$plain->restart;
rises($plain, 'and the other way round');
$plain->stop;

# ---------------------------------------------------------------- preloaded
$last = 0;
my $primary = new_node('primary', streaming => 1,
    conf => $preload . "wal_consistency_checking = all\nautovacuum = off\n");

ok(wait_for_worker($primary, 'postgres'), 'CREATE EXTENSION brings a worker');
ok(ticks_go_on($primary, 'postgres'), 'and ticks');
rises($primary, 'preloaded: draws');
test_concurrent($primary, 'preloaded');

$primary->backup('backup');
# A standby without the library: every replayed page is compared with the primary's.
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$standby->start;
ok(ticks_go_on($standby, 'postgres'), 'ticks of an idle primary arrive at a standby');
is( $standby->safe_psql('postgres',
        'SELECT abs(extract(epoch FROM now() - milvus.ts_to_timestamptz(ts))) < 600 FROM milvus.tick'),
    't',
    'and tell the time');
SKIP:
{
    my ($pid) = split /\n/, PostgreSQL::Test::Utils::slurp_file($standby->data_dir . '/postmaster.pid');

    skip 'no /proc here', 1 unless -r "/proc/$pid/maps";
    unlike(PostgreSQL::Test::Utils::slurp_file("/proc/$pid/maps"),
        qr/vecmilvus\.so/, 'which replays them without the library');
}
my ($status, $out, $err) = $standby->psql('postgres', $draw);
like($err, qr/cannot draw a timestamp during recovery/, 'a standby draws none');

$primary->safe_psql('postgres', 'VACUUM (FREEZE) milvus.tick; CHECKPOINT');
ok(ticks_go_on($primary, 'postgres'), 'ticks go on after VACUUM FREEZE and a checkpoint');
$primary->safe_psql('postgres', 'VACUUM FULL milvus.tick');
ok(ticks_go_on($primary, 'postgres'), 'and after VACUUM FULL');
$primary->safe_psql('postgres', 'SELECT * FROM milvus.tick FOR UPDATE');
ok(ticks_go_on($primary, 'postgres'), 'and after a lock of the row');
$primary->wait_for_catchup($standby);
ok(ticks_go_on($standby, 'postgres'), 'the standby finds every page as the primary has it');

# WAL of an idle minute; the figure in src/consistency/README.md is made this way.
my $lsn = $primary->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');
my $ts = $primary->safe_psql('postgres', 'SELECT ts FROM milvus.tick');
$primary->poll_query_until('postgres',
    "SELECT ts > $ts + (1000::bigint << 18) FROM milvus.tick");
note('bytes of WAL in a second of ticks, with wal_consistency_checking: '
      . $primary->safe_psql('postgres', "SELECT pg_current_wal_insert_lsn() - '$lsn'"));

SKIP:
{
    skip 'the library was built without assertions', 9 unless $testing;
    test_clock_back($primary, 'preloaded', -2);

    # Promotion, of a standby whose clock is behind. Two histories begin here.
    my $before = $last;
    $standby->append_conf('postgresql.conf', $preload);
    set_clock($standby, -10);
    $standby->restart;
    $primary->wait_for_catchup($standby);
    $primary->stop('immediate');
    $standby->promote;
    rises($standby, 'preloaded: rises over a promotion with the clock set back');
    ok(wait_for_worker($standby, 'postgres'), 'the promoted standby starts its worker');
    ok(ticks_go_on($standby, 'postgres'), 'and ticks');
    is($standby->safe_psql('postgres', 'SELECT timeline > 1 AND promoted_ts > 0 FROM milvus.tick'),
        't', 'the page tells the promotion');

    # An error in a task.
    my $offset = -s $standby->logfile;
    $standby->append_conf('postgresql.conf', "vecmilvus.test_task_error = 'made by a test'\n");
    $standby->reload;
    my $log = '';
    for my $try (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
    {
        $log = substr(PostgreSQL::Test::Utils::slurp_file($standby->logfile), $offset);
        last if $log =~ /made by a test/;
        sleep 0.1;
    }
    ok(ticks_go_on($standby, 'postgres'), 'the worker survives the error of a task');
    sleep 0.5;
    $log = substr(PostgreSQL::Test::Utils::slurp_file($standby->logfile), $offset);
    my @lines = grep { /WARNING: .*task "test" .* failed: made by a test/ } split /\n/, $log;
    is(scalar @lines, 1, 'which is logged once');
    $standby->append_conf('postgresql.conf', "vecmilvus.test_task_error = ''\n");
    $standby->reload;
    $last = $before;
}
$standby->stop;

# Recovery without the library: this server was killed with ticks in its WAL.
if (!$testing)
{
    $primary->kill9;
}
$primary->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
start_after_crash($primary);
rises($primary, 'a crashed server recovers without the library, and rises');
is( $primary->safe_psql('postgres', worker_count($primary, 'true')),
    '0', 'no worker runs then');
$primary->append_conf('postgresql.conf', $preload);
$primary->append_conf('postgresql.conf', "wal_consistency_checking = ''\n");
$primary->restart;
rises($primary, 'with the library again it rises');

# ---------------------------------------------------------------- databases
my $victim;
ok(wait_for_worker($primary, 'postgres'), 'the worker comes after a restart without any draw');
$primary->safe_psql('postgres', 'CREATE DATABASE one');
# One may be there for a moment, to look.
ok( $primary->poll_query_until('postgres', worker_count($primary, "datname = 'one'"), '0'),
    'a database without the extension has no worker');
$primary->safe_psql('one', 'CREATE EXTENSION vecmilvus');
ok(wait_for_worker($primary, 'one'), 'CREATE EXTENSION brings one');
$primary->safe_psql('postgres', 'CREATE DATABASE two TEMPLATE one');
ok(wait_for_worker($primary, 'two'), 'a copy of a database that a worker serves has a worker');
ok(wait_for_worker($primary, 'one'), 'and its template has one again');
ok(ticks_go_on($primary, 'two'), 'ticks are written in the copy');
$primary->safe_psql('postgres', 'ALTER DATABASE two RENAME TO three');
ok(wait_for_worker($primary, 'three'), 'a database is renamed while a worker serves it');
my $place = PostgreSQL::Test::Utils::tempdir();
$primary->safe_psql('postgres', "CREATE TABLESPACE place LOCATION '$place'");
$primary->safe_psql('postgres', 'ALTER DATABASE three SET TABLESPACE place');
ok(wait_for_worker($primary, 'three'), 'and moved to another tablespace');
$primary->safe_psql('postgres', 'ALTER DATABASE three IS_TEMPLATE true');
ok( $primary->poll_query_until('postgres', worker_count($primary, "datname = 'three'"), '0'),
    'a template has no worker');
$primary->safe_psql('postgres', 'ALTER DATABASE three IS_TEMPLATE false');
ok(wait_for_worker($primary, 'three'), 'until it is none any more');
($status, $out, $err) = $primary->psql('postgres', 'BEGIN; DROP DATABASE three');
isnt($status, 0, 'a DROP DATABASE that fails');
ok(wait_for_worker($primary, 'three'), 'leaves the database its worker');

# Who may not run a command, or not here, does not disturb anybody by trying.
$primary->safe_psql('postgres', q{
    CREATE ROLE nobody LOGIN; CREATE ROLE maker LOGIN CREATEDB; CREATE ROLE holder LOGIN;
    ALTER DATABASE three OWNER TO holder});
ok(wait_for_worker($primary, 'one'), 'a worker is there');
$victim = worker_pid($primary, 'one');
my @commands = (
    'DROP DATABASE one', 'CREATE DATABASE another TEMPLATE one', 'ALTER DATABASE one RENAME TO another',
    'ALTER DATABASE one SET TABLESPACE place');
fail_in_loop($primary, $_, @commands) for 'nobody', 'maker', 'holder';
for my $role ('nobody', 'maker', 'holder')
{
    for my $command (@commands)
    {
        ($status, $out, $err) = $primary->psql('postgres', $command, extra_params => [ '-U', $role ]);
        isnt($status, 0, "$role: $command fails");
    }
}
# These fail for everybody: in a function, or in a transaction block.
my $superuser = $primary->safe_psql('postgres', 'SELECT current_user');
fail_in_loop($primary, $superuser, @commands[0, 1, 3], 'ALTER DATABASE one RENAME TO three');
$primary->psql('postgres', "BEGIN; SAVEPOINT a; $_; ROLLBACK") for @commands[0, 1, 3];
is(worker_pid($primary, 'one'), $victim, 'the same worker is there after commands that must fail');
ok(ticks_go_on($primary, 'one'), 'and its ticks go on');
$victim = worker_pid($primary, 'three');
$primary->psql('postgres', 'ALTER DATABASE three RENAME TO other', extra_params => [ '-U', 'holder' ]);
is(worker_pid($primary, 'three'), $victim, 'an owner without CREATEDB renames nothing');
# A rename that is undone keeps its bar to the end of the transaction.
my $workers = $primary->safe_psql('postgres', q{
    BEGIN;
    DO $$
    DECLARE
        old int := (SELECT pid FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = 'three');
        new int;
    BEGIN
        BEGIN
            ALTER DATABASE three RENAME TO other;
            RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
        PERFORM pg_stat_clear_snapshot();
        ASSERT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = old), 'a rename sends the worker away';
    END $$;
    SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = 'three';
    ROLLBACK});
is($workers, '0', 'a rename that is undone keeps its bar to the end of the transaction');
ok(wait_for_worker($primary, 'three'), 'and then the worker comes');

# A command that fails lifts its bar before its transaction ends.
my $session = IPC::Run::start(
    [ 'psql', '-X', '-q', '-d', $primary->connstr('three'), '-c', 'SELECT pg_sleep(600)' ],
    '>' => \my $session_out, '2>' => \my $session_err);
$primary->poll_query_until('postgres',
    q{SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'three' AND query LIKE '%pg_sleep%'});
$primary->safe_psql('postgres', 'ALTER ROLE holder CREATEDB; GRANT pg_read_all_stats TO holder');
$victim = worker_pid($primary, 'three');
$primary->safe_psql('postgres', q{
    DO $$
    BEGIN
        BEGIN
            ALTER DATABASE three RENAME TO other;
        EXCEPTION WHEN object_in_use THEN NULL;
        END;
        FOR i IN 1..600 LOOP
            PERFORM pg_sleep(0.1);
            PERFORM pg_stat_clear_snapshot();
            EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = 'three');
        END LOOP;
        ASSERT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = 'three');
    END $$}, extra_params => [ '-U', 'holder' ]);
isnt(worker_pid($primary, 'three'), $victim,
    'the worker comes back within the transaction of a rename that failed');
($status, $out, $err) = $primary->psql('postgres', 'DROP DATABASE three', extra_params => [ '-U', 'holder' ]);
like($err, qr/is being accessed by other users/, 'a drop that fails for another session');
ok(wait_for_worker($primary, 'three'), 'leaves the database its worker');
ok(ticks_go_on($primary, 'three'), 'and its ticks');
$primary->safe_psql('postgres', q{
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = 'three' AND query LIKE '%pg_sleep(600)%'});
$session->finish;

$primary->safe_psql('postgres', 'DROP DATABASE three', extra_params => [ '-U', 'holder' ]);
is($primary->safe_psql('postgres', worker_count($primary, "datname = 'three'")),
    '0', 'a database is dropped while a worker serves it');
$primary->safe_psql('one', 'DROP EXTENSION vecmilvus');
ok( $primary->poll_query_until('postgres', worker_count($primary, "datname = 'one'"), '0'),
    'the worker leaves after DROP EXTENSION');
$primary->safe_psql('one', 'CREATE EXTENSION vecmilvus');
ok(wait_for_worker($primary, 'one'), 'and comes back after CREATE EXTENSION');

# A worker that is terminated, and ticks that are switched off and on.
$primary->safe_psql('postgres',
    q{SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker'});
ok(ticks_go_on($primary, 'postgres'), 'a terminated worker is started again');
# A process that dies takes the shared memory with it: everything begins anew.
$primary->append_conf('postgresql.conf', "restart_after_crash = on\n");
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT setting = 'on' FROM pg_settings WHERE name = 'restart_after_crash'});
rises($primary, 'before a process is killed');
$victim = $primary->safe_psql('postgres',
    q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'vecmilvus worker' AND datname = 'postgres'});
kill 'KILL', $victim;
for my $try (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
    last if !kill(0, $victim) && ($primary->psql('postgres', 'SELECT 1'))[0] == 0;
    sleep 0.1;
}
rises($primary, 'and after the server has begun anew');
ok(wait_for_worker($primary, 'postgres'), 'where the worker comes again');
$primary->safe_psql('postgres', 'ALTER SYSTEM SET vecmilvus.tick_interval = 0; SELECT pg_reload_conf()');
sleep 0.5;
$ts = $primary->safe_psql('postgres', 'SELECT ts FROM milvus.tick');
sleep 0.5;
is($primary->safe_psql('postgres', 'SELECT ts FROM milvus.tick'), $ts, 'tick_interval = 0: no ticks');
rises($primary, 'draws go on');
$primary->safe_psql('postgres', 'ALTER SYSTEM RESET vecmilvus.tick_interval; SELECT pg_reload_conf()');
ok(ticks_go_on($primary, 'postgres'), 'and ticks again');
$primary->stop('fast');
my $complaints = join("\n", grep { /PANIC|TRAP|inconsistent page/ } split /\n/,
    PostgreSQL::Test::Utils::slurp_file($primary->logfile)
      . PostgreSQL::Test::Utils::slurp_file($standby->logfile));
is($complaints, '', 'no server complains of a page');

done_testing();
