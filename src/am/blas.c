/*
 * blas.c
 *		Loads vecmilvus_blas.so: VmBlasGemm.
 */
#include "compat/compat.h"

#include <dlfcn.h>
#include <signal.h>

#include "miscadmin.h"

#include "am/blas.h"

#define LIBRARY_NAME "vecmilvus_blas.so"

static VmGemm gemm = NULL;
static char description[512];

/* Path of the satellite: beside this very library, wherever that is. */
static bool
FindLibrary(char *path, Size size)
{
	Dl_info info;
	char *slash;

	if (dladdr(&gemm, &info) == 0 || info.dli_fname == NULL ||
		strlcpy(path, info.dli_fname, size) >= size)
		return false;
	slash = strrchr(path, '/');
	return slash != NULL &&
		   strlcpy(slash + 1, LIBRARY_NAME, size - (slash + 1 - path)) < size - (slash + 1 - path);
}

/*
 * The library's constructors run with all signals blocked, so that a thread
 * which one of them starts inherits that: a signal for the server must never be
 * handled by a thread that knows nothing of it.  One thread is asked for anyway.
 */
static void *
OpenQuietly(const char *path)
{
	sigset_t all;
	sigset_t before;
	void *handle;

	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	setenv("OMP_NUM_THREADS", "1", 1);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return handle;
}

static const VmBlasFunctions *
LoadFunctions(void)
{
	char path[MAXPGPATH];
	const VmBlasFunctions *functions;
	void *handle;

	/* The postmaster's children would inherit threads that are not there. */
	if (IsPostmasterEnvironment && !IsUnderPostmaster)
		return NULL;
	if (!FindLibrary(path, sizeof(path)))
		return NULL;
	handle = OpenQuietly(path);
	if (handle == NULL)
	{
		snprintf(description, sizeof(description), "the distance kernels (%s)", dlerror());
		return NULL;
	}
	functions = dlsym(handle, VM_BLAS_SYMBOL);
	if (functions == NULL || functions->abi != VM_BLAS_ABI)
	{
		snprintf(description, sizeof(description),
				 "the distance kernels (\"%s\" belongs to another version)", path);
		return NULL;
	}
	return functions;
}

VmGemm
VmBlasGemm(void)
{
	const VmBlasFunctions *functions;

	if (gemm != NULL)
		return gemm;
	strlcpy(description, "the distance kernels", sizeof(description));
	functions = LoadFunctions();
	if (functions != NULL)
	{
		snprintf(description, sizeof(description), "%s", functions->describe());
		gemm = functions->gemm;
	}
	else
		gemm = VmGemmPortable;
	return gemm;
}

const char *
VmBlasDescribe(void)
{
	(void) VmBlasGemm();
	return description;
}
