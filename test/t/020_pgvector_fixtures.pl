# Dumps and binary COPY files that pgvector wrote load into vecmilvus (with the
# alias extension `vector`), and queries answer what pgvector answered; a dump
# of the result loads again. See test/fixtures/pgvector/README.md.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my $fixtures = dirname(__FILE__) . '/../fixtures/pgvector';
my @sets = glob("$fixtures/pg*-pgvector*");

my $control = extension_file('vector.control');
if (!defined $control)
{
    plan skip_all => 'the alias is not installed (make install-vector-alias)';
}
if ($control !~ /^# vecmilvus alias$/m)
{
    plan skip_all => 'the extension vector on this server is not the alias';
}

my $node = new_node('fixtures');

# A database as the README tells people to make it before they restore.
sub new_database
{
    my ($name) = @_;

    $node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0 ENCODING 'UTF8'");
    $node->safe_psql($name, 'CREATE EXTENSION vecmilvus');
    return;
}

# Runs a program on the node's server; returns its exit status and all it says.
sub run_on
{
    my (@command) = @_;
    my $output = '';
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    # The answers were recorded with these.
    local $ENV{PGTZ} = 'UTC';
    local $ENV{LC_ALL} = 'C';

    IPC::Run::run(\@command, '<' => \undef, '>' => \$output, '2>&1');
    return ($? >> 8, $output);
}

# The answers of a database, as make-pgvector-fixtures records them.
sub answers
{
    my ($database, $kind) = @_;
    my ($status, $output) =
      run_on('psql', '-X', '-q', '-A', '-t', '-d', $database, '-f', "$fixtures/answers-$kind.sql");

    $output =~ s/^psql:.*?:\d+: //mg;
    return $output;
}

# Compares line by line, and shows the first few differences only.
sub same_answers
{
    my ($got, $expected, $name) = @_;
    my @got = split /\n/, $got;
    my @expected = split /\n/, $expected;
    my @differences;

    for my $i (0 .. ($#got > $#expected ? $#got : $#expected))
    {
        my ($g, $e) = ($got[$i] // '(nothing)', $expected[$i] // '(nothing)');
        push @differences, 'line ' . ($i + 1) . "\n  pgvector:  $e\n  vecmilvus: $g" if $g ne $e;
    }
    ok(!@differences && @expected > 5, $name)
      or diag(join("\n", splice(@differences, 0, 10)));
    return;
}

sub restore_plain
{
    my ($database, $file) = @_;

    new_database($database);
    my ($status, $output) = run_on('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
        '-d', $database, '-f', $file);
    is("$status $output", '0 ', "plain dump restores into $database without a word");
    return;
}

sub restore_custom
{
    my ($database, $file) = @_;

    new_database($database);
    my ($status, $output) =
      run_on('pg_restore', '--exit-on-error', '--no-owner', '-d', $database, $file);
    is("$status $output", '0 ', "custom dump restores into $database without a word");
    return;
}

# Binary files of pgvector load, mean the same, and are written back byte for byte.
sub check_binary
{
    my ($set, $database) = @_;

    for my $type ('vector', 'halfvec', 'sparsevec')
    {
        my $back = PostgreSQL::Test::Utils::tempdir() . "/$database.$type";
        my ($status, $output) = run_on(
            'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database,
            '-c', "TRUNCATE copy_$type",
            '-c', "\\copy copy_$type from '$set/copy_$type.bin' (format binary)",
            '-c', "\\copy (SELECT * FROM copy_$type ORDER BY id) to '$back' (format binary)");
        is("$status $output", '0 ', "binary COPY of $type loads");
        ok(slurp_file($back) eq slurp_file("$set/copy_$type.bin"),
            "binary COPY of $type is written back byte for byte");
    }
    same_answers(answers($database, 'copy'), slurp_file("$set/answers-copy.out"),
        'values from the binary files');
    return;
}

# The definitions, exact answers, and that the restored indexes are sound and used.
sub check_indexes
{
    my ($set, $database) = @_;

    same_answers(answers($database, 'indexes'), slurp_file("$set/answers-indexes.out"),
        basename($set) . ": definitions and exact answers in $database");
    is( $node->safe_psql($database, q{
            SELECT amname, count(*) FROM pg_class c JOIN pg_am a ON a.oid = relam
                WHERE amname IN ('hnsw', 'ivfflat') GROUP BY 1 ORDER BY 1}),
        "hnsw|11\nivfflat|4", 'every index is there');
    is( $node->safe_psql($database, q{
            SELECT c.relname, found.* FROM pg_class c, vecmilvus_check_index(c.oid, true) found
                WHERE c.relam IN ((SELECT oid FROM pg_am WHERE amname = 'hnsw'),
                    (SELECT oid FROM pg_am WHERE amname = 'ivfflat'))}),
        '', 'and the verifier finds nothing wrong');
    is( $node->safe_psql($database, "SELECT count(*) FROM search('[1,2,3,-1,-2,-3]', 10) s"),
        '10', 'a function with settings of hnsw works');

    # Sixty rows: an unquantized graph with ef_search 100, or all lists, miss none.
    for my $search (
        [ 'docs_v_ip', "v <#> '[1,2,3,-1,-2,-3]'" ],
        [ 'docs_v_l1', "v <+> '[1,2,3,-1,-2,-3]'" ],
        [ 'docs_h_l2', "h <-> '[1,2,3,-1,-2,-3]'" ],
        [ 'docs_h_ivf', "h <#> '[1,2,3,-1,-2,-3]'" ],
        [ 'docs_s_ip', "s <#> '{1:1,2:2,30:-3}/40'" ],
        [ 'docs_b_jaccard', "b <%> B'101010101010'" ],
        [ 'docs_v_as_half', "v::halfvec(6) <=> '[1,2,3,-1,-2,-3]'" ],
        [ 'docs_v_signs', "binary_quantize(v)::bit(6) <~> B'101010'" ])
    {
        my ($index, $order) = @$search;
        my $nearest = "SELECT $order AS distance FROM docs ORDER BY $order LIMIT 10";
        my $with_index =
          'SET enable_seqscan = off; SET hnsw.ef_search = 100; SET ivfflat.probes = 3;';

        like($node->safe_psql($database, "$with_index EXPLAIN $nearest"),
            qr/Index Scan using $index on docs/, "$index is used");
        is( $node->safe_psql($database, "$with_index $nearest"),
            $node->safe_psql($database, "SET enable_indexscan = off; $nearest"),
            'and answers as the table does');
    }
    return;
}

ok(@sets > 0, 'there are fixtures');
for my $i (0 .. $#sets)
{
    my $set = $sets[$i];

    note(basename($set));
    restore_plain("plain$i", "$set/types.sql");
    same_answers(answers("plain$i", 'types'), slurp_file("$set/answers-types.out"),
        basename($set) . ': answers after a plain dump');
    check_binary($set, "plain$i");

    # Out of vecmilvus and in again.
    my $again = PostgreSQL::Test::Utils::tempdir() . "/again$i";
    my ($dump_status, $dump_output) =
      run_on('pg_dump', '--no-owner', '-Fc', '-f', $again, "plain$i");
    is("$dump_status $dump_output", '0 ', 'what was restored can be dumped');
    restore_custom("again$i", $again);
    same_answers(answers("again$i", 'types'), slurp_file("$set/answers-types.out"),
        basename($set) . ': answers after a second dump and restore');

  SKIP:
    {
        my ($status, $output) = run_on('pg_restore', '--list', "$set/types.dump");
        skip "this server's pg_restore cannot read the archive ($1)", 1
          if $output =~ /(unsupported version .*)/;
        restore_custom("custom$i", "$set/types.dump");
        same_answers(answers("custom$i", 'types'), slurp_file("$set/answers-types.out"),
            basename($set) . ': answers after a custom dump');
    }

    restore_plain("indexes$i", "$set/indexes.sql");
    check_indexes($set, "indexes$i");
    ($dump_status, $dump_output) =
      run_on('pg_dump', '--no-owner', '-Fc', '-f', "$again.indexes", "indexes$i");
    is("$dump_status $dump_output", '0 ', 'indexes can be dumped');
    restore_custom("indexes_again$i", "$again.indexes");
    check_indexes($set, "indexes_again$i");

  SKIP:
    {
        my ($status, $output) = run_on('pg_restore', '--list', "$set/indexes.dump");
        skip "this server's pg_restore cannot read the archive ($1)", 1
          if $output =~ /(unsupported version .*)/;
        restore_custom("indexes_custom$i", "$set/indexes.dump");
        check_indexes($set, "indexes_custom$i");
    }
}

$node->stop;
done_testing();
