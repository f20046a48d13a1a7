/*
 * Socket errors in Wireshark: fields and an expert item in the subtree of the header whose packet
 * carries the error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_TREE_H
#define IPMON_ERROR_TREE_H

#include <wireshark.h>
#include <epan/expert.h>
#include <epan/packet.h>

#include "header_place.h"
#include "packet_error.h"

/* Registers fields and expert items under the protocol. To be called once. */
void error_tree_register(int proto, expert_module_t *experts);

/*
 * Finds the error that the header's packet carries; see packet_error_find. carrier_discarded: a
 * packet of a tunnel around it does not reach its end. Returns false when there is none.
 */
bool error_tree_find(struct packet_error *error, packet_info *pinfo,
                     const struct header_place *place, bool carrier_discarded);

/* The socket of the error, its local address first: "UDP 10.9.0.1:4000 → 10.9.0.2:9". */
const char *error_tree_socket(wmem_allocator_t *pool, const struct packet_error *error);

/* The socket by its own end alone, "UDP 10.9.0.1:4000"; "unknown" if the socket is. */
const char *error_tree_local(wmem_allocator_t *pool, const struct packet_error *error);

/* The other end of the socket, "10.9.0.2:9"; "unknown" if the socket is. */
const char *error_tree_remote(wmem_allocator_t *pool, const struct packet_error *error);

/* Who reported the error, "router 10.9.0.254"; NULL: nobody did. */
const char *error_tree_reporter(wmem_allocator_t *pool, const struct packet_error *error);

/*
 * The error of a header in one line: "EHOSTUNREACH for 10.11.2.2:7001 (from router 10.11.1.1)", or
 * "ECONNREFUSED for curl (pid 1234, alice) to 10.11.2.2:7001 (from target 10.11.2.2)".
 */
const char *error_tree_title(packet_info *pinfo, const struct header_place *place,
                             const struct packet_error *error);

/* Adds the error to the header's subtree. tree: NULL if there is to be only an expert item. */
void error_tree_add(proto_tree *tree, packet_info *pinfo, const struct header_place *place,
                    const struct packet_error *error);

/* Adds to the subtree of a packet that failed the frame with the error; nothing to any other. */
void error_tree_add_answer(proto_tree *tree, packet_info *pinfo, const struct header_place *place);

#endif
