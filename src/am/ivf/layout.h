/*
 * layout.h
 *		How the rows of a list are stored: the interface behind which quantized
 *		layouts stand beside the plain one.
 *
 * A layout owns the contents of row pages between page header and special
 * space.  The rest of the access method knows lists, chains and heap TIDs; it
 * never looks into a row.
 */
#ifndef VM_AM_IVF_LAYOUT_H
#define VM_AM_IVF_LAYOUT_H

#include "compat/compat.h"

#include "storage/itemptr.h"

#include "am/ivf/ivf.h"

/* A row that a scan has found.  Never holds the vector. */
typedef struct VmIvfRow
{
	float distance;
	ItemPointerData tid;
} VmIvfRow;

/*
 * False for what only damage leaves in a slot that is not free: the table would
 * be extended by reading InvalidBlockNumber.
 */
static inline bool
VmIvfTidIsSane(const ItemPointerData *tid)
{
	return ItemPointerIsValid(tid) && BlockNumberIsValid(ItemPointerGetBlockNumberNoCheck(tid));
}

/* True for a row that is to be removed. */
typedef bool (*VmIvfIsDead)(ItemPointer tid, void *opaque);

struct VmIvfLayout
{
	const char *name;

	/* Bytes of a row's slot and rows on an empty page. */
	void (*measure)(const VmSpace *space, Size *row_stride, int *rows_per_page);

	/* Makes an empty row page. */
	void (*init_page)(const VmIvf *ivf, Page page, int list);

	/* What contradicts itself on a page of that list (-1: any), or NULL. */
	const char *(*problem)(const VmIvf *ivf, Page page, int list);

	/* The list that a sound page belongs to. */
	int (*page_list)(Page page);

	/* True when add would find room. */
	bool (*has_room)(const VmIvf *ivf, Page page);

	/* Stores a row on a page that has room. */
	void (*add)(const VmIvf *ivf, Page page, const ItemPointerData *tid, const void *payload);

	/* Writes the page's rows to `rows`, which holds rows_per_page; their number. */
	int (*scan)(const VmIvf *ivf, Page page, const void *query, VmIvfRow *rows);

	/* True when is_dead says so of a row; then remove takes those away. */
	bool (*has_dead)(const VmIvf *ivf, Page page, VmIvfIsDead is_dead, void *opaque);
	int (*remove)(const VmIvf *ivf, Page page, VmIvfIsDead is_dead, void *opaque);

	/* Rows on a page. */
	int (*count)(const VmIvf *ivf, Page page);

	/* The row in a slot, or NULL when it is free; *payload may be NULL. */
	const ItemPointerData *(*row)(const VmIvf *ivf, Page page, int slot, const char **payload);
};

/* Whole vectors, row after row: layout_plain.c. */
extern const VmIvfLayout VmIvfPlainLayout;

extern const VmIvfLayout *VmIvfGetLayout(VmIvfQuantizer quantizer);

#endif
