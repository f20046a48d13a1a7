/*
 * The keys of what the plugin keeps for a frame with p_add_proto_data().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FRAME_DATA_H
#define IPMON_FRAME_DATA_H

enum frame_data_key {
    FRAME_DATA_SUMMARY,      /* text in the Info column */
    FRAME_DATA_GIVEN_UP,     /* set: the frame ends a row of unanswered solicitations */
    FRAME_DATA_LEFT_TO_CARD, /* bit set of layers whose wrong checksum is their sender's habit */
};

#endif
