/*
 * unit.h
 *		The smallest unit-test library: assertions that print TAP.
 *
 *	int main(void) { UNIT_OK(1 + 1 == 2, "addition"); return UnitDone(); }
 *
 * One file per program; a program exits with 1 when anything failed or when
 * nothing was checked.  Loops over many inputs count quietly with UNIT_EACH and
 * report once with UnitReport, so that the output stays readable.
 */
#ifndef VM_TEST_UNIT_H
#define VM_TEST_UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int unit_count;
static int unit_failed;
static long unit_each;
static long unit_each_failed;

static inline bool
UnitOk(bool ok, const char *file, int line, const char *format, ...)
{
	va_list args;

	unit_count++;
	if (!ok)
		unit_failed++;
	printf("%sok %d - ", ok ? "" : "not ", unit_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (!ok)
		printf("#   failed at %s:%d\n", file, line);
	fflush(stdout);
	return ok;
}

#define UNIT_OK(condition, ...) UnitOk((condition), __FILE__, __LINE__, __VA_ARGS__)

/* One check of many: prints only the first ten failures. */
static inline bool
UnitEach(bool ok, const char *file, int line, const char *format, ...)
{
	unit_each++;
	if (!ok && ++unit_each_failed <= 10)
	{
		va_list args;

		printf("#   failed at %s:%d: ", file, line);
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		printf("\n");
	}
	return ok;
}

#define UNIT_EACH(condition, ...) UnitEach((condition), __FILE__, __LINE__, __VA_ARGS__)

/* Turns the UNIT_EACH checks since the last report into one TAP line. */
static inline void
UnitReport(const char *name)
{
	long checks = unit_each;
	long failures = unit_each_failed;

	unit_each = 0;
	unit_each_failed = 0;
	UnitOk(checks > 0 && failures == 0, name, 0, "%s (%ld checks, %ld failed)", name, checks,
		   failures);
}

static inline void
UnitSkip(const char *name, const char *reason)
{
	unit_count++;
	printf("ok %d - %s # SKIP %s\n", unit_count, name, reason);
}

static inline int
UnitDone(void)
{
	printf("1..%d\n", unit_count);
	return unit_count == 0 || unit_failed > 0 ? 1 : 0;
}

#endif
