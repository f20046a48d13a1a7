/*
 * What is wanted of a frame: by a display filter, a column or a printed field, by a listener on a
 * tap, such as `-z expert` or a window of statistics, or by a preference. Nothing else is made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_DEMAND_H
#define IPMON_DEMAND_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/expert.h>
#include <epan/proto.h>

struct demand {
    bool headers;    /* anything of a header: the headers must be found */
    bool annotation; /* the subtree of a header */
    bool header;     /* any field of the IP header in it, */
    bool addresses;  /* those of addresses and ports, */
    bool type_of_service;
    bool fragmentation;
    bool payload;        /* the payload and its fields */
    bool events;         /* network events */
    bool errors;         /* socket errors */
    bool processes;      /* the processes of the frame */
    bool header_tap;     /* a listener on the tap of headers, */
    bool event_tap;      /* of network events, */
    bool error_tap;      /* of socket errors, */
    bool process_tap;    /* of processes, */
    bool connection_tap; /* of packets of connections */
    bool summary;        /* the summary in the Info column */
};

/* The fields that are wanted or not as a group. */
enum demand_group {
    DEMAND_HEADER, /* other fields of the IP header than those of the next three */
    DEMAND_ADDRESSES,
    DEMAND_TYPE_OF_SERVICE,
    DEMAND_FRAGMENTATION,
    DEMAND_PAYLOAD,
    DEMAND_EVENTS,
    DEMAND_ERRORS,
    DEMAND_PROCESSES,
    DEMAND_GROUPS,
};

/* Wireshark's numbers of the plugin's taps. */
struct demand_taps {
    int headers;
    int events;
    int errors;
    int processes;
    int connections;
};

/* To be called once, while the protocol is registered, before demand_of. */
void demand_register(int proto, const struct demand_taps *taps);

/* Registers the fields of a group. They must stay valid. */
void demand_add_fields(enum demand_group group, const hf_register_info *fields, unsigned count);

/* Registers an expert item, which can be filtered by its own name. */
void demand_add_expert(const expert_field *field);

/* Sets whether the summary is wanted, of each frame with a tree. */
void demand_set_summary(bool wanted);

/*
 * What is wanted of the frame with that tree. NULL: of one without a tree, which has no more than
 * expert items and connections for listeners on their taps.
 */
struct demand demand_of(proto_tree *tree);

#endif
