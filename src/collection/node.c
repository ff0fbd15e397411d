/*
 * node.c
 *		What this server says of itself: VmPutNode (node.h), and
 *		milvus.get_server_version, get_server_type.
 */
#include "compat/compat.h"

#include <unistd.h>

#include "postmaster/postmaster.h"
#include "utils/builtins.h"

#include "collection/node.h"

#define HOST_BYTES 256

void
VmPutNode(VmJsonWriter *writer)
{
	char host[HOST_BYTES] = "";

	/* A name that is too long is cut, perhaps without an end. */
	(void) gethostname(host, sizeof(host) - 1);
	VmJsonBeginObject(writer, NULL);
	VmJsonPutInt(writer, "node_id", VM_NODE_ID);
	VmJsonPutString(writer, "address", psprintf("%s:%d", host, PostPortNumber));
	VmJsonPutString(writer, "hostname", host);
	VmJsonEndObject(writer);
}

VM_FUNCTION(vm_get_server_version);
Datum
vm_get_server_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(
		cstring_to_text(psprintf("vecmilvus %s on PostgreSQL %s", VM_VERSION, PG_VERSION)));
}

VM_FUNCTION(vm_get_server_type);
Datum
vm_get_server_type(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text("vecmilvus"));
}
