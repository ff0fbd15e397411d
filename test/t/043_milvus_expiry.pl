# Expired rows are deleted in the background by a process of its own: a trigger
# that sleeps, or will not be cancelled, holds up neither the ticks nor the other
# tables; locked rows are left for later; a large backlog goes in one round; and
# no row of schema milvus that COPY brings does any harm.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use VecmilvusTest;

my $node = new_node(
    'expiry',
    conf => "shared_preload_libraries = 'vecmilvus'\nmax_prepared_transactions = 4\n"
      . "vecmilvus.purge_interval = '1s'\nvecmilvus.purge_timeout = '2s'\n");
my $ago = q{milvus.timestamptz_to_ts(now() - interval '1 hour')};

$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE ROLE other LOGIN; GRANT CREATE ON SCHEMA public TO owner');

sub as
{
    my ($role, $sql) = @_;

    return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

# A collection of rows that are an hour old and live for a minute; more is run in
# the same transaction, before any worker sees them.
sub expiring
{
    my ($name, $rows, $more) = @_;

    return as('owner', qq{
        BEGIN;
        SELECT milvus.create_collection('$name', 2);
        INSERT INTO $name (id, vector, "\$ts") SELECT i, '[1,2]', $ago FROM generate_series(1, $rows) i;
        @{[ $more // '' ]};
        SELECT milvus.alter_collection_properties('$name', '{"collection.ttl.seconds": 60}');
        COMMIT});
}

sub gone
{
    my ($name) = @_;

    return $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM $name");
}

sub setting
{
    my ($name, $value) = @_;

    $node->safe_psql('postgres', "ALTER SYSTEM SET $name = $value");
    $node->reload;
    return $node->poll_query_until('postgres',
        "SELECT setting = '$value' FROM pg_settings WHERE name = '$name'");
}

sub ticks_go_on
{
    my $ts = $node->safe_psql('postgres', 'SELECT ts FROM milvus.tick');

    return $node->poll_query_until('postgres', "SELECT ts > $ts FROM milvus.tick");
}

sub log_after
{
    my ($offset) = @_;

    return substr(slurp_file($node->logfile), $offset);
}

my $purges = q{FROM pg_stat_activity WHERE backend_type = 'vecmilvus purge'};

# ------------------------------------------------------------------ one round
$node->safe_psql('postgres', 'CREATE TABLE statements (pid int, rows bigint); GRANT ALL ON statements TO owner');
expiring('many', 25000, q{
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.statements SELECT pg_backend_pid(), count(*) FROM old; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER DELETE ON many REFERENCING OLD TABLE AS old
        FOR EACH STATEMENT EXECUTE FUNCTION note()});
ok(gone('many'), '25,000 rows expire');
is( $node->safe_psql('postgres', 'SELECT count(DISTINCT pid), sum(rows), max(rows) FROM statements WHERE rows > 0'),
    '1|25000|10000', 'they are deleted in one round, in batches');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM statements s JOIN pg_stat_activity a USING (pid)
        WHERE a.backend_type = 'vecmilvus worker'}),
    '0', 'not by the process that ticks');

# ------------------------------------------------------------ triggers that sleep
# The first by its number, so the first in the first round.
my $offset = -s $node->logfile;
expiring('sleeper', 3, q{
    CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN SET statement_timeout = 0; PERFORM pg_sleep(1000); RETURN OLD; END $$;
    CREATE TRIGGER doze BEFORE DELETE ON sleeper FOR EACH ROW EXECUTE FUNCTION doze()});
expiring('after_sleeper', 3);
ok( $node->poll_query_until('postgres', "SELECT count(*) = 1 $purges AND wait_event = 'PgSleep'"),
    'a trigger sleeps');
ok(ticks_go_on(), 'ticks go on');
ok(gone('after_sleeper'), 'the rows of other tables go');
like(log_after($offset),
    qr/canceling statement due to statement timeout(?s:.*?)while deleting expired rows of public\.sleeper/,
    'the sleeper is cancelled');
is(as('owner', 'SELECT count(*) FROM sleeper'), '3', 'and keeps its rows');

# One that is not to be cancelled comes first again and again.
$offset = -s $node->logfile;
expiring('stubborn', 3, q{
    CREATE FUNCTION insist() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            LOOP
                BEGIN PERFORM pg_sleep(1000);
                EXCEPTION WHEN query_canceled THEN NULL;
                END;
            END LOOP;
        END $$;
    CREATE TRIGGER insist BEFORE DELETE ON stubborn FOR EACH ROW EXECUTE FUNCTION insist()});
expiring('after_stubborn', 3);
ok(gone('after_stubborn'), 'a trigger that catches the cancel does not hold up others either');
like(log_after($offset), qr/expired rows of table \d+ could not be deleted in time/, 'the log tells of it');
is(as('owner', 'SELECT count(*) FROM stubborn'), '3', 'its table keeps its rows');
ok(ticks_go_on(), 'and ticks go on');
is($node->safe_psql('postgres', "SELECT count(*) <= 1 $purges"), 't', 'there is one purge at most');

# Deferred triggers run as the owner or not at all, never as the process.
$node->safe_psql('postgres', 'CREATE TABLE ran_as (who name); GRANT ALL ON ran_as TO owner');
my $deferred = q{
    CREATE CONSTRAINT TRIGGER tell AFTER DELETE ON %1$s DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION tell()};
$offset = -s $node->logfile;
expiring('deferring', 3, q{
    CREATE FUNCTION defer() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN SET CONSTRAINTS ALL DEFERRED; RETURN OLD; END $$;
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.ran_as VALUES (current_user); RETURN NULL; END $$;
    CREATE TRIGGER defer BEFORE DELETE ON deferring FOR EACH ROW EXECUTE FUNCTION defer();}
      . sprintf($deferred, 'deferring'));
expiring('deferred', 3, sprintf($deferred, 'deferred'));
ok(gone('deferred'), 'rows of a table with a deferred trigger go');
is(as('owner', 'SELECT who, count(*) FROM ran_as GROUP BY who'), 'owner|3', 'which runs as the owner');
like(log_after($offset), qr/cannot fire deferred trigger within security-restricted operation/,
    'one that a trigger defers again is refused');
is(as('owner', 'SELECT count(*) FROM deferring'), '3', 'and its table keeps its rows');

# A database is dropped while a trigger sleeps in it.
$node->safe_psql('postgres', 'DROP TABLE stubborn, sleeper, deferring CASCADE');
setting('vecmilvus.purge_timeout', '86400');
$node->safe_psql('postgres', 'CREATE DATABASE doomed');
$node->safe_psql('doomed', qq{
    CREATE EXTENSION vecmilvus;
    SELECT milvus.create_collection('c', 2);
    INSERT INTO c (id, vector, "\$ts") VALUES (1, '[1,2]', $ago);
    CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS
        \$\$ BEGIN PERFORM pg_sleep(1000); RETURN OLD; END \$\$;
    CREATE TRIGGER doze BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION doze();
    SELECT milvus.alter_collection_properties('c', '{"collection.ttl.seconds": 60}')});
ok( $node->poll_query_until('postgres', "SELECT count(*) = 1 $purges AND datname = 'doomed' AND wait_event = 'PgSleep'"),
    'a trigger sleeps in another database');
$node->safe_psql('postgres', 'DROP DATABASE doomed');
is($node->safe_psql('postgres', "SELECT count(*) $purges AND datname = 'doomed'"), '0',
    'which can be dropped');

# ------------------------------------------------------------------- locked rows
setting('vecmilvus.purge_interval', '0');
expiring('held', 5);
$node->safe_psql('postgres', q{BEGIN; SELECT id FROM held WHERE id = 3 FOR UPDATE; PREPARE TRANSACTION 'holds a row'});
setting('vecmilvus.purge_interval', '1');
ok($node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM held'), 'locked rows are left out');
expiring('later', 3);
ok(gone('later'), 'and nobody waits for them');
is(as('owner', 'SELECT id FROM held'), '3', 'the row that is locked is there');
$node->safe_psql('postgres', q{COMMIT PREPARED 'holds a row'});
ok(gone('held'), 'once it is free, it goes');

# ------------------------------------------------------------------ hostile rows
my @hostile = (
    '{"collection.ttl.seconds": "x"}', '{"collection.ttl.seconds": 1e400}',
    '{"collection.ttl.seconds": -5}', '{"collection.ttl.seconds": 4611686018427387904}',
    '{"collection.ttl.seconds": "9223372036854775807"}', '{"collection.ttl.seconds": 3155760001}',
    '{"collection.ttl.seconds": 1.5}', '{"collection.ttl.seconds": true}',
    '{"collection.ttl.seconds": null}', '{"collection.ttl.seconds": {"a": [1]}}',
    '["collection.ttl.seconds"]', '"collection.ttl.seconds"', '60');
my $copy = '';
for my $i (0 .. $#hostile)
{
    as('owner', qq{CREATE TABLE hostile$i (id bigint PRIMARY KEY, "\$ts" bigint); INSERT INTO hostile$i VALUES (1, 1)});
    $copy .= "public.hostile$i\t$i\tf\tt\t2\t1\t0\t$hostile[$i]\t[]\t1\t1\t{}\n";
}
# A column of another type, a view, a partitioned table, much to read.
as('owner', q{
    CREATE TABLE odd (id bigint PRIMARY KEY, "$ts" text); INSERT INTO odd VALUES (1, 'a');
    CREATE VIEW seen AS SELECT 1::bigint AS id, 1::bigint AS "$ts";
    CREATE TABLE parts (id bigint PRIMARY KEY, "$ts" bigint) PARTITION BY LIST (id);
    CREATE TABLE huge (id bigint PRIMARY KEY, "$ts" bigint); INSERT INTO huge VALUES (1, 1)});
$copy .= "public.$_\t99\tf\tt\t2\t1\t0\t{\"collection.ttl.seconds\": 60}\t[]\t1\t1\t{}\n" for 'odd', 'seen', 'parts';
$copy .= "public.huge\t99\tf\tt\t2\t1\t0\t{\"collection.ttl.seconds\": 60, \"a\": \""
  . join('', map { chr(97 + int(rand(26))) } 1 .. 100000) . "\"}\t[]\t1\t1\t{}\n";
$offset = -s $node->logfile;
as('owner', "COPY milvus.collection FROM stdin;\n$copy\\.\n");
is( as('owner', 'SELECT count(*) FROM milvus.collection WHERE collection_id < 100'),
    scalar(@hostile) + 4, 'rows that no function would write are there');
expiring('innocent', 3);
ok(gone('innocent'), 'the rows of other tables go');
ok(gone('huge'), 'so do those of a collection with large properties');
expiring('innocent2', 3);
ok(gone('innocent2'), 'in the next round as well');
ok(ticks_go_on(), 'and ticks go on');
for my $i (0 .. $#hostile)
{
    is( as('owner', "SELECT milvus.get_collection_stats('hostile$i'), milvus.purge_expired('hostile$i')"),
        '{"row_count": 1}|0', "rows do not expire by $hostile[$i]");
}
unlike(log_after($offset),
    qr/task "purge expired rows" .* failed|expired rows of [^\n]*hostile|PANIC|TRAP|terminated by signal/,
    'no process stumbles over one');
like(log_after($offset), qr/while deleting expired rows of public\.odd/, 'a table that cannot be purged is named');
my ($status, $out, $err) = $node->psql('postgres',
    q{SELECT milvus.alter_collection_properties('innocent', '{"collection.ttl.seconds": 3155760001}')});
like($err, qr/invalid value of property "collection.ttl.seconds": 3155760001/, 'functions refuse such values');

# -------------------------------------------------------------------- privileges
setting('vecmilvus.purge_interval', '0');
expiring('private', 3);
$node->safe_psql('postgres', q{BEGIN; LOCK TABLE private IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'holds a table'});
($status, $out, $err) = $node->psql('postgres',
    q{SET lock_timeout = '2s'; SELECT milvus.purge_expired('private')}, extra_params => [ '-U', 'other' ]);
like($err, qr/permission denied for table private/, 'who may not delete does not queue for a lock');
($status, $out, $err) = $node->psql('postgres',
    q{SET lock_timeout = '100ms'; SELECT milvus.purge_expired('private')}, extra_params => [ '-U', 'owner' ]);
like($err, qr/lock timeout/, 'who may delete does');
$node->safe_psql('postgres', q{COMMIT PREPARED 'holds a table'});
as('owner', 'GRANT SELECT, DELETE ON private TO other');
is(as('other', q{SELECT milvus.purge_expired('private')}), '3', 'DELETE and SELECT suffice');

# ------------------------------------------------------------- no process to be had
$node->append_conf('postgresql.conf', "max_worker_processes = 2\nmax_logical_replication_workers = 0\n");
$offset = -s $node->logfile;
$node->restart;
expiring('waiting', 3);
setting('vecmilvus.purge_interval', '1');
my $refusal = qr/no background worker is free for the vecmilvus purge of database \d+/;
for my $try (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
    last if log_after($offset) =~ $refusal;
    sleep 0.1;
}
ok(ticks_go_on(), 'ticks go on where there is no process for a purge');
sleep 3;
is(scalar(() = log_after($offset) =~ /$refusal/g), 1, 'the log says so once');
is(as('owner', 'SELECT count(*) FROM waiting'), '3', 'the rows are there');
$node->append_conf('postgresql.conf', "max_worker_processes = 8\n");
$node->restart;
ok(gone('waiting'), 'and go when there is one');

$node->stop;
done_testing();
