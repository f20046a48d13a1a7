/*
 * Descriptions of interfaces and options of packets in pcap-ng blocks, from the sources to the
 * writer.
 * Source: draft-ietf-opsawg-pcapng.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PCAPNG_H
#define IPMON_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PCAPNG_BLOCK_MAX = 262144,  /* bytes; dumpcap refuses larger ones */
    PCAPNG_PACKET_MAX = 262000, /* bytes of a packet: its block stays below dumpcap's limit */
    PCAPNG_LINKTYPE_RAW = 101,  /* IPv4 or IPv6, by the version nibble */
    PCAPNG_NANOSECONDS = 9,     /* as ticks_exponent: timestamps count 10^-9 s */
};

/*
 * For local use, which Wireshark never gets to see: what an ipmon on another machine writes when
 * the one that reads its stream asks for a report (toolbar.h). The block has the token of the
 * request, 8 bytes that are returned as they came, whatever the byte order of the stream is, and
 * CLOCK_REALTIME, 64 bits. Statistics blocks then have counts of packets, 64 bits, and an empty
 * option if they are not the last ones.
 */
#define PCAPNG_BLOCK_REPORT UINT32_C(0x80000001)
enum {
    PCAPNG_OPTION_PAUSED = 0x8001,    /* in a statistics block: discarded in pauses */
    PCAPNG_OPTION_DISCARDED = 0x8002, /* discarded at the end */
    PCAPNG_OPTION_INTERIM = 0x8003,
};

/* epb_flags, bits 0-1 and 2-4. */
enum pcapng_direction {
    PCAPNG_DIRECTION_UNKNOWN = 0,
    PCAPNG_INBOUND = 1,
    PCAPNG_OUTBOUND = 2,
};
enum pcapng_reception {
    PCAPNG_RECEPTION_UNKNOWN = 0,
    PCAPNG_UNICAST = 1,
    PCAPNG_MULTICAST = 2,
    PCAPNG_BROADCAST = 3,
    PCAPNG_PROMISCUOUS = 4,
};

/* An IP address with its prefix; family AF_INET or AF_INET6, bytes in network order. */
struct pcapng_address {
    int family;
    const uint8_t *bytes;
    const uint8_t *netmask;
    uint8_t prefix_length;
};

/* Comments of a block; one that does not fit is cut, and what follows is left out. */
struct pcapng_comments {
    const char *const *texts;
    size_t count;
    bool incomplete;         /* there were more of them */
    const uint16_t *lengths; /* bytes of each text; NULL: they are not known */
};

/* Strings may be NULL, addresses absent and the speed 0: that option is then left out. */
struct pcapng_interface {
    uint16_t link_type;
    uint8_t ticks_exponent;   /* times of its packets and statistics count 10^-n s; at most 9 */
    uint32_t snapshot_length; /* bytes; 0: no limit */
    const char *name;
    const char *description;
    const char *filter; /* libpcap syntax */
    const char *operating_system;
    const char *hardware;
    uint64_t speed;                  /* bits per second */
    const uint8_t *hardware_address; /* 6 bytes or NULL */
    const uint8_t *fcs_length;       /* bits; NULL: not known */
    const struct pcapng_address *addresses;
    size_t address_count;
    struct pcapng_comments comments;
};

enum {
    PCAPNG_DIRECTION_MASK = 3,
    PCAPNG_RECEPTION_SHIFT = 2, /* and 3 bits; the others are not used here */
};

/* The value of epb_flags. */
static inline uint32_t pcapng_flags(enum pcapng_direction direction,
                                    enum pcapng_reception reception)
{
    return (uint32_t)direction | (uint32_t)reception << PCAPNG_RECEPTION_SHIFT;
}

/* The processes of a packet: comments, and the one that sent it. */
struct pcapng_process {
    bool has_sender; /* its numbers are known */
    uint32_t process;
    uint32_t thread;
    struct pcapng_comments comments;
};

/*
 * Packets in blocks that may be written as they are: enhanced packet blocks, one after the other,
 * in this machine's byte order. The interfaces have the numbers of their descriptions.
 */
enum { PCAPNG_RUN_INTERFACES = 16 };
struct pcapng_run {
    const uint8_t *blocks;
    size_t length; /* bytes */
    size_t interface_count;
    struct {
        unsigned number; /* as who hands out the run numbers it */
        uint32_t packets;
    } interfaces[PCAPNG_RUN_INTERFACES]; /* all that packets are of */
};

/* The options of a packet in a file that is replayed, or of one with processes; written as they
 * are. */
struct pcapng_packet_options {
    bool has_flags;
    bool has_drops;
    bool has_id;
    bool has_queue;
    bool has_process;
    bool adds_drops; /* those of the packet itself are written, too: it is no replayed one */
    uint32_t flags;  /* epb_flags */
    uint32_t queue;
    uint32_t process; /* epb_processid_threadid */
    uint32_t thread;
    uint64_t drops;
    uint64_t id;
    struct pcapng_comments comments;
};

#endif
