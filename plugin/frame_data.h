/*
 * The keys of all that the plugin keeps for a frame with p_add_proto_data(), in wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_DATA_H
#define IPMON_FRAME_DATA_H

enum frame_data_key {
    FRAME_DATA_SUMMARY,           /* const char *: text of the Info column */
    FRAME_DATA_RESOLUTION_FAILED, /* not NULL: the last of unanswered solicitations */
    FRAME_DATA_OFFLOADED,         /* guint: bit set of layers whose wrong checksum is offloaded */
};

#endif
