/*
 * statement.c
 *		Running generated statements through SPI (statement.h).
 */
#include "compat/compat.h"

#include "executor/spi.h"

#include "collection/statement.h"

static void
Connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

static void
Finish(void)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

static void
CheckResult(int result, int expected, const char *sql)
{
	if (result != expected)
		elog(ERROR, "\"%s\" gave %s", sql, SPI_result_code_string(result));
}

void
VmRunUtility(const char *sql)
{
	Connect();
	CheckResult(SPI_execute(sql, false, 0), SPI_OK_UTILITY, sql);
	Finish();
}

uint64
VmRunDml(const char *sql, int nargs, Oid *types, Datum *values)
{
	int result;
	uint64 rows;

	Connect();
	result = SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0);
	if (result != SPI_OK_INSERT && result != SPI_OK_UPDATE)
		CheckResult(result, SPI_OK_DELETE, sql);
	rows = SPI_processed;
	Finish();
	return rows;
}

int64
VmQueryInt(const char *sql, int nargs, Oid *types, Datum *values)
{
	int64 number;
	bool is_null;

	Connect();
	/* The statement's own snapshot, so that all of it agrees. */
	CheckResult(SPI_execute_with_args(sql, nargs, types, values, NULL, true, 0), SPI_OK_SELECT,
				sql);
	if (SPI_processed != 1)
		elog(ERROR, "\"%s\" gave " UINT64_FORMAT " rows", sql, SPI_processed);
	number =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	Finish();
	return is_null ? 0 : number;
}
