/*
 * sample.c
 *		Rows to learn the centroids from: VmIvfSample.
 *
 * 50 rows a list, 10,000 at least.  Blocks are drawn at random where the table
 * has more than enough of them, and rows within the blocks with one probability,
 * so that only rows that are taken are detoasted.  How many blocks and which
 * probability that takes is guessed from a few blocks; where rows are rare or lie
 * together (NULLs, a partial index, dead rows) the guess may be far off, and the
 * sample is drawn again with what the first try has learnt.  The sample is a file
 * of chunks of chunk_rows rows; a chunk starts at a block of the file, so it can
 * be found.
 *
 * k-means compares by x.c - |c|^2 / 2 in float32, which cancels badly for data
 * far from the origin.  Euclidean rows are therefore shifted by the mean of the
 * first chunk, the build's origin, wherever k-means sees them.
 */
#include "compat/compat.h"

#include <float.h>
#include <math.h>

#include "access/tableam.h"
#include "catalog/index.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#include "am/ivf/build.h"
#include "simd/simd.h"

#define MIN_SAMPLE_ROWS  10000
#define ROWS_PER_LIST    50
#define CHUNK_BYTES      ((Size) 1024 * 1024)
#define CHUNK_SHARE      8  /* of maintenance_work_mem a chunk takes at most this part */
#define DENSITY_BLOCKS   64 /* looked at to estimate the rows of a block */
#define SAMPLE_SEED      42
#define MAX_OVERSAMPLING 4
#define MIN_SHARE        0.8 /* of the rows wanted; less is drawn again */
#define SPARE_BLOCKS     1.2 /* as many times the blocks that should do */
#define MAX_TRIES        3

typedef struct Sampler
{
	VmIvfBuildState *build;
	BufFile *file;
	VmToastCursor cursor;
	MemoryContext row_context;
	VmKmeansRandom random;
	double probability; /* that a row is taken */
	double skip;        /* rows until the next one that is */
	uint64 limit;
	uint64 seen;  /* rows that the index covers */
	uint64 tried; /* of these, chosen by chance */
	int in_chunk; /* rows in build->chunk */
} Sampler;

int
VmIvfChunkRows(Size row_size)
{
	Size bytes = Min(CHUNK_BYTES, (Size) maintenance_work_mem * 1024 / CHUNK_SHARE);

	return (int) Max(1, bytes / row_size);
}

static Size
ChunkBlocks(const VmIvfBuildState *build)
{
	return (build->shared->chunk_rows * build->row_size + BLCKSZ - 1) / BLCKSZ;
}

uint32
VmIvfChunks(const VmIvfBuildState *build)
{
	uint64 rows = build->shared->sample_rows;

	return (uint32) ((rows + build->shared->chunk_rows - 1) / build->shared->chunk_rows);
}

static char *
ChunkBuffer(VmIvfBuildState *build)
{
	if (build->chunk == NULL)
		build->chunk = MemoryContextAllocZero(build->context, ChunkBlocks(build) * BLCKSZ);
	return build->chunk;
}

int
VmIvfReadChunk(VmIvfBuildState *build, BufFile *file, uint32 chunk)
{
	uint64 before = (uint64) chunk * build->shared->chunk_rows;
	int rows = (int) Min((uint64) build->shared->chunk_rows, build->shared->sample_rows - before);

	if (BufFileSeekBlock(file, (long) (chunk * ChunkBlocks(build))) != 0 ||
		!VmIvfSpoolRead(file, ChunkBuffer(build), rows * build->row_size))
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read temporary file")));
	return rows;
}

/* -------------------------------------------------------------------- writing */

static void
SetOrigin(VmIvfBuildState *build, const float *rows, int count)
{
	float *origin = build->arrays.origin;
	Size dims = build->ivf.space.dims;

	for (int i = 0; i < count; i++)
	{
		for (Size d = 0; d < dims; d++)
			origin[d] += rows[i * dims + d] / count;
	}
	for (Size d = 0; d < dims; d++)
	{
		if (!isfinite(origin[d]))
			origin[d] = 0;
	}
}

/* The first chunk's rows have been kept as they are until now. */
static void
ShiftFirstChunk(VmIvfBuildState *build, int count)
{
	float *rows = (float *) build->chunk;
	Size dims = build->ivf.space.dims;

	if (build->kind != VM_KMEANS_L2 || count == 0)
		return;
	SetOrigin(build, rows, count);
	for (int i = 0; i < count; i++)
	{
		for (Size d = 0; d < dims; d++)
			rows[i * dims + d] = VmIvfFinite(rows[i * dims + d] - build->arrays.origin[d], FLT_MAX);
	}
}

static void
FlushChunk(Sampler *sampler)
{
	VmIvfBuildState *build = sampler->build;

	if (sampler->in_chunk == 0)
		return;
	if (build->shared->sample_rows <= (uint64) build->shared->chunk_rows)
		ShiftFirstChunk(build, sampler->in_chunk);
	BufFileWrite(sampler->file, build->chunk, ChunkBlocks(build) * BLCKSZ);
	sampler->in_chunk = 0;
}

/* Spherical k-means learns from directions: a zero vector has none. */
static bool
NormalizeRow(const VmIvfBuildState *build, float *row)
{
	Size dims = build->ivf.space.dims;
	double norm;

	if (build->kind != VM_KMEANS_SPHERICAL)
		return true;
	norm = sqrt(VmSimd->f32_sqnorm(row, dims));
	if (!(norm > 0) || isinf(norm))
		return false;
	for (Size d = 0; d < dims; d++)
		row[d] = (float) (row[d] / norm);
	return true;
}

static void
TakeRow(Sampler *sampler, Datum value)
{
	VmIvfBuildState *build = sampler->build;
	MemoryContext old_context;
	const void *payload;
	char *row = ChunkBuffer(build) + sampler->in_chunk * build->row_size;

	MemoryContextReset(sampler->row_context);
	old_context = MemoryContextSwitchTo(sampler->row_context);
	payload = VmIvfRowPayload(build, &sampler->cursor, value);
	MemoryContextSwitchTo(old_context);
	if (payload == NULL)
		return;

	VmIvfKmeansRow(build, payload, row);
	if (!NormalizeRow(build, (float *) row))
		return;
	build->shared->sample_rows++;
	if (++sampler->in_chunk == build->shared->chunk_rows)
		FlushChunk(sampler);
}

/* ------------------------------------------------------------------- choosing */

/* Rows to pass over: geometrically distributed. */
static double
DrawSkip(Sampler *sampler)
{
	if (sampler->probability >= 1)
		return 0;
	return floor(log(1 - VmKmeansRandomDouble(&sampler->random)) / log1p(-sampler->probability));
}

static void
SampleRow(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool tuple_is_alive,
		  void *opaque)
{
	Sampler *sampler = opaque;

	if (isnull[0])
		return;
	sampler->seen++;
	if (sampler->build->shared->sample_rows >= sampler->limit || sampler->skip-- > 0)
		return;
	sampler->skip = DrawSkip(sampler);
	sampler->tried++;
	TakeRow(sampler, values[0]);
}

static void
CountRow(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool tuple_is_alive,
		 void *opaque)
{
	if (!isnull[0])
		(*(uint64 *) opaque)++;
}

/* Visits so many blocks of the table, at random but in order. */
static void
VisitBlocks(VmIvfBuildState *build, BlockNumber blocks, BlockNumber wanted,
			IndexBuildCallback callback, void *opaque)
{
	BlockSamplerData sampler;
	BlockNumber start = 0;
	BlockNumber count = 0;

	(void) BlockSampler_Init(&sampler, blocks, (int) Min(wanted, (BlockNumber) INT_MAX),
							 SAMPLE_SEED);
	while (BlockSampler_HasMore(&sampler))
	{
		BlockNumber block = BlockSampler_Next(&sampler);

		/* One visit for blocks that follow each other. */
		if (count > 0 && block == start + count)
		{
			count++;
			continue;
		}
		if (count > 0)
			table_index_build_range_scan(build->team.heap, build->team.index, build->team.info,
										 false, true, false, start, count, callback, opaque, NULL);
		start = block;
		count = 1;
		CHECK_FOR_INTERRUPTS();
	}
	if (count > 0)
		table_index_build_range_scan(build->team.heap, build->team.index, build->team.info, false,
									 true, false, start, count, callback, opaque, NULL);
}

/* Rows of a block that the index covers, on average. */
static double
EstimateDensity(VmIvfBuildState *build, BlockNumber blocks)
{
	BlockNumber looked_at = Min(blocks, DENSITY_BLOCKS);
	uint64 rows = 0;

	VisitBlocks(build, blocks, looked_at, CountRow, &rows);
	return (double) Max(rows, 1) / looked_at;
}

/* Blocks to draw so many rows from, when each has `density` usable ones. */
static BlockNumber
BlocksToVisit(BlockNumber blocks, uint64 target, double density)
{
	double wanted = Max((double) target, ceil(SPARE_BLOCKS * target / density));

	/* Reading half of the blocks here and there takes as long as reading all. */
	return wanted > blocks / 2 ? blocks : (BlockNumber) wanted;
}

/* A sample from the beginning, on so many blocks with `density` usable rows each. */
static void
DrawSample(Sampler *sampler, BlockNumber blocks, BlockNumber wanted, uint64 target, double density)
{
	VmIvfBuildState *build = sampler->build;

	build->shared->sample_rows = 0;
	memset(build->arrays.origin, 0, build->ivf.space.dims * sizeof(float));
	if (BufFileSeek(sampler->file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	sampler->in_chunk = 0;
	sampler->seen = 0;
	sampler->tried = 0;
	sampler->probability = target / (density * wanted);
	sampler->skip = DrawSkip(sampler);
	VisitBlocks(build, blocks, wanted, SampleRow, sampler);
	FlushChunk(sampler);
}

/* Whether there are rows enough, from everywhere, or no more can be had. */
static bool
Suffices(const Sampler *sampler, bool all_blocks, uint64 target)
{
	uint64 rows = sampler->build->shared->sample_rows;

	if (rows >= sampler->limit)
		return false;
	return rows >= MIN_SHARE * target || (all_blocks && sampler->probability >= 1);
}

/* Draws until the sample suffices; returns rows of a block, on average. */
static double
DrawSamples(Sampler *sampler, BlockNumber blocks, uint64 target)
{
	double density = EstimateDensity(sampler->build, blocks);
	double usable = 1; /* of these: under spherical k-means zero vectors are not */

	for (int try = 0; try < MAX_TRIES; try++)
	{
		BlockNumber wanted = BlocksToVisit(blocks, target, density * usable);

		DrawSample(sampler, blocks, wanted, target, density * usable);
		density = (double) Max(sampler->seen, 1) / wanted;
		usable = (sampler->build->shared->sample_rows + 1.0) / (sampler->tried + 1.0);
		if (Suffices(sampler, wanted == blocks, target))
			break;
	}
	return density;
}

double
VmIvfSample(VmIvfBuildState *build)
{
	uint64 target = Max(MIN_SAMPLE_ROWS, (uint64) build->ivf.lists * ROWS_PER_LIST);
	BlockNumber blocks = RelationGetNumberOfBlocks(build->team.heap);
	Sampler sampler = {.build = build, .limit = target * MAX_OVERSAMPLING};
	double density = 0;

	sampler.file = VmIvfSpoolCreate(build, 's', 0, 0);
	sampler.row_context =
		AllocSetContextCreate(build->context, "ivf sample row", ALLOCSET_DEFAULT_SIZES);
	VmKmeansRandomInit(&sampler.random, SAMPLE_SEED);
	if (blocks > 0)
		density = DrawSamples(&sampler, blocks, target);
	VmIvfSpoolFinish(build, sampler.file);
	MemoryContextDelete(sampler.row_context);
	return density * blocks;
}
