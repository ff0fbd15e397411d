# The alias extension: CREATE EXTENSION vector gives vecmilvus, for dumps and
# tools that say so.  Its files are installed by `make install-vector-alias`.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $control = extension_file('vector.control');
if (!defined $control)
{
    plan skip_all => 'the alias is not installed (make install-vector-alias)';
}
if ($control !~ /^# vecmilvus alias$/m)
{
    plan skip_all => 'the extension vector on this server is not the alias';
}

my $node = new_node('alias');

$node->safe_psql('postgres', 'CREATE EXTENSION vector');
is( $node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'vector'}),
    '0.8.6', 'CREATE EXTENSION vector works beside vecmilvus');

$node->safe_psql('postgres', 'CREATE DATABASE bare');
my ($status, $out, $err) = $node->psql('bare', 'CREATE EXTENSION vector');
isnt($status, 0, 'without vecmilvus it is an error');
like($err, qr/required extension "vecmilvus" is not installed/, 'that names vecmilvus');
$node->safe_psql('bare', 'CREATE EXTENSION vector CASCADE');
is( $node->safe_psql('bare', 'SELECT string_agg(extname, $$,$$ ORDER BY extname) FROM pg_extension'),
    'plpgsql,vecmilvus,vector', 'CASCADE brings it');

# A dump made from a pgvector database looks like this.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->safe_psql('restored', q{
    CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public CASCADE;
    COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';
    CREATE TABLE public.items (id bigint NOT NULL, embedding public.vector(3), half public.halfvec(3));
    INSERT INTO public.items VALUES (1, '[1,2,3]', '[1,2,3]'), (2, '[4,5,6]', '[4,5,6]');
});
is($node->safe_psql('restored', q{SELECT id FROM items ORDER BY embedding <-> '[4,5,5]' LIMIT 1}),
    '2', 'a dump of pgvector loads');

($status, $out, $err) = $node->psql('restored', 'DROP EXTENSION vecmilvus');
like($err, qr/extension vector depends on extension vecmilvus/, 'vecmilvus cannot be dropped alone');
$node->safe_psql('restored', 'DROP EXTENSION vector');
is($node->safe_psql('restored', 'SELECT count(*) FROM items'), '2',
    'dropping the alias leaves the data');

done_testing();
