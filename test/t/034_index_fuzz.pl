# Whatever bits of an index are wrong, using it gives an answer or an error: no
# crash, no endless loop; and vecmilvus_check_index goes through it.
#
# Many small indexes are damaged at once while the server is down.  The seed is
# printed; VECMILVUS_TEST_SEED repeats a run.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

use constant PAGE => 8192;

my $seed = $ENV{VECMILVUS_TEST_SEED} // int(rand(1 << 30));
note("seed $seed");
srand($seed);

my $copies = 10;    # of each kind
my $batches = 3 * rounds();

my @kinds = (
    { name => 'dense', type => 'vector(3)', value => 'ARRAY[random(), random(), random()]',
        index => 'hnsw (v vector_l2_ops) WITH (m = 4, ef_construction = 16)', operator => '<->' },
    { name => 'sparse', type => 'sparsevec(9)',
        value => 'ARRAY[random(), 0, random(), 0, 0, (random() < 0.5)::int, 0, random(), 0]::vector',
        index => 'hnsw (v sparsevec_cosine_ops) WITH (m = 4, ef_construction = 16)', operator => '<=>' },
    { name => 'bits', type => 'bit(77)', value => q{(('x' || md5(random()::text))::bit(128))::bit(77)},
        index => 'hnsw (v bit_jaccard_ops)', operator => '<%>' },
    { name => 'lists', type => 'vector(3)', value => 'ARRAY[random(), random(), random()]',
        index => 'ivfflat (v vector_l2_ops) WITH (lists = 8)', operator => '<->' },
);

my $node = new_node('fuzz', damage => 1, conf => "fsync = off\nautovacuum = off\nrestart_after_crash = off\n");
my @indexes;
for my $kind (@kinds)
{
    for my $copy (1 .. $copies)
    {
        my $table = "$kind->{name}_$copy";

        $node->safe_psql('postgres', qq{
            SET client_min_messages = error;
            CREATE TABLE $table (id int, v $kind->{type});
            INSERT INTO $table SELECT i, $kind->{value} FROM generate_series(1, 300) i;
            CREATE INDEX ${table}_v ON $table USING $kind->{index}});
        push @indexes, { kind => $kind, table => $table };
    }
}
$node->safe_psql('postgres', 'CHECKPOINT');
for my $index (@indexes)
{
    $index->{file} = $node->data_dir . '/'
      . $node->safe_psql('postgres', "SELECT pg_relation_filepath('$index->{table}_v')");
}
$node->stop;
$_->{image} = PostgreSQL::Test::Utils::slurp_file($_->{file}) for @indexes;

# A place to damage: anywhere, where a page's header and line pointers are, or
# where its items and its special space are.
sub place
{
    my ($size) = @_;
    my $page = PAGE * int(rand($size / PAGE));
    my $how = rand();

    return int(rand($size)) if $how < 0.5;
    return $page + 12 + int(rand(200)) if $how < 0.75;
    return $page + PAGE - 1 - int(rand(400));
}

sub damage
{
    my ($image) = @_;

    for (1 .. 1 + int(rand(12)))
    {
        my $at = place(length $image);
        my $bytes =
            rand() < 0.7
          ? chr(ord(substr($image, $at, 1)) ^ (1 << int(rand(8))))
          : substr($image, place(length $image), 4);
        substr($image, $at, length $bytes) = $bytes;
    }
    substr($image, PAGE * int(rand(length($image) / PAGE)), PAGE) =
      substr($image, PAGE * int(rand(length($image) / PAGE)), PAGE)
      if rand() < 0.05;
    return substr($image, 0, PAGE * int(length($image) / PAGE));
}

# Statements that read and write the index, and leave the table as it is.
sub use_index
{
    my ($index) = @_;
    my ($table, $operator) = ($index->{table}, $index->{kind}{operator});
    my (undef, undef, $stderr) = $node->psql('postgres', qq{
        SET statement_timeout = '60s';
        SET enable_seqscan = off; SET ivfflat.probes = 8; SET hnsw.iterative_scan = relaxed_order;
        SELECT count(*) FROM (SELECT id FROM $table ORDER BY v $operator (SELECT v FROM $table LIMIT 1)) s;
        BEGIN; INSERT INTO $table SELECT id, v FROM $table WHERE id % 30 = 0; ROLLBACK;
        BEGIN; INSERT INTO $table SELECT i, $index->{kind}{value} FROM generate_series(1, 100) i; ROLLBACK;
        VACUUM $table;
        SELECT id FROM $table ORDER BY v $operator (SELECT v FROM $table WHERE id = 7) LIMIT 1;
    }, on_error_stop => 0);
    my (undef, $found, $error) =
      $node->psql('postgres', "SELECT count(*) FROM vecmilvus_check_index('${table}_v', true)");

    return { used => $stderr, found => $found, error => $error };
}

my %count = (uses => 0, errors => 0, found => 0, unreadable => 0);
my @bad;
for my $batch (1 .. $batches)
{
    for my $index (@indexes)
    {
        $index->{damaged} = damage($index->{image});
        open my $out, '>:raw', $index->{file} or die "$index->{file}: $!";
        print $out $index->{damaged};
        close $out or die "$index->{file}: $!";
    }
    $node->start;
    for my $index (@indexes)
    {
        my $result = use_index($index);

        $count{uses}++;
        $count{errors}++ if $result->{used} =~ /ERROR/;
        $count{found}++ if $result->{found};
        # PostgreSQL itself refuses a page with an impossible header.
        $count{unreadable}++ if $result->{error} =~ /invalid page in block/;
        push @bad, "$index->{table}: $result->{used}$result->{error}"
          if $result->{used} =~ /statement timeout|server closed|could not connect|PANIC/
          || ($result->{error} && $result->{error} !~ /invalid page in block/);
    }
    last unless $node->psql('postgres', 'SELECT 1') == 0;
    $node->stop;
}

is(join("\n", @bad), '', "$count{uses} damaged indexes give answers or errors");
cmp_ok($count{found} + $count{unreadable}, '>', $count{uses} / 2, 'the verifier sees most of them');
cmp_ok($count{unreadable}, '<', $count{uses} / 2, 'and PostgreSQL lets most of them through to it');
cmp_ok($count{errors}, '>', 0, 'and some are errors');
note(join ', ', map { "$_ $count{$_}" } sort keys %count);

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/terminated by signal|TRAP:|PANIC/, 'no process of the server ended');

done_testing();
