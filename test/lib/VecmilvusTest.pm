# VecmilvusTest.pm
#   What the TAP tests share, on top of PostgreSQL::Test::Cluster.
#
#   new_node(NAME, conf => TEXT, streaming => 1)   initialised, started, with
#                              the extension created in database postgres;
#     damage => 1                without checksums, so that damage is read
#   fill_table(NODE, TABLE, ROWS)                  rows that a seed determines
#   exact_answers(NODE, TABLE)                     text: what exact searches say
#   start_psql(NODE, SQL)                          a session in the background;
#   finish_psql(SESSION)                           what it printed until it ended
#   index_errors(NODE, INDEX)  text: what vecmilvus_check_index calls errors
#   start_after_crash(NODE)                        start, once the old one is gone
#   rounds()                                       how often to repeat
#
# Nodes put their sockets and data in places of their own; nothing here needs a
# server that runs already.

package VecmilvusTest;

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

our @EXPORT = qw(new_node fill_table exact_answers start_psql finish_psql index_errors
  start_after_crash rounds extension_file);

sub new_node
{
    my ($name, %params) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);

    # PostgreSQL 18 computes checksums unless it is told not to.
    my @extra = $params{damage} && $node->pg_version >= 18 ? ('--no-data-checksums') : ();

    $node->init(allows_streaming => $params{streaming} ? 1 : 0, extra => \@extra);
    # Rounds of tests start many servers: small ones, on slow machines too.
    $node->append_conf('postgresql.conf', "shared_buffers = '16MB'\nwal_level = replica\n");
    $node->append_conf('postgresql.conf', $params{conf}) if defined $params{conf};
    $node->start;
    $node->safe_psql('postgres', 'CREATE EXTENSION vecmilvus');
    return $node;
}

# The value of row id is a function of id alone, so that any node at any time
# can tell whether a row is the one that was written.
my $definitions = q{
    CREATE FUNCTION test_vector(id int, dims int) RETURNS vector LANGUAGE sql IMMUTABLE
        AS $$ SELECT array_agg(((id * 7919 + i * 104729 + id * i * 31) % 2003)::float4 / 1001 - 1
            ORDER BY i)::vector FROM generate_series(1, dims) i $$;
    CREATE FUNCTION test_sparse(id int, dims int) RETURNS sparsevec LANGUAGE sql IMMUTABLE
        AS $$ SELECT (array_agg(CASE WHEN (id + i) % 5 = 0 THEN (id % 17 + i)::float4 ELSE 0 END
            ORDER BY i))::sparsevec FROM generate_series(1, dims) i $$;
};

# Columns of every type; 24 dimensions inline, 600 out of line (TOAST).
sub fill_table
{
    my ($node, $table, $rows) = @_;

    if ($node->safe_psql('postgres', q{SELECT to_regproc('test_vector') IS NULL}) eq 't')
    {
        $node->safe_psql('postgres', $definitions);
    }
    $node->safe_psql('postgres', qq{
        CREATE TABLE $table (id int PRIMARY KEY, v vector(24), h halfvec(24), s sparsevec(40),
            b bit(24), wide vector(600));
        INSERT INTO $table SELECT id, test_vector(id, 24), test_vector(id, 24),
            test_sparse(id, 40), binary_quantize(test_vector(id, 24)),
            CASE WHEN id % 10 = 0 THEN test_vector(id, 600) END
            FROM generate_series(1, $rows) id;
    });
    return;
}

# One text with the ten nearest rows, by every operator, of three queries.
sub exact_answers
{
    my ($node, $table) = @_;
    my @queries;

    for my $query (3, 500, 77777)
    {
        for my $operator ('<->', '<#>', '<=>', '<+>')
        {
            push @queries, "SELECT 'v', id FROM $table "
              . "ORDER BY v $operator test_vector($query, 24), id LIMIT 10";
            push @queries, "SELECT 'h', id FROM $table "
              . "ORDER BY h $operator test_vector($query, 24)::halfvec, id LIMIT 10";
            push @queries, "SELECT 's', id FROM $table "
              . "ORDER BY s $operator test_sparse($query, 40), id LIMIT 10";
            push @queries, "SELECT 'w', id FROM $table WHERE wide IS NOT NULL "
              . "ORDER BY wide $operator test_vector($query, 600), id LIMIT 10";
        }
        for my $operator ('<~>', '<%>')
        {
            push @queries, "SELECT 'b', id FROM $table "
              . "ORDER BY b $operator binary_quantize(test_vector($query, 24)), id LIMIT 10";
        }
    }
    return $node->safe_psql('postgres', join(";\n", @queries));
}

# psql in a process of its own runs SQL, each statement in a transaction of its
# own.  By files, because nothing pumps its pipes meanwhile.
my $sessions = 0;

sub start_psql
{
    my ($node, $sql) = @_;
    my $base = PostgreSQL::Test::Utils::tempdir() . '/session' . $sessions++;

    PostgreSQL::Test::Utils::append_to_file("$base.sql", $sql);
    my $run = IPC::Run::start(
        [ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', "$base.sql",
            '-d', $node->connstr('postgres') ],
        '>' => "$base.out",
        '2>' => "$base.err");
    return { run => $run, base => $base };
}

# Waits for psql, whatever its exit status.
sub finish_psql
{
    my ($session) = @_;

    $session->{run}->finish;
    return PostgreSQL::Test::Utils::slurp_file("$session->{base}.out");
}

# Every row of the table must be in the index, too.
sub index_errors
{
    my ($node, $index) = @_;

    return $node->safe_psql('postgres', qq{
        SELECT block, item, rule, message FROM vecmilvus_check_index('$index', true)
        WHERE severity = 'error'});
}

# After a kill the old processes are there for a moment: a postmaster that
# nobody has reaped owns its pid file, and a backend keeps the shared memory
# (its working directory is the data directory).  A new server refuses to start
# beside either.
sub start_after_crash
{
    my ($node) = @_;
    my $dir = Cwd::realpath($node->data_dir);
    my $pid = 0;

    if (-e "$dir/postmaster.pid")
    {
        ($pid) = split /\n/, PostgreSQL::Test::Utils::slurp_file("$dir/postmaster.pid");
    }
    for my $try (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
    {
        last
          unless ($pid && kill(0, $pid))
          || grep { (readlink($_) // '') eq $dir } glob('/proc/[0-9]*/cwd');
        sleep 0.1;
    }
    $node->start;
    return;
}

sub rounds
{
    return $ENV{VECMILVUS_TEST_ROUNDS} || 1;
}

# Text of a file in the server's directory of extension scripts, or undef.
sub extension_file
{
    my ($name) = @_;
    my ($sharedir) = PostgreSQL::Test::Utils::run_command([ 'pg_config', '--sharedir' ]);
    my $path = "$sharedir/extension/$name";

    return -e $path ? PostgreSQL::Test::Utils::slurp_file($path) : undef;
}

1;
