/*
 * recvmsg(2), and what the kernel sends beside the bytes: cmsg(3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "raw_packet.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"
#include "ip_header.h"

enum {
    CONTROL_SIZE = RAW_HEADERS_MAX,
};

/* The ancillary data of a packet; extension headers stand one behind the other. */
struct ancillary {
    struct in6_addr destination;
    uint32_t flow_info; /* network order: traffic class and flow label */
    int hop_limit;
    int traffic_class;
    uint8_t extensions[RAW_HEADERS_MAX - IPV6_HEADER_LENGTH];
    size_t extensions_length;
    uint8_t first_extension; /* next-header number; meaningless without extensions */
    size_t last_extension;   /* offset of the last one */
};

/* The kernel cuts what does not fit, and nothing can be found behind a cut header (RFC 8200). */
static bool is_whole_extension(const uint8_t *bytes, size_t length)
{
    return length >= IPV6_EXTENSION_UNIT &&
           length == IPV6_EXTENSION_UNIT * ((size_t)bytes[IPV6_EXTENSION_LENGTH_FIELD] + 1);
}

static void add_extension(struct ancillary *ancillary, uint8_t type, const uint8_t *bytes,
                          size_t length)
{
    if (!is_whole_extension(bytes, length) ||
        ancillary->extensions_length + length > sizeof ancillary->extensions)
        return;
    if (ancillary->extensions_length == 0)
        ancillary->first_extension = type;
    else
        ancillary->extensions[ancillary->last_extension] = type;
    ancillary->last_extension = ancillary->extensions_length;
    memcpy(ancillary->extensions + ancillary->extensions_length, bytes, length);
    ancillary->extensions_length += length;
}

/* False when the message was cut before the value's end. */
static bool copy_value(void *value, size_t size, const struct cmsghdr *message)
{
    if (message->cmsg_len < CMSG_LEN(size))
        return false;
    memcpy(value, CMSG_DATA(message), size);
    return true;
}

static void read_ipv6_message(struct ancillary *ancillary, struct raw_packet *packet,
                              const struct cmsghdr *message)
{
    static const struct {
        int type;
        uint8_t next_header;
    } extensions[] = {
        {IPV6_HOPOPTS, IP_PROTOCOL_HOP_BY_HOP},
        {IPV6_RTHDR, IP_PROTOCOL_ROUTING},
        {IPV6_DSTOPTS, IP_PROTOCOL_DESTINATION_OPTIONS},
    };
    struct in6_pktinfo information;

    switch (message->cmsg_type) {
    case IPV6_PKTINFO:
        if (copy_value(&information, sizeof information, message)) {
            ancillary->destination = information.ipi6_addr;
            packet->interface = information.ipi6_ifindex;
        }
        return;
    case IPV6_HOPLIMIT:
        copy_value(&ancillary->hop_limit, sizeof ancillary->hop_limit, message);
        return;
    case IPV6_TCLASS:
        copy_value(&ancillary->traffic_class, sizeof ancillary->traffic_class, message);
        return;
    case RAW_IPV6_FLOWINFO:
        copy_value(&ancillary->flow_info, sizeof ancillary->flow_info, message);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (extensions[i].type == message->cmsg_type)
            add_extension(ancillary, extensions[i].next_header, CMSG_DATA(message),
                          message->cmsg_len - CMSG_LEN(0));
}

static void read_socket_message(struct raw_packet *packet, const struct cmsghdr *message)
{
    struct timespec time;

    if (message->cmsg_type == SO_RXQ_OVFL)
        packet->has_drops = copy_value(&packet->drops, sizeof packet->drops, message);
    else if (message->cmsg_type == SCM_TIMESTAMPNS && copy_value(&time, sizeof time, message))
        packet->timestamp = (uint64_t)time.tv_sec * CLOCK_SECOND + (uint64_t)time.tv_nsec;
}

static void read_ancillary(struct ancillary *ancillary, struct raw_packet *packet,
                           struct msghdr *header)
{
    struct in_pktinfo information;

    for (struct cmsghdr *message = CMSG_FIRSTHDR(header); message;
         message = CMSG_NXTHDR(header, message)) {
        if (message->cmsg_level == SOL_SOCKET) {
            read_socket_message(packet, message);
        } else if (message->cmsg_level == IPPROTO_IPV6) {
            read_ipv6_message(ancillary, packet, message);
        } else if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO &&
                   copy_value(&information, sizeof information, message)) {
            packet->interface = (unsigned)information.ipi_ifindex;
        }
    }
}

/* Puts the header in front of the payload, which starts at buffer + RAW_HEADERS_MAX. */
static void rebuild_header(struct raw_packet *packet, struct ancillary *ancillary,
                           const struct in6_addr *source, uint8_t protocol, uint8_t *buffer)
{
    size_t extensions = ancillary->extensions_length;
    uint8_t *header = buffer + RAW_HEADERS_MAX - extensions - IPV6_HEADER_LENGTH;
    uint32_t payload = (uint32_t)extensions + packet->wire_length;
    uint16_t length =
        payload > UINT16_MAX ? 0 : htons((uint16_t)payload); /* 0: RFC 2675 section 3 */
    uint32_t traffic_class = (uint32_t)ancillary->traffic_class & IPV6_TRAFFIC_CLASS;
    uint32_t first =
        htonl(UINT32_C(6) << IPV6_VERSION_SHIFT | traffic_class << IPV6_TRAFFIC_CLASS_SHIFT) |
        (ancillary->flow_info & htonl(IPV6_FLOW_LABEL));

    memcpy(header, &first, sizeof first);
    memcpy(header + IPV6_PAYLOAD_LENGTH_FIELD, &length, sizeof length);
    header[IPV6_NEXT_HEADER_FIELD] = extensions ? ancillary->first_extension : protocol;
    header[IPV6_HOP_LIMIT_FIELD] = (uint8_t)ancillary->hop_limit;
    memcpy(header + IPV6_SOURCE_FIELD, source, sizeof *source);
    memcpy(header + IPV6_DESTINATION_FIELD, &ancillary->destination, sizeof ancillary->destination);
    if (extensions)
        ancillary->extensions[ancillary->last_extension] = protocol;
    memcpy(header + IPV6_HEADER_LENGTH, ancillary->extensions, extensions);
    packet->bytes = header;
    packet->captured_length += IPV6_HEADER_LENGTH + (uint32_t)extensions;
    packet->wire_length += IPV6_HEADER_LENGTH + (uint32_t)extensions;
}

bool raw_packet_receive(struct raw_packet *packet, int descriptor, int family, uint8_t protocol,
                        uint8_t *buffer)
{
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE];
    struct ancillary ancillary = {.hop_limit = 0};
    struct sockaddr_in6 source = {0};
    struct iovec payload = {buffer + RAW_HEADERS_MAX, RAW_PACKET_MAX - RAW_HEADERS_MAX};
    struct msghdr message = {
        .msg_name = &source,
        .msg_namelen = sizeof source,
        .msg_iov = &payload,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT | MSG_TRUNC);

    if (length < 0)
        return false;
    memset(packet, 0, sizeof *packet);
    packet->bytes = payload.iov_base;
    packet->wire_length = (uint32_t)length;
    packet->captured_length =
        (size_t)length < payload.iov_len ? (uint32_t)length : (uint32_t)payload.iov_len;
    read_ancillary(&ancillary, packet, &message);
    if (family == AF_INET6)
        rebuild_header(packet, &ancillary, &source.sin6_addr, protocol, buffer);
    return true;
}
