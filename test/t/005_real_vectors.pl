# Exact search on real vectors gives the answers that were computed elsewhere,
# with every instruction set.  VECMILVUS_DATA names the folder that holds them.

use strict;
use warnings;

use Test::More;
use PostgreSQL::Test::Utils;
use VecmilvusTest;

my $dims = 256;
my $truth_per_query = 100;
my $data = $ENV{VECMILVUS_DATA} // '';

if ($data eq '' || !-f "$data/packages256.base.f16")
{
    plan skip_all => 'VECMILVUS_DATA does not name a folder with packages256.base.f16';
}

sub slurp_raw
{
    my ($path) = @_;

    open(my $in, '<:raw', $path) or die "$path: $!";
    local $/;
    return scalar <$in>;
}

# Little-endian float16 rows, as a file for COPY ... WITH (FORMAT binary):
# columns id int4 and v halfvec, whose wire form is big-endian.
sub write_copy_file
{
    my ($raw, $path) = @_;
    my $bytes = $dims * 2;

    open(my $file, '>:raw', $path) or die "$path: $!";
    print $file "PGCOPY\n\xff\r\n\0", pack('N N', 0, 0);
    for (my $id = 0; $id * $bytes < length($raw); $id++)
    {
        my $row = pack('n*', unpack('v*', substr($raw, $id * $bytes, $bytes)));
        print $file pack('n N N N n n', 2, 4, $id, 4 + $bytes, $dims, 0), $row;
        # pack('N') above gave each field its length, then the field itself.
    }
    print $file pack('n', 0xffff);
    close($file) or die "$path: $!";
    return;
}

my $node = new_node('real', conf => "shared_buffers = '128MB'\n");
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', "CREATE TABLE base (id int4, v halfvec($dims));"
      . "CREATE TABLE query (id int4, v halfvec($dims))");
for my $table ('base', 'query')
{
    write_copy_file(slurp_raw("$data/packages256.$table.f16"), "$dir/$table");
    $node->safe_psql('postgres', "COPY $table FROM '$dir/$table' WITH (FORMAT binary)");
}
my $rows = (-s "$data/packages256.base.f16") / $dims / 2;
is($node->safe_psql('postgres', 'SELECT count(*) FROM base'), $rows, "$rows rows are loaded");

my @truth = unpack('l<*', slurp_raw("$data/packages256.truth-cosine.i32"));
my $tested = 0;

for my $simd ('scalar', 'avx2', 'avx512', 'neon')
{
    my ($status) = $node->psql('postgres', "LOAD 'vecmilvus'; SET vecmilvus.simd = '$simd'");
  SKIP:
    {
        skip "this CPU has no $simd", 1 if $status != 0;
        my @wrong;

        for my $query (map { $_ * 97 } 0 .. 9)
        {
            my $ids = join(',', @truth[ $query * $truth_per_query .. $query * $truth_per_query + 9 ]);

            # By distance: where rows are equally near, rounding decides their order.
            push @wrong, $query if $node->safe_psql('postgres', qq{
                LOAD 'vecmilvus'; SET vecmilvus.simd = '$simd';
                WITH q AS MATERIALIZED (SELECT v FROM query WHERE id = $query),
                    found AS (SELECT v <=> (SELECT v FROM q) AS d FROM base
                        ORDER BY v <=> (SELECT v FROM q) LIMIT 10),
                    wanted AS (SELECT v <=> (SELECT v FROM q) AS d FROM base WHERE id IN ($ids)),
                    f AS (SELECT d, row_number() OVER (ORDER BY d) AS n FROM found),
                    w AS (SELECT d, row_number() OVER (ORDER BY d) AS n FROM wanted)
                SELECT count(*) FROM f JOIN w USING (n) WHERE abs(f.d - w.d) <= 1e-5}) ne '10';
        }
        is(join(' ', @wrong), '', "simd = $simd: ten queries give the known nearest rows");
        $tested++;
    }
}
cmp_ok($tested, '>=', 1, 'some instruction set was tested');

done_testing();
