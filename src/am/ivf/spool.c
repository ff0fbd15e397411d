/*
 * spool.c
 *		Temporary files of a build: VmIvfSpool....
 *
 * With workers they belong to a file set, by name, and go with the shared
 * memory.  Without workers they are the process's own and stay open from writing
 * to reading; the resource owner removes them when the build fails.
 */
#include "compat/compat.h"

#include <fcntl.h>

#include "utils/hsearch.h"

#include "am/ivf/build.h"

typedef struct OwnKey
{
	int kind;
	int number;
} OwnKey;

typedef struct OwnFile
{
	OwnKey key;
	BufFile *file;
} OwnFile;

static void
MakeName(char *name, Size size, char kind, int member, int number)
{
	snprintf(name, size, "%c%d.%d", kind, member, number);
}

static OwnFile *
FindOwn(VmIvfBuildState *build, char kind, int number, HASHACTION action)
{
	OwnKey key = {kind, number};

	if (build->files == NULL)
	{
		HASHCTL control = {
			.keysize = sizeof(OwnKey), .entrysize = sizeof(OwnFile), .hcxt = build->context};

		build->files =
			hash_create("ivf build files", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	return hash_search(build->files, &key, action, NULL);
}

BufFile *
VmIvfSpoolCreate(VmIvfBuildState *build, char kind, int member, int number)
{
	char name[MAXPGPATH];
	MemoryContext old_context;
	OwnFile *own;

	if (build->team.scan != NULL)
	{
		MakeName(name, sizeof(name), kind, member, number);
		return BufFileCreateFileSet(&build->shared->files.fs, name);
	}
	old_context = MemoryContextSwitchTo(build->context);
	own = FindOwn(build, kind, number, HASH_ENTER);
	own->file = BufFileCreateTemp(false);
	MemoryContextSwitchTo(old_context);
	return own->file;
}

void
VmIvfSpoolFinish(VmIvfBuildState *build, BufFile *file)
{
	if (build->team.scan == NULL)
		return;
	BufFileExportFileSet(file);
	BufFileClose(file);
}

BufFile *
VmIvfSpoolOpen(VmIvfBuildState *build, char kind, int member, int number)
{
	char name[MAXPGPATH];
	OwnFile *own;

	if (build->team.scan != NULL)
	{
		MakeName(name, sizeof(name), kind, member, number);
		return BufFileOpenFileSet(&build->shared->files.fs, name, O_RDONLY, true);
	}
	own = FindOwn(build, kind, number, HASH_FIND);
	if (own == NULL)
		return NULL;
	if (BufFileSeek(own->file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	return own->file;
}

void
VmIvfSpoolClose(VmIvfBuildState *build, BufFile *file)
{
	if (build->team.scan != NULL)
		BufFileClose(file);
}

void
VmIvfSpoolDrop(VmIvfBuildState *build, char kind, int number)
{
	char name[MAXPGPATH];
	OwnFile *own;

	if (build->team.scan != NULL)
	{
		for (int member = 0; member < VmIvfMembers(build); member++)
		{
			MakeName(name, sizeof(name), kind, member, number);
			BufFileDeleteFileSet(&build->shared->files.fs, name, true);
		}
		return;
	}
	own = FindOwn(build, kind, number, HASH_FIND);
	if (own == NULL)
		return;
	BufFileClose(own->file);
	FindOwn(build, kind, number, HASH_REMOVE);
}

bool
VmIvfSpoolRead(BufFile *file, void *to, Size size)
{
	Size got = BufFileRead(file, to, size);

	if (got == 0)
		return false;
	if (got != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read temporary file: read only %zu of %zu bytes", got, size)));
	return true;
}

void
VmIvfSpoolEnd(VmIvfBuildState *build)
{
	HASH_SEQ_STATUS status;
	OwnFile *own;

	if (build->files == NULL)
		return;
	hash_seq_init(&status, build->files);
	while ((own = hash_seq_search(&status)) != NULL)
		BufFileClose(own->file);
	hash_destroy(build->files);
	build->files = NULL;
}
