/*
 * The dictionary of network events: names, levels and classes. The names of the specification are
 * those of a network stack's event log, function-problem; events of our own follow the same
 * grammar.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_EVENT_DICTIONARY_H
#define IPMON_EVENT_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    NETWORK_EVENT_CORE, /* data transfer between hosts */
    NETWORK_EVENT_AUX,  /* everything else */
};

/* What shows an event. */
enum network_event_sign {
    NETWORK_EVENT_PACKET,  /* the packet's bytes alone */
    NETWORK_EVENT_CONTEXT, /* the bytes and their context, see event_context.h */
    NETWORK_EVENT_EXTCAP,  /* a system call of the capture program */
    NETWORK_EVENT_HOST,    /* only the inside of a stack: in the dictionary, never raised */
};

/* Events that a rule raises, in the order of the table. */
enum network_event_id {
    EVENT_ICMP_ERROR_START_QUENCH,
    EVENT_ICMP_ERROR_START,
    EVENT_ICMP_ERROR_START_TRACEROUTE,
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
    EVENT_RAISED, /* their number, and the most that one header can have */

    /* of the capture program */
    EVENT_IFPROMISC_IFDOWN = EVENT_RAISED,
    EVENT_ETHER_OUTPUT_IFDOWN,
    EVENT_SORECEIVE_ERROR,
    EVENT_IFIOCTL_BADIFNAME,
    EVENT_IN_CONTROL_NOIFDATA,
    EVENT_IN_PCBBIND_BADADDR,
    EVENT_IN_PCBBIND_NOADDR,
    EVENT_IDENTIFIED, /* the number of ids; other rows have none */
};

/* One row of the dictionary. Texts are one line without a full stop; counterparts may be NULL. */
struct network_event {
    const char *name;
    enum network_event_level level;
    enum network_event_class class;
    enum network_event_sign sign;
    bool own;              /* not of the specification */
    bool is_socket_error;  /* it only names what the socket error of the packet reports, too */
    const char *meaning;   /* in our own words */
    const char *suricata;  /* decoder events of the same meaning, separated by blanks */
    const char *wireshark; /* expert fields of the same meaning, separated by blanks */
};

/* The whole dictionary, *count rows; those below EVENT_IDENTIFIED are in the order of their ids. */
const struct network_event *network_events(size_t *count);

/* The row of an event. id: below EVENT_IDENTIFIED. */
const struct network_event *network_event_of(enum network_event_id id);

/* The first row with the name, or NULL; only "icmp_error-start" has more than one. */
const struct network_event *network_event_by_name(const char *name);

/* An event found in a header: how often the header has it, and the bytes that show it first. */
struct network_event_found {
    enum network_event_id id;
    uint32_t offset; /* bytes from the start of the IP header, within what was captured */
    uint32_t length; /* bytes */
    uint32_t count;  /* 1 or more */
};

/* "CRITICAL" for NETWORK_EVENT_CRITICAL and so on; "core" and "aux". */
const char *network_event_level_name(enum network_event_level level);
const char *network_event_class_name(enum network_event_class class);

/* A decoder event of Suricata without a counterpart in the dictionary; reason: one line. */
struct network_event_unmapped {
    const char *suricata;
    const char *reason;
};

/* All of them. *count: rows. */
const struct network_event_unmapped *network_events_unmapped(size_t *count);

#endif
