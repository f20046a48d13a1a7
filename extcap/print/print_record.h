/*
 * What is printed of a packet: the outermost IP header of a frame, and what the shared decoder
 * finds in it. It is the record that the dissector adds in Wireshark, as far as one packet alone
 * shows it; what needs earlier packets (the state of connections, of senders and neighbours) counts
 * as unknown, except the process that gets an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRINT_RECORD_H
#define IPMON_PRINT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip_checksum.h"
#include "ip_packet.h"
#include "network_event.h"
#include "packet_error.h"
#include "print_history.h"
#include "process_information.h"

/* The interface that frames came from. */
struct print_interface {
    uint16_t link_type;          /* LINKTYPE_* */
    uint8_t ticks_exponent;      /* times of its frames count 10^-n s; at most 9 */
    enum network_known loopback; /* by its name; a link header that says it counts more */
};

/* A frame as it was captured. */
struct print_frame {
    const struct print_interface *interface;
    const uint8_t *bytes;
    uint32_t captured_length;    /* bytes readable there */
    uint32_t wire_length;        /* bytes of the frame when it was sent */
    uint32_t flags;              /* epb_flags; 0: not known */
    uint64_t timestamp;          /* ticks of the interface since 1970-01-01 UTC */
    uint64_t number;             /* of the frame in the capture, from 1 */
    bool has_time;               /* the timestamp is valid */
    const char *const *comments; /* valid as long as the record */
    size_t comment_count;
};

struct print_record {
    uint64_t number; /* of the frame */
    bool has_time;
    uint64_t microseconds; /* since 1970-01-01 UTC */
    struct ip_packet packet;
    enum ip_checksum_status header_checksum; /* valid when the packet has one */
    bool has_error;
    struct packet_error error;                  /* valid with has_error */
    const struct socket_process *error_process; /* that gets it; NULL: not known */
    struct socket_process own;                  /* error_process may point here */
    size_t event_count;
    struct network_event_found events[EVENT_RAISED];
    struct process_list processes;
};

/*
 * Fills in the record of a frame whose link type is known (link_header.h), which is not to be
 * copied. Returns false when the frame carries no IP header right behind its link header. history:
 * that of the frames before.
 */
bool print_record_read(struct print_record *record, const struct print_frame *frame,
                       struct print_history *history);

#endif
