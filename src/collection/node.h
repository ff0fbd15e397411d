/*
 * node.h
 *		The one node that there is: this server.
 */
#ifndef VM_COLLECTION_NODE_H
#define VM_COLLECTION_NODE_H

#include "compat/compat.h"

#include "collection/json.h"

#define VM_NODE_ID 1

/* {"node_id", "address", "hostname"}, into an array. */
extern void VmPutNode(VmJsonWriter *writer);

#endif
