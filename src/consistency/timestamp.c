/*
 * timestamp.c
 *		The oracle's clock, and the SQL functions that convert timestamps.
 */
#include "compat/compat.h"

#include <limits.h>

#include "datatype/timestamp.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "consistency/clock_private.h"
#include "consistency/timestamp.h"

/* From 1970, where Unix counts from, to 2000, where PostgreSQL does. */
#define EPOCH_DIFFERENCE_MS                                                                        \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * INT64CONST(1000))

#ifdef USE_ASSERT_CHECKING
static int test_clock_offset = 0;
#endif

void
VmClockDefineSettings(void)
{
#ifdef USE_ASSERT_CHECKING
	DefineCustomIntVariable("vecmilvus.test_clock_offset",
							"Added to the clock that timestamps are drawn from, for tests.", NULL,
							&test_clock_offset, 0, INT_MIN, INT_MAX, PGC_SUSET,
							GUC_UNIT_MS | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
#endif
}

int64
VmClockNow(void)
{
	int64 ms = GetCurrentTimestamp() / 1000 + EPOCH_DIFFERENCE_MS;

#ifdef USE_ASSERT_CHECKING
	ms += test_clock_offset;
#endif
	/* A clock before 1970 is wrong; one as far ahead would leave no room. */
	return VmTimestampFromMs(Max(0, Min(ms, VM_TS_MAX_MS / 2)));
}

VM_FUNCTION(vm_ts_to_timestamptz);
Datum
vm_ts_to_timestamptz(PG_FUNCTION_ARGS)
{
	int64 ts = PG_GETARG_INT64(0);

	if (ts < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp " INT64_FORMAT " is out of range", ts),
				 errdetail("Hybrid timestamps are milliseconds since 1970 << 18 | counter.")));
	PG_RETURN_TIMESTAMPTZ((VmTimestampToMs(ts) - EPOCH_DIFFERENCE_MS) * 1000);
}

VM_FUNCTION(vm_timestamptz_to_ts);
Datum
vm_timestamptz_to_ts(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);

	/* In microseconds since 2000; infinities fall outside, too. */
	if (at < -EPOCH_DIFFERENCE_MS * 1000 || at >= (VM_TS_MAX_MS + 1 - EPOCH_DIFFERENCE_MS) * 1000)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("time is out of range for a hybrid timestamp"),
						errdetail("Hybrid timestamps reach from 1970 to the year 3084.")));
	PG_RETURN_INT64(VmTimestampFromMs((at + EPOCH_DIFFERENCE_MS * 1000) / 1000));
}
