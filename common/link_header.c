/*
 * One table lists the link types. Ethertypes are followed over tags; everything else is one step.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "link_header.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "ip_header.h"

enum {
    ETHERNET_ADDRESS_LENGTH = 6,
    ETHERNET_TYPE_FIELD = 12,
    ETHERNET_HEADER = 14,
    TAG_LENGTH = 4, /* TCI and the Ethertype behind it */
    TAG_TYPE_FIELD = 2,

    SLL_HARDWARE_TYPE_FIELD = 2,
    SLL_PROTOCOL_FIELD = 14,
    SLL_HEADER = 16,
    SLL2_PROTOCOL_FIELD = 0,
    SLL2_HARDWARE_TYPE_FIELD = 8,
    SLL2_PACKET_TYPE_FIELD = 10,
    SLL2_HEADER = 20,
    ARPHRD_LOOPBACK = 772, /* a hardware type of Linux */

    FAMILY_HEADER = 4, /* of LINK_TYPE_NULL and LINK_TYPE_LOOP */
};

/* IEEE Ethertypes. */
enum {
    ETHERTYPE_LEAST = 1501, /* below it is a length */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86DD,
    ETHERTYPE_VLAN = 0x8100,         /* IEEE 802.1Q */
    ETHERTYPE_SERVICE_VLAN = 0x88A8, /* IEEE 802.1ad */
    ETHERTYPE_QINQ = 0x9100,         /* before the standard */
};

/* A frame while its headers are followed. */
struct link_walk {
    struct link_header *header;
    const uint8_t *bytes;
    uint32_t captured;
};

static bool is_tag(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_SERVICE_VLAN ||
           ethertype == ETHERTYPE_QINQ;
}

/* Follows an Ethertype over the tags behind it. offset: behind the Ethertype. */
static bool follow_ethertype(struct link_walk *walk, uint16_t ethertype, uint32_t offset)
{
    while (is_tag(ethertype) && walk->captured >= offset + TAG_LENGTH) {
        ethertype = bytes_u16(walk->bytes + offset + TAG_TYPE_FIELD);
        offset += TAG_LENGTH;
    }
    walk->header->length = offset;
    walk->header->announced_version = ethertype == ETHERTYPE_IPV4   ? 4
                                      : ethertype == ETHERTYPE_IPV6 ? 6
                                                                    : 0;
    return walk->header->announced_version != 0;
}

/* Linux writes zeros for both addresses. */
enum network_known link_header_loopback(const uint8_t addresses[ETHERNET_ADDRESSES_LENGTH])
{
    static const uint8_t zeros[ETHERNET_ADDRESS_LENGTH] = {0};

    if (memcmp(addresses + ETHERNET_ADDRESS_LENGTH, zeros, sizeof zeros) != 0)
        return NETWORK_NO;
    return memcmp(addresses, zeros, sizeof zeros) == 0 ? NETWORK_YES : NETWORK_UNKNOWN;
}

static bool read_ethernet(struct link_walk *walk)
{
    if (walk->captured < ETHERNET_HEADER)
        return false;
    walk->header->loopback = link_header_loopback(walk->bytes);
    return follow_ethertype(walk, bytes_u16(walk->bytes + ETHERNET_TYPE_FIELD), ETHERNET_HEADER);
}

/* Packet types of cooked captures. */
static struct frame_passage passage_of_type(unsigned type)
{
    static const struct frame_passage types[] = {
        {NETWORK_NO, FRAME_UNICAST},
        {NETWORK_NO, FRAME_BROADCAST},
        {NETWORK_NO, FRAME_MULTICAST},
        {NETWORK_NO, FRAME_PROMISCUOUS},
        {NETWORK_YES, FRAME_RECEPTION_UNKNOWN},
    };

    return type < sizeof types / sizeof *types ? types[type] : (struct frame_passage){0};
}

static enum network_known loopback_by_type(uint16_t hardware_type)
{
    return hardware_type == ARPHRD_LOOPBACK ? NETWORK_YES : NETWORK_NO;
}

static bool read_sll(struct link_walk *walk)
{
    if (walk->captured < SLL_HEADER)
        return false;
    walk->header->passage = passage_of_type(bytes_u16(walk->bytes));
    walk->header->loopback = loopback_by_type(bytes_u16(walk->bytes + SLL_HARDWARE_TYPE_FIELD));
    return follow_ethertype(walk, bytes_u16(walk->bytes + SLL_PROTOCOL_FIELD), SLL_HEADER);
}

static bool read_sll2(struct link_walk *walk)
{
    if (walk->captured < SLL2_HEADER)
        return false;
    walk->header->passage = passage_of_type(walk->bytes[SLL2_PACKET_TYPE_FIELD]);
    walk->header->loopback = loopback_by_type(bytes_u16(walk->bytes + SLL2_HARDWARE_TYPE_FIELD));
    return follow_ethertype(walk, bytes_u16(walk->bytes + SLL2_PROTOCOL_FIELD), SLL2_HEADER);
}

/* RFC 1662 section 3.1, RFC 1661 section 2; address, control and the first zero may be left out. */
static bool read_ppp_at(struct link_walk *walk, uint32_t offset)
{
    enum {
        ADDRESS = 0xFF,
        ADDRESS_AND_CONTROL = 2,
        LAST_BYTE = 1,
        PPP_IPV4 = 0x21,
        PPP_IPV6 = 0x57
    };
    uint16_t protocol;

    if (walk->captured > offset && walk->bytes[offset] == ADDRESS)
        offset += ADDRESS_AND_CONTROL;
    if (walk->captured < offset + 2)
        return false;
    protocol = walk->bytes[offset++];
    if ((protocol & LAST_BYTE) == 0)
        protocol = (uint16_t)(protocol << 8 | walk->bytes[offset++]);
    walk->header->length = offset;
    walk->header->announced_version = protocol == PPP_IPV4 ? 4 : protocol == PPP_IPV6 ? 6 : 0;
    return walk->header->announced_version != 0;
}

static bool read_ppp(struct link_walk *walk)
{
    return read_ppp_at(walk, 0);
}

/* The address families of IP. */
static bool follow_family(struct link_walk *walk, uint32_t family)
{
    static const struct {
        uint8_t family;
        uint8_t version;
    } families[] = {
        {2, 4},
        {24, 6}, /* NetBSD, OpenBSD */
        {28, 6}, /* FreeBSD */
        {30, 6}, /* macOS */
    };

    walk->header->length = FAMILY_HEADER;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i].family == family)
            walk->header->announced_version = families[i].version;
    return walk->header->announced_version != 0;
}

static bool read_loop(struct link_walk *walk)
{
    walk->header->checksum_never_filled = true;
    return walk->captured >= FAMILY_HEADER && follow_family(walk, bytes_u32(walk->bytes));
}

static uint16_t swap_u16(uint16_t number)
{
    return (uint16_t)(number << 8 | number >> 8);
}

/*
 * The order of the bytes is that of the machine that captured. Some have a family of 16 bits in the
 * first two (IRIX, UNICOS). A family is below 0x600, so that its upper byte is below 6.
 */
static uint32_t family_of(const uint8_t *bytes)
{
    enum { FAMILY_UPPER_BYTE_END = 6 };
    const uint32_t big = bytes_u32(bytes);
    const uint16_t first = bytes_u16(bytes);
    const uint16_t second = bytes_u16(bytes + sizeof first);

    if (second == 0) /* little-endian, or 16 bits at the start */
        return bytes[0] == 0 && bytes[1] < FAMILY_UPPER_BYTE_END ? first : swap_u16(first);
    if (bytes[3] == 0 && bytes[2] < FAMILY_UPPER_BYTE_END)
        return swap_u16(second);
    return big;
}

/* Some programs write an Ethertype in place of the family. */
static bool read_null(struct link_walk *walk)
{
    uint32_t family;

    walk->header->checksum_never_filled = true;
    if (walk->captured < FAMILY_HEADER)
        return false;
    family = family_of(walk->bytes);
    return family >= ETHERTYPE_LEAST && family <= UINT16_MAX
               ? follow_ethertype(walk, (uint16_t)family, FAMILY_HEADER)
               : follow_family(walk, family);
}

static uint8_t version_of(const struct link_walk *walk)
{
    const uint8_t version = walk->captured != 0 ? ip_header_version(walk->bytes) : 0;

    return version == 4 || version == 6 ? version : 0;
}

static bool read_raw(struct link_walk *walk)
{
    walk->header->announced_version = version_of(walk);
    return walk->header->announced_version != 0;
}

/* A link type for IPv4 announces no version: programs write IPv6 with it, too. */
static bool read_ipv4(struct link_walk *walk)
{
    walk->header->announced_version = version_of(walk);
    return walk->captured != 0;
}

static bool read_ipv6(struct link_walk *walk)
{
    walk->header->announced_version = 6;
    return walk->captured != 0;
}

static const struct link_reader {
    uint16_t link_type;
    bool has_trailer;
    bool (*read)(struct link_walk *walk);
} readers[] = {
    {LINK_TYPE_RAW, true, read_raw},       {LINK_TYPE_ETHERNET, true, read_ethernet},
    {LINK_TYPE_SLL, true, read_sll},       {LINK_TYPE_SLL2, true, read_sll2},
    {LINK_TYPE_IPV4, true, read_ipv4},     {LINK_TYPE_IPV6, true, read_ipv6},
    {LINK_TYPE_NULL, true, read_null},     {LINK_TYPE_LOOP, true, read_loop},
    {LINK_TYPE_PPP, false, read_ppp},      {LINK_TYPE_PPP_HDLC, false, read_ppp},
    {LINK_TYPE_PPP_PPPD, false, read_ppp},
};

static const struct link_reader *reader_of(uint16_t link_type)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].link_type == link_type)
            return &readers[i];
    return NULL;
}

bool link_type_is_known(uint16_t link_type)
{
    return reader_of(link_type) != NULL;
}

bool link_header_read(struct link_header *header, uint16_t link_type, const uint8_t *bytes,
                      uint32_t captured)
{
    const struct link_reader *reader = reader_of(link_type);
    struct link_walk walk;

    *header = (struct link_header){0};
    if (!reader)
        return false;
    header->has_trailer = reader->has_trailer;
    walk = (struct link_walk){header, bytes, captured};
    return reader->read(&walk) && header->length <= captured;
}

bool link_header_checksum_due(const struct link_header *header, const struct ip_packet *packet,
                              enum network_known outgoing)
{
    return packet->version == 4 && packet->checksum == 0 && outgoing == NETWORK_NO &&
           !header->checksum_never_filled;
}
