/*
 * Network events: what is wrong with a packet, by name, level and class. The names of the
 * specification are those of a network stack's event log, function-problem; events of our own
 * follow the same grammar.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_NETWORK_EVENT_H
#define IPMON_NETWORK_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip_packet.h"

enum network_event_level {
    NETWORK_EVENT_EMERGENCY = 1,
    NETWORK_EVENT_ALERT,
    NETWORK_EVENT_CRITICAL,
    NETWORK_EVENT_ERROR,
    NETWORK_EVENT_WARNING,
    NETWORK_EVENT_NOTICE,
    NETWORK_EVENT_INFO,
    NETWORK_EVENT_VERBOSE,
};

enum network_event_class {
    NETWORK_EVENT_CORE = 1, /* data transfer between hosts */
    NETWORK_EVENT_AUX = 2,  /* everything else */
};

/* What shows an event. */
enum network_event_sign {
    NETWORK_EVENT_PACKET,  /* the packet's bytes alone */
    NETWORK_EVENT_CONTEXT, /* the bytes and what the capture file says about them */
    NETWORK_EVENT_EXTCAP,  /* a system call of the capture program */
    NETWORK_EVENT_HOST,    /* only the inside of a stack: in the dictionary, never raised */
};

/* Addresses and ports that an event of the specification can be filtered by. */
enum network_event_filter {
    NETWORK_EVENT_NO_FILTER = 0,
    NETWORK_EVENT_BY_ADDRESS = 1 << 0,
    NETWORK_EVENT_BY_PORT = 1 << 1,
};

/* Rows of the dictionary that a rule raises, in the order of the table. */
enum network_event_id {
    EVENT_ICMP_ERROR_START_QUENCH,
    EVENT_ICMP_ERROR_START,
    EVENT_ETHER_OUTPUT_NOROUTE,
    EVENT_ETHER_OUTPUT_RTREJECT,
    EVENT_IGMP_INPUT_SHORTMSG,
    EVENT_IGMP_INPUT_BADSUM,
    EVENT_ICMP_INPUT_SHORTMSG,
    EVENT_ICMP_INPUT_BADSUM,
    EVENT_ICMP_INPUT_BADLEN,
    EVENT_IPINTR_SHORTMSG,
    EVENT_IPINTR_BADVERS,
    EVENT_IPINTR_BADHLEN,
    EVENT_IPINTR_BADSUM,
    EVENT_IPINTR_BADLEN,
    EVENT_IPINTR_BADMBLK,
    EVENT_IP_DOOPTIONS_BADOPT,
    EVENT_IP_FORWARD_BADADDR,
    EVENT_IP_OUTPUT_BADADDR,
    EVENT_IP_OUTPUT_BADADDRTYPE,
    EVENT_IP_OUTPUT_BADSIZE,
    EVENT_IP_OUTPUT_SHORTMSG,
    EVENT_RTREDIRECT_ERROR,
    EVENT_TCP_INPUT_BADSUM,
    EVENT_TCP_INPUT_BADHLEN,
    /* of our own */
    EVENT_UDP_INPUT_BADLEN,
    EVENT_UDP_INPUT_BADSUM,
    EVENT_TCP_INPUT_SHORTMSG,
    EVENT_TCP_INPUT_BADFLAGS,
    EVENT_TCP_INPUT_BADOPT,
    EVENT_TCP_INPUT_DUPOPT,
    EVENT_TCP_INPUT_NOEOL,
    EVENT_TCP_INPUT_BADSCALE,
    EVENT_TCP_INPUT_BADACK,
    EVENT_TCP_INPUT_BADURP,
    EVENT_ICMP_INPUT_BADTYPE,
    EVENT_ICMP_INPUT_BADCODE,
    EVENT_ICMP_INPUT_BADHLIM,
    EVENT_ICMP_INPUT_BADQUOTE,
    EVENT_ICMP_INPUT_BADEXTSUM,
    EVENT_IP_OUTPUT_BADMTU,
    EVENT_IPINTR_BADSRC,
    EVENT_IPINTR_LAND,
    EVENT_IPINTR_BADTTL,
    EVENT_IPINTR_BADFLAG,
    EVENT_IPINTR_BADPROTO,
    EVENT_IPINTR_TRAILER,
    EVENT_IP_REASS_TOOBIG,
    EVENT_IP_REASS_BADLEN,
    EVENT_IP_REASS_TINYFRAG,
    EVENT_IP_REASS_OVERLAP,
    EVENT_IP_REASS_DF,
    EVENT_IP_DOOPTIONS_UNKNOWNOPT,
    EVENT_IP_DOOPTIONS_DUPOPT,
    EVENT_IP_DOOPTIONS_NOEOL,
    EVENT_IP_DOOPTIONS_NOPS,
    EVENT_IP6_INPUT_DUPHDR,
    EVENT_IP6_INPUT_HDRORDER,
    EVENT_IP6_INPUT_USELESSFRAG,
    EVENT_IP6_INPUT_BADRESERVED,
    EVENT_IP6_INPUT_RH0,
    EVENT_IP6_INPUT_NONEXTDATA,
    EVENT_IP6_INPUT_UNKNOWNOPT,
    EVENT_IP6_INPUT_ONLYPAD,
    EVENT_IP6_INPUT_BADPAD,
    EVENT_RAISED, /* how many can be raised, and so be found in one header */
};

/* One row of the dictionary. Texts are one line without a full stop; counterparts may be NULL. */
struct network_event {
    const char *name;
    enum network_event_level level;
    enum network_event_class class;
    enum network_event_sign sign;
    unsigned filters;      /* enum network_event_filter */
    bool own;              /* not of the specification */
    const char *meaning;   /* in our own words */
    const char *suricata;  /* decoder events of the same meaning, separated by blanks */
    const char *wireshark; /* expert fields of the same meaning, separated by blanks */
};

/* The dictionary; the rows below EVENT_RAISED stand at their enum's place. *count: rows. */
const struct network_event *network_events(size_t *count);

/* A decoder event of Suricata without a counterpart in the dictionary; reason: one line. */
struct network_event_unmapped {
    const char *suricata;
    const char *reason;
};

const struct network_event_unmapped *network_events_unmapped(size_t *count);

/* "CRITICAL" for NETWORK_EVENT_CRITICAL and so on; "core" and "aux". */
const char *network_event_level_name(enum network_event_level level);
const char *network_event_class_name(enum network_event_class class);

/* What is known of a packet beside its bytes. Unknown: the event that needs it is not raised. */
enum network_known {
    NETWORK_UNKNOWN,
    NETWORK_NO,
    NETWORK_YES,
};

struct network_event_context {
    uint8_t expected_version;           /* what the layer around announces, 4 or 6; 0: unknown */
    enum network_known outgoing;        /* sent by the capturing host */
    enum network_known loopback;        /* captured on a loopback interface */
    enum network_known group_addressed; /* the frame went to a multicast or broadcast address */
    enum network_known to_this_host;    /* the frame went to the capturing host's own address */
    enum network_known given_up;        /* ends a row of solicitations that nobody answered */
    bool header_checksum_due;           /* see ip_checksum_header */
    bool verify_checksums;              /* of TCP, UDP, ICMP, IGMP, which takes time */
};

/* An event, how often the header has it, and the bytes that show it first. */
struct network_event_found {
    enum network_event_id id;
    uint32_t offset; /* bytes from the start of the IP header, within what was captured */
    uint32_t length; /* bytes */
    uint32_t count;  /* 1 or more */
};

/*
 * Finds the events of a decoded header, in the order in which a stack would meet them first, each
 * once: however often a sender repeats one, there is room for all others. A fatal one other than a
 * wrong checksum ends the search as it would end the packet. What was cut off by the snapshot
 * length is never held against a packet. Returns how many were found.
 */
size_t network_events_find(const struct ip_packet *packet,
                           const struct network_event_context *context,
                           struct network_event_found found[EVENT_RAISED]);

#endif
