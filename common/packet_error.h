/*
 * The socket error that an application gets because of a packet: the mapping from ICMP errors, TCP
 * segments and SCTP ABORTs to errors, and the socket they are for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PACKET_ERROR_H
#define IPMON_PACKET_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "event_context.h"
#include "ip_packet.h"
#include "tcp_connection.h"
#include "tcp_signs.h"

/* What the capture shows about a packet apart from its bytes. */
struct packet_error_context {
    struct connection_verdict connection; /* on the packet, by its connection */
    struct tcp_signs signs;               /* of a reset */
    enum network_known outgoing;          /* an ICMP error: sent by the capturing host */
    enum network_known loopback;          /* an error or reset: captured on a loopback interface */
    bool traceroute;                      /* an ICMP error: it answers one, see traceroute.h */
    bool header_checksum_due;             /* see ip_checksum_header */
    bool carrier_discarded;               /* the packet of a tunnel around this one is discarded */
    bool sums_left_to_card;               /* the sender's checksums are always wrong: offload */
};

/* A socket as its own host sees it. The addresses point into the packet, 4 or 16 bytes. */
struct packet_error_socket {
    bool known; /* enough of its packet was quoted to identify it */
    bool has_ports;
    uint8_t version; /* 4 or 6 */
    uint8_t protocol;
    const uint8_t *local;
    const uint8_t *remote;
    uint16_t local_port; /* host byte order */
    uint16_t remote_port;
};

/* Who sent the packet that reports an error. */
enum packet_error_reporter {
    PACKET_ERROR_REPORTER_NONE, /* nobody: a timeout */
    PACKET_ERROR_REPORTER_TARGET,
    PACKET_ERROR_REPORTER_ROUTER, /* any host that is neither the target nor the socket's own */
    PACKET_ERROR_REPORTER_CAPTURING_HOST,
    PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE, /* the capturing host's: ARP or ND found no neighbour */
};

/* What the packet shows of the cause; see error_hint.h. */
enum packet_error_cause {
    PACKET_ERROR_CAUSE_UNKNOWN,
    PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY, /* not by the target, which alone should refuse it */
    PACKET_ERROR_CAUSE_REFUSED_HERE,       /* by the capturing host, which is not the target */
    PACKET_ERROR_CAUSE_PROHIBITED,
    PACKET_ERROR_CAUSE_NO_NEIGHBOUR,
    PACKET_ERROR_CAUSE_TRACEROUTE,
    PACKET_ERROR_CAUSE_RESET, /* `signs` and `time_to_live` are valid */
};

/* Texts are one line without a full stop, except the hint, which is a sentence. */
struct packet_error {
    const char *ignored;     /* why no application gets it; NULL: one does, and the rest is valid */
    const char *text;        /* what happened */
    const char *errno_name;  /* "ECONNREFUSED"; NULL for the end of a stream, which is no error */
    int errno_value;         /* Linux; 0 where there is none */
    int winsock;             /* code of the catalogue; 0: Winsock has none */
    bool fatal;              /* the socket is unusable, or a connected one gets the error at once */
    bool likely;             /* not certain: packets may be missing from the capture */
    uint32_t mtu;            /* bytes, when the packet has the path MTU; else 0 */
    const char *reported_to; /* the kind of socket that gets it, and how */
    const char *hint;        /* what to do about it, if the cause is not known */
    enum packet_error_cause cause;
    struct tcp_signs signs; /* what the segments before a reset show */
    uint8_t time_to_live;   /* of the reset; or hop limit */
    struct packet_error_socket socket;
    enum packet_error_reporter reporter;
    const uint8_t *reporter_address; /* in the packet, 4 or 16 bytes; NULL: nobody's */
    uint8_t reporter_version;        /* of that address, 4 or 6 */
    uint32_t offset; /* of the bytes that show it, from the start of the IP header */
    uint32_t length; /* of those bytes */
};

/*
 * Finds the error that a decoded packet carries for an application: an ICMP or ICMPv6 error for
 * the sender of the packet it quotes, a TCP segment or SCTP ABORT for its receiver, the last of
 * unanswered segments for their sender. Returns false when the packet carries none, also when the
 * snapshot length cut the bytes that show it. The error of a packet with a wrong checksum is
 * ignored.
 * Sources: RFC 792, RFC 1122 section 3.2.2, RFC 4443, RFC 9293 section 3.10.7; the errors are those
 * of Linux and Winsock.
 */
bool packet_error_find(struct packet_error *error, const struct ip_packet *packet,
                       const struct packet_error_context *context);

/*
 * Reads from an ICMP or ICMPv6 error about a TCP segment what tcp_connection_error needs: the
 * socket that sent the segment, its sequence number and the effect of the error on sockets. False
 * when the packet is no such error, or the socket is not known.
 */
bool packet_error_read_quote(struct packet_error_socket *socket, struct tcp_quote *quote,
                             const struct ip_packet *packet);

#endif
