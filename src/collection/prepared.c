/*
 * prepared.c
 *		What a session remembers of its reads (prepared.h).
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "collection/error.h"
#include "collection/prepared.h"

/* How much is remembered: calls, and bytes of a key (a filter with a long list). */
#define MAX_PREPARED  256
#define MAX_KEY_BYTES 16384

/* Names with longer search paths are looked up anew each time. */
#define MAX_PATH_SCHEMAS 4
#define MAX_NAMES        256

struct VmPrepared
{
	uint64 hash;
	dlist_node node; /* in by_use */
	MemoryContext context;
	Oid relid;
	char *key;
	int key_len;
	void *state;
	List *plans;
	int uses;
	bool is_known; /* in the table */
	bool is_stale;
};

typedef struct PreparedSlot
{
	uint64 hash; /* the key */
	VmPrepared *prepared;
} PreparedSlot;

typedef struct NameKey
{
	Oid user;
	int nschemas;
	Oid schemas[MAX_PATH_SCHEMAS];
	char name[2 * NAMEDATALEN];
} NameKey;

typedef struct NameSlot
{
	NameKey key;
	Oid relid;
} NameSlot;

static HTAB *prepared_table = NULL;
static dlist_head by_use = DLIST_STATIC_INIT(by_use); /* the newest first */
static HTAB *name_table = NULL;
static uint64 name_generation = 0; /* of what names mean */

/* ------------------------------------------------------------- invalidations */

static void
ForgetRelation(Datum unused, Oid relid)
{
	dlist_iter iter;

	name_generation++;
	dlist_foreach(iter, &by_use)
	{
		VmPrepared *prepared = dlist_container(VmPrepared, node, iter.cur);

		if (!OidIsValid(relid) || prepared->relid == relid)
			prepared->is_stale = true;
	}
}

/* Schemas' names are in statements. */
static void
ForgetSchemas(Datum unused, int cache, uint32 hash)
{
	ForgetRelation(unused, InvalidOid);
}

static void
SetUp(void)
{
	HASHCTL names = {.keysize = sizeof(NameKey), .entrysize = sizeof(NameSlot)};
	HASHCTL calls = {.keysize = sizeof(uint64), .entrysize = sizeof(PreparedSlot)};

	if (prepared_table != NULL)
		return;
	name_table = hash_create("vecmilvus names", 32, &names, HASH_ELEM | HASH_BLOBS);
	CacheRegisterRelcacheCallback(ForgetRelation, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, ForgetSchemas, (Datum) 0);
	prepared_table = hash_create("vecmilvus calls", 32, &calls, HASH_ELEM | HASH_BLOBS);
}

/* --------------------------------------------------------------------- names */

/* False if this name is not to be remembered. */
static bool
MakeNameKey(const char *name, NameKey *key)
{
	List *path;
	ListCell *cell;

	memset(key, 0, sizeof(*key));
	if (strlen(name) >= sizeof(key->name))
		return false;
	strlcpy(key->name, name, sizeof(key->name));
	key->user = GetUserId();
	path = fetch_search_path(false);
	if (list_length(path) > MAX_PATH_SCHEMAS)
		return false;
	foreach (cell, path)
		key->schemas[key->nschemas++] = lfirst_oid(cell);
	list_free(path);
	return true;
}

static void
ForgetNames(void)
{
	HASH_SEQ_STATUS status;
	NameSlot *slot;

	hash_seq_init(&status, name_table);
	while ((slot = hash_seq_search(&status)) != NULL)
		(void) hash_search(name_table, &slot->key, HASH_REMOVE, NULL);
}

static Oid
LookupName(const char *name)
{
	static uint64 known_generation = 0;
	NameKey key;
	NameSlot *slot;
	Oid relid;
	uint64 generation;

	if (!MakeNameKey(name, &key))
		return VmCollectionLookup(name);
	if (known_generation != name_generation || hash_get_num_entries(name_table) >= MAX_NAMES)
		ForgetNames();
	known_generation = name_generation;
	slot = hash_search(name_table, &key, HASH_FIND, NULL);
	if (slot != NULL)
		return slot->relid;
	generation = name_generation;
	relid = VmCollectionLookup(name);
	/* What was looked up may have changed meanwhile. */
	if (OidIsValid(relid) && generation == name_generation)
		((NameSlot *) hash_search(name_table, &key, HASH_ENTER, NULL))->relid = relid;
	return relid;
}

Oid
VmOpenForRead(const char *name)
{
	SetUp();
	for (;;)
	{
		Oid relid = LookupName(name);
		uint64 generation = name_generation;

		if (!OidIsValid(relid))
			VmRaiseNameNotFound(name);
		LockRelationOid(relid, AccessShareLock);
		if (generation == name_generation)
			return relid;
		/* Something was changed while the lock was waited for. */
		if (LookupName(name) == relid)
			return relid;
		UnlockRelationOid(relid, AccessShareLock);
	}
}

/* --------------------------------------------------------------------- calls */

void
VmKeyText(StringInfo key, const char *text)
{
	int length = text == NULL ? -1 : (int) strlen(text);

	appendBinaryStringInfo(key, (char *) &length, sizeof(length));
	if (text != NULL)
		appendStringInfoString(key, text);
}

void
VmKeyTexts(StringInfo key, char **texts, int count)
{
	int n = texts == NULL ? -1 : count;

	appendBinaryStringInfo(key, (char *) &n, sizeof(n));
	for (int i = 0; i < n; i++)
		VmKeyText(key, texts[i]);
}

void
VmKeyJson(StringInfo key, const Jsonb *json)
{
	int size = json == NULL ? 0 : (int) VARSIZE(json);

	appendBinaryStringInfo(key, (char *) &size, sizeof(size));
	if (json != NULL)
		appendBinaryStringInfo(key, (char *) json, size);
}

static void
Free(VmPrepared *prepared)
{
	ListCell *cell;

	foreach (cell, prepared->plans)
		SPI_freeplan(lfirst(cell));
	MemoryContextDelete(prepared->context);
}

/* It is freed now, or by its last user. */
static void
Forget(VmPrepared *prepared)
{
	if (prepared->is_known)
	{
		(void) hash_search(prepared_table, &prepared->hash, HASH_REMOVE, NULL);
		dlist_delete(&prepared->node);
		prepared->is_known = false;
	}
	if (prepared->uses == 0)
		Free(prepared);
}

static void
Remember(VmPrepared *prepared)
{
	bool found;
	PreparedSlot *slot;

	if (hash_get_num_entries(prepared_table) >= MAX_PREPARED)
		Forget(dlist_container(VmPrepared, node, dlist_tail_node(&by_use)));
	slot = hash_search(prepared_table, &prepared->hash, HASH_ENTER, &found);
	slot->prepared = prepared;
	dlist_push_head(&by_use, &prepared->node);
	prepared->is_known = true;
}

MemoryContext
VmPreparedContext(VmPrepared *prepared)
{
	return prepared->context;
}

SPIPlanPtr
VmPreparedPlan(VmPrepared *prepared, const char *sql, ParserSetupHook setup, void *arg, int options)
{
	SPIPlanPtr plan = SPI_prepare_params(sql, setup, arg, options);
	MemoryContext old;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	/* First, so that the list never has a plan that SPI frees itself. */
	SPI_keepplan(plan);
	old = MemoryContextSwitchTo(prepared->context);
	prepared->plans = lappend(prepared->plans, plan);
	MemoryContextSwitchTo(old);
	return plan;
}

static VmPrepared *
NewPrepared(Oid relid, const StringInfoData *key, uint64 hash)
{
	MemoryContext context =
		AllocSetContextCreate(CacheMemoryContext, "vecmilvus call", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	VmPrepared *prepared = palloc0(sizeof(*prepared));

	prepared->hash = hash;
	prepared->context = context;
	prepared->relid = relid;
	prepared->key = memcpy(palloc(Max(key->len, 1)), key->data, key->len);
	prepared->key_len = key->len;
	MemoryContextSwitchTo(old);
	return prepared;
}

/* What is remembered for the key and still holds. */
static VmPrepared *
Find(Oid relid, const StringInfoData *key, uint64 hash)
{
	PreparedSlot *slot = hash_search(prepared_table, &hash, HASH_FIND, NULL);
	VmPrepared *prepared = slot == NULL ? NULL : slot->prepared;

	if (prepared == NULL)
		return NULL;
	if (!prepared->is_stale && prepared->relid == relid && prepared->key_len == key->len &&
		memcmp(prepared->key, key->data, key->len) == 0)
	{
		dlist_move_head(&by_use, &prepared->node);
		return prepared;
	}
	Forget(prepared);
	return NULL;
}

static void
Make(VmPrepared *prepared, VmPrepareMake make, void *arguments)
{
	MemoryContext old = MemoryContextSwitchTo(prepared->context);
	uint64 generation = name_generation;
	VmCollection *collection = VmCollectionOfTable(prepared->relid);

	if (collection == NULL)
		VmRaiseCollectionNotFound(VmCurrentDatabase(),
								  quote_identifier(get_rel_name(prepared->relid)));
	VmCollectionCheckPrimary(collection);
	prepared->state = make(prepared, collection, arguments);
	/* Its rows may have changed since they were read. */
	prepared->is_stale = generation != name_generation;
	MemoryContextSwitchTo(old);
}

void
VmPreparedUse(Oid relid, const StringInfoData *key, VmPrepareMake make, VmPrepareUse use,
			  void *arguments)
{
	uint64 hash = hash_bytes_extended((unsigned char *) key->data, key->len, relid);
	VmPrepared *volatile prepared = Find(relid, key, hash);
	bool is_new = prepared == NULL;

	if (is_new)
		prepared = NewPrepared(relid, key, hash);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	prepared->uses++;
	PG_TRY();
	{
		if (is_new)
		{
			Make(prepared, make, arguments);
			/* Another call may have been made for the same key meanwhile, or room be short. */
			if (key->len <= MAX_KEY_BYTES &&
				hash_search(prepared_table, &hash, HASH_FIND, NULL) == NULL)
				Remember(prepared);
		}
		use(prepared->state, arguments);
	}
	PG_FINALLY();
	{
		prepared->uses--;
		if (!prepared->is_known && prepared->uses == 0)
			Free(prepared);
	}
	PG_END_TRY();
	SPI_finish();
}
