# A small Milvus, the PyPI package milvus-lite, does the same random work beside us:
# collections, inserts, upserts, deletes, filters and searches with FLAT indexes
# (test/lib/milvus_lite_compare.py says what, milvus_lite_known.py where it differs).

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my $lib = dirname(abs_path($INC{'VecmilvusTest.pm'}));
my $directory = PostgreSQL::Test::Utils::tempdir();
my $seeds = 10 * rounds();

# A command's status, and what it said.
sub run_quietly
{
    my ($output, @command) = ('', @_);
    my $ok = IPC::Run::run(\@command, '>' => \$output, '2>&1');
    return ($ok, $output);
}

$ENV{PYTHONDONTWRITEBYTECODE} = 1;
$ENV{PIP_DISABLE_PIP_VERSION_CHECK} = 1;

my ($ok, $said) = run_quietly('python3', '-m', 'venv', "$directory/venv");
plan skip_all => 'no virtual environment of Python can be made' unless $ok;

($ok, $said) = run_quietly("$directory/venv/bin/pip", 'install', '--quiet', '--retries', 1, '--timeout', 20,
    '-r', "$lib/lite_requirements.txt");
plan skip_all => 'milvus-lite cannot be installed: PyPI is out of reach, or has no build for this machine'
    unless $ok;

my $node = new_node('milvus_lite');
$node->safe_psql('postgres', "CREATE DATABASE lite TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
$node->safe_psql('lite', 'CREATE EXTENSION vecmilvus');

($ok, $said) = run_quietly("$directory/venv/bin/python", "$lib/milvus_lite_compare.py",
    $node->connstr('lite'), "$directory/lite.db", '--seeds', 1, $seeds, '--count', 500);
ok($ok, 'milvus-lite and vecmilvus agree, but for what is known') or diag($said);
like($said, qr/^\d{3,} query$/m, 'filters were compared');
like($said, qr/^\d{3,} search$/m, 'searches were compared');
like($said, qr/^\d{2,} contents$/m, 'contents were compared');

done_testing();
