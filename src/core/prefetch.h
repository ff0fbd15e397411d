/*
 * prefetch.h
 *		Starts loading memory that will be read soon.
 */
#ifndef VM_CORE_PREFETCH_H
#define VM_CORE_PREFETCH_H

#include <stddef.h>

#define VM_CACHE_LINE 64

/* Any address will do: one that is not mapped is ignored, never a fault. */
static inline void
VmPrefetchBytes(const char *from, size_t size)
{
	for (size_t i = 0; i < size; i += VM_CACHE_LINE)
		__builtin_prefetch(from + i);

	/*
	 * gcc takes a function that does nothing but prefetch for one without
	 * effect, and drops its calls.
	 */
	__asm__ volatile("" : : "r"(from));
}

#endif
