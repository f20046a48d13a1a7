/*
 * What the first pass finds out about single headers: about one that carries a socket error, or
 * perhaps a reset, and about one whose packet failed. Kept until the file is closed, in
 * wmem_file_scope().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_ERROR_FACTS_H
#define IPMON_ERROR_FACTS_H

#include <stdbool.h>

#include <wireshark.h>

#include "connection_verdict.h"
#include "tcp_signs.h"

/* Frame numbers are 0 when there is none. */
struct error_facts {
    guint32 frame; /* with the layer: the header that the facts are about */
    guint8 layer;
    guint8 situation; /* the verdict: enum connection_situation */
    guint8 errno_value;
    bool has_verdict;
    bool likely;
    bool lacks_beginning; /* the signs of a reset */
    guint8 time_to_live;
    guint8 failed_time_to_live; /* of the packet that failed */
    guint8 failed_layer;
    guint32 idle;
    guint32 failed;      /* the frame whose packet failed with the error of this header */
    guint32 answered_in; /* the first frame with an error because of this header's packet */
};

/* To be called once, while the protocol is registered. */
void error_facts_register(void);

/* The facts about a header; NULL: there are none. Valid until the next call of error_facts_make. */
struct error_facts *error_facts_find(guint32 frame, unsigned layer);

/* The same, with new facts if there are none: zeros but for frame and layer. */
struct error_facts *error_facts_make(guint32 frame, unsigned layer);

#endif
