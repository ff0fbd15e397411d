# OpenBLAS is loaded by the backend that builds an index, adds no thread to it,
# never gets into the postmaster, and can be missing.

use strict;
use warnings;

use File::Copy qw(copy);
use Test::More;
use VecmilvusTest;

my ($libdir) = PostgreSQL::Test::Utils::run_command([ 'pg_config', '--pkglibdir' ]);
my $satellite = "$libdir/vecmilvus_blas.so";

plan skip_all => 'no /proc/self/task here' unless -d '/proc/self/task';

my $node = new_node('blas', conf => "shared_preload_libraries = 'vecmilvus'\n");
$node->safe_psql('postgres', q{
    CREATE TABLE items (id int, v vector(24));
    INSERT INTO items SELECT i, array_agg(((i * 7919 + d * 104729 + i * d * 31) % 2003)::float4)::vector
        FROM generate_series(1, 3000) i, generate_series(1, 24) d GROUP BY i});

# What a build says about itself, and the tasks of its backend afterwards.
sub build
{
    my ($name, $workers) = @_;
    my ($result, $stdout, $stderr) = $node->psql('postgres', qq{
        SET client_min_messages = debug1;
        SET max_parallel_maintenance_workers = $workers;
        SET min_parallel_table_scan_size = 0;
        CREATE INDEX $name ON items USING ivfflat (v vector_l2_ops) WITH (lists = 30);
        SELECT count(*) FROM pg_ls_dir('/proc/' || pg_backend_pid() || '/task')});

    is($result, 0, "$name is built") or diag $stderr;
    my ($by) = $stderr =~ /k-means by (.*)/;
    return ($by, $stdout, $stderr);
}

# Reading every list gives the exact answer, however the lists came about.
sub check_index
{
    my ($name) = @_;
    my $distance = 'v <-> (SELECT v FROM items WHERE id = 77)';
    my $query = "SELECT string_agg(distance::text, ',') FROM "
      . "(SELECT $distance AS distance FROM items ORDER BY $distance LIMIT 50) nearest";

    is($node->safe_psql('postgres', "SELECT * FROM vecmilvus_check_index('$name', true)"),
        '', "$name is sound");
    is( $node->safe_psql('postgres', "SET enable_seqscan = off; SET ivfflat.probes = 30; $query"),
        $node->safe_psql('postgres', "SET enable_indexscan = off; $query"),
        "$name gives the exact answer");
    $node->safe_psql('postgres', "DROP INDEX $name");
}

# All libraries that a process has mapped.
sub maps
{
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/maps" or die "/proc/$pid/maps: $!";
    local $/;
    return <$file>;
}

SKIP:
{
    skip "$satellite is not installed", 8 unless -e $satellite;

    my ($by, $tasks, $messages) = build('alone', 0);
    like($by, qr/OpenBLAS/, 'OpenBLAS is used');
    is($tasks, 1, 'the backend has one task');
    check_index('alone');

    ($by, $tasks, $messages) = build('together', 2);
    like($messages, qr/using \d+ parallel workers/, 'workers take part');
    is($tasks, 1, 'the leader has one task');
    check_index('together');
}

my ($postmaster) = $node->safe_psql('postgres', "SELECT pg_read_file('postmaster.pid')") =~ /^(\d+)/;
unlike(maps($postmaster), qr/openblas|vecmilvus_blas/, 'the postmaster has not loaded OpenBLAS');
opendir my $dir, "/proc/$postmaster/task" or die "/proc/$postmaster/task: $!";
is(scalar(grep { /^\d+$/ } readdir $dir), 1, 'and has one task');

# A copy of the library in a place of its own has no satellite beside it.
my $elsewhere = PostgreSQL::Test::Utils::tempdir();
copy("$libdir/vecmilvus.so", "$elsewhere/vecmilvus.so") or die "copy: $!";
chmod 0755, "$elsewhere/vecmilvus.so";
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
$node->safe_psql('postgres',
    "UPDATE pg_proc SET probin = '$elsewhere/vecmilvus' WHERE probin = '\$libdir/vecmilvus'");

my ($by) = build('without', 0);
like($by, qr/the distance kernels/, 'without the satellite the distance kernels are used');
check_index('without');

$node->stop;
done_testing();
