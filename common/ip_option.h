/*
 * Options of IPv4 headers and of IPv6 extension headers, by name, and iterators over them. TCP
 * options have the format of IPv4's; their names are in tcp_header.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_OPTION_H
#define IPMON_IP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

/* IANA "IP Option Numbers". Without an RFC: RFC 6814 made them obsolete, or there never was one. */
enum ipv4_option {
    IPV4_OPTION_END = 0, /* RFC 791 section 3.1; TCP has these two, too */
    IPV4_OPTION_NOP = 1,
    IPV4_OPTION_RECORD_ROUTE = 7, /* RFC 791 section 3.1 */
    IPV4_OPTION_MEASUREMENT = 10, /* experimental (ZSU) */
    IPV4_OPTION_MTU_PROBE = 11,   /* RFC 1063 */
    IPV4_OPTION_MTU_REPLY = 12,   /* RFC 1063 */
    IPV4_OPTION_ENCODE = 15,
    IPV4_OPTION_QUICK_START = 25,        /* RFC 4782 */
    IPV4_OPTION_EXPERIMENT_1 = 30,       /* RFC 4727 */
    IPV4_OPTION_TIMESTAMP = 68,          /* RFC 791 section 3.1 */
    IPV4_OPTION_TRACEROUTE = 82,         /* RFC 1393 */
    IPV4_OPTION_EXPERIMENT_2 = 94,       /* RFC 4727 */
    IPV4_OPTION_SECURITY = 130,          /* RFC 1108 */
    IPV4_OPTION_LOOSE_ROUTE = 131,       /* RFC 791 section 3.1 */
    IPV4_OPTION_EXTENDED_SECURITY = 133, /* RFC 1108 */
    IPV4_OPTION_CIPSO = 134,
    IPV4_OPTION_STREAM = 136,       /* RFC 791 section 3.1 */
    IPV4_OPTION_STRICT_ROUTE = 137, /* RFC 791 section 3.1 */
    IPV4_OPTION_ACCESS_CONTROL = 142,
    IPV4_OPTION_IMI = 144,
    IPV4_OPTION_EXTENDED_IP = 145, /* RFC 1385 */
    IPV4_OPTION_ADDRESS_EXTENSION = 147,
    IPV4_OPTION_ROUTER_ALERT = 148, /* RFC 2113 */
    IPV4_OPTION_DIRECTED_BROADCAST = 149,
    IPV4_OPTION_DYNAMIC_STATE = 151,
    IPV4_OPTION_UPSTREAM_MULTICAST = 152,
    IPV4_OPTION_EXPERIMENT_3 = 158, /* RFC 4727 */
    IPV4_OPTION_FLOW_CONTROL = 205, /* experimental (FINN) */
    IPV4_OPTION_EXPERIMENT_4 = 222, /* RFC 4727 */
};

/* IANA "Destination Options and Hop-by-Hop Options". */
enum ipv6_option {
    IPV6_OPTION_PAD1 = 0x00,                   /* RFC 8200 section 4.2 */
    IPV6_OPTION_PADN = 0x01,                   /* RFC 8200 section 4.2 */
    IPV6_OPTION_TUNNEL_LIMIT = 0x04,           /* RFC 2473 */
    IPV6_OPTION_ROUTER_ALERT = 0x05,           /* RFC 2711 */
    IPV6_OPTION_CALIPSO = 0x07,                /* RFC 5570 */
    IPV6_OPTION_SMF_DPD = 0x08,                /* RFC 6621 */
    IPV6_OPTION_PDM = 0x0F,                    /* RFC 8250 */
    IPV6_OPTION_IOAM = 0x11,                   /* RFC 9486 */
    IPV6_OPTION_ALTERNATE_MARK = 0x12,         /* RFC 9343 */
    IPV6_OPTION_EXPERIMENT_1 = 0x1E,           /* RFC 4727 */
    IPV6_OPTION_RPL = 0x23,                    /* RFC 9008 */
    IPV6_OPTION_QUICK_START = 0x26,            /* RFC 4782 */
    IPV6_OPTION_PATH_MTU = 0x30,               /* RFC 9268 */
    IPV6_OPTION_IOAM_CHANGED = 0x31,           /* RFC 9486 */
    IPV6_OPTION_ALTERNATE_MARK_CHANGED = 0x32, /* RFC 9343 */
    IPV6_OPTION_EXPERIMENT_2 = 0x3E,           /* RFC 4727 */
    IPV6_OPTION_DEPRECATED = 0x4D,             /* RFC 7731 */
    IPV6_OPTION_EXPERIMENT_3 = 0x5E,           /* RFC 4727 */
    IPV6_OPTION_RPL_OLD = 0x63,                /* RFC 6553 */
    IPV6_OPTION_MPL = 0x6D,                    /* RFC 7731 */
    IPV6_OPTION_EXPERIMENT_4 = 0x7E,           /* RFC 4727 */
    IPV6_OPTION_ENDPOINT = 0x8A,               /* deprecated */
    IPV6_OPTION_ILNP_NONCE = 0x8B,             /* RFC 6744 */
    IPV6_OPTION_LINE = 0x8C,                   /* RFC 6788 */
    IPV6_OPTION_VPN_SERVICE = 0x93,            /* RFC 9837 */
    IPV6_OPTION_EXPERIMENT_5 = 0x9E,           /* RFC 4727 */
    IPV6_OPTION_EXPERIMENT_6 = 0xBE,           /* RFC 4727 */
    IPV6_OPTION_JUMBO = 0xC2,                  /* RFC 2675 section 2 */
    IPV6_OPTION_HOME_ADDRESS = 0xC9,           /* RFC 6275 section 6.3 */
    IPV6_OPTION_EXPERIMENT_7 = 0xDE,           /* RFC 4727 */
    IPV6_OPTION_DFF = 0xEE,                    /* RFC 6971 */
    IPV6_OPTION_EXPERIMENT_8 = 0xFE,           /* RFC 4727 */
};

enum {
    IP_OPTION_MIN = 2,          /* bytes of an option that is not padding: type and length */
    IP_OPTION_LENGTH_FIELD = 1, /* offset of the length byte */
    IPV6_OPTIONS_FIELD = 2,     /* offset of the first option in an IPv6 extension header */
    IPV6_JUMBO_LENGTH = 4,      /* bytes of data, RFC 2675 section 2 */
};

/* One option. Start with the offset of the first one, and a length of 0. */
struct ip_option {
    uint32_t offset; /* of its type */
    uint32_t length; /* bytes with type and length byte, as it states it; 0 without length byte */
    uint8_t type;
    bool has_length; /* it has the length byte, or needs none */
    bool is_bad;     /* its length is impossible, or exceeds the header: it is the last one */
};

/* What both formats have in common: the next option's offset and type; see below. */
static inline bool ip_option_advance(struct ip_option *option, const uint8_t *bytes, uint32_t end)
{
    const uint32_t offset = option->offset + option->length;

    if (option->is_bad || offset >= end)
        return false;
    option->offset = offset;
    option->type = bytes[offset];
    option->has_length = true;
    return true;
}

/*
 * Moves on to the next option of an IPv4 or TCP header; false when there is none. bytes: from which
 * offsets count. end: offset behind the last option. No-operations are options of one byte; the end
 * of options is one that extends to `end`.
 */
static inline bool ipv4_option_next(struct ip_option *option, const uint8_t *bytes, uint32_t end)
{
    if (!ip_option_advance(option, bytes, end))
        return false;
    if (option->type == IPV4_OPTION_NOP) {
        option->length = 1;
    } else if (option->type == IPV4_OPTION_END) {
        option->length = end - option->offset;
    } else {
        const uint32_t left = end - option->offset;

        option->has_length = left >= IP_OPTION_MIN;
        option->length = option->has_length ? bytes[option->offset + IP_OPTION_LENGTH_FIELD] : 0;
        option->is_bad = option->length < IP_OPTION_MIN || option->length > left;
    }
    return true;
}

/* The same for a hop-by-hop or destination options header. Pad1 is an option of one byte. */
static inline bool ipv6_option_next(struct ip_option *option, const uint8_t *bytes, uint32_t end)
{
    if (!ip_option_advance(option, bytes, end))
        return false;
    if (option->type == IPV6_OPTION_PAD1) {
        option->length = 1;
    } else {
        const uint32_t left = end - option->offset;

        option->has_length = left >= IP_OPTION_MIN;
        option->length = option->has_length ? bytes[option->offset + IP_OPTION_LENGTH_FIELD] : 0;
        option->length += option->has_length ? IP_OPTION_MIN : 0;
        option->is_bad = !option->has_length || option->length > left;
    }
    return true;
}

#endif
