/*
 * stop_point.c
 *		Waiting at a named place: see stop_point.h.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/guc.h"

#include "am/stop_point.h"

#ifdef USE_ASSERT_CHECKING

static char *stop_point = NULL;

void
VmStopPointDefineSetting(void)
{
	DefineCustomStringVariable("vecmilvus.stop_point", "Place where the session waits, for tests.",
							   NULL, &stop_point, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL,
							   NULL);
}

void
VmStopPoint(const char *name)
{
	LOCKTAG tag;

	if (stop_point == NULL || strcmp(stop_point, name) != 0)
		return;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, VM_STOP_POINT_CLASS, 0, 2);
	(void) LockAcquire(&tag, ShareLock, false, false);
	LockRelease(&tag, ShareLock, false);
}

#endif
