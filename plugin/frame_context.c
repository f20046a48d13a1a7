/*
 * Two tables list the link headers that say something of their frame: those that common reads, and
 * the others. Wireshark's own mark, pinfo->p2p_dir, is used only for link types whose direction is
 * not in the frame's bytes: dissectors of upper layers change it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_context.h"

#include <string.h>

#include <epan/packet.h>
#include <wiretap/wtap.h>

#include "bytes.h"
#include "compat.h"
#include "layers.h"
#include "link_header.h"

static const struct frame_passage received = {.outgoing = NETWORK_NO};
static const struct frame_passage sent = {.outgoing = NETWORK_YES};
static const struct frame_passage unknown = {.outgoing = NETWORK_UNKNOWN};

/* The captured bytes of the frame and their number. */
static const uint8_t *frame_bytes(const packet_info *pinfo, unsigned *length)
{
    tvbuff_t *frame = compat_frame(pinfo);

    *length = frame ? tvb_captured_length(frame) : 0;
    return *length != 0 ? tvb_get_ptr(frame, 0, (gint)*length) : NULL;
}

/* The dissector of PKTAP replaces its own link type by that of what it carries. */
static int encapsulation_of(const packet_info *pinfo)
{
    wmem_list_frame_t *frame = wmem_list_head(pinfo->layers);

    if (frame && layer_traits(wmem_list_frame_next(frame)) & LAYER_PKTAP)
        return WTAP_ENCAP_PKTAP;
    return pinfo->rec ? pinfo->rec->rec_header.packet_header.pkt_encap : WTAP_ENCAP_UNKNOWN;
}

static struct frame_passage of_pflog_direction(unsigned direction)
{
    enum { PF_IN = 1, PF_OUT = 2 };

    return direction == PF_IN ? received : direction == PF_OUT ? sent : unknown;
}

/* The header begins with its length; user and process numbers came with OpenBSD 3.8. */
static struct frame_passage of_pflog(const uint8_t *header, unsigned length)
{
    enum { DIRECTION = 60, DIRECTION_BEFORE_3_8 = 44 };
    const unsigned at = header[0] > DIRECTION ? DIRECTION : DIRECTION_BEFORE_3_8;

    return at < length && at < header[0] ? of_pflog_direction(header[at]) : unknown;
}

/* The format before that, DLT_OLD_PFLOG. */
static struct frame_passage of_old_pflog(const uint8_t *header, unsigned length _U_)
{
    enum { DIRECTION = 26 };

    return of_pflog_direction(bytes_u16(header + DIRECTION));
}

/* Solaris: the hook that the packet passed. */
static struct frame_passage of_ipnet(const uint8_t *header, unsigned length _U_)
{
    enum { HOOK = 2, HOOK_INBOUND = 0, HOOK_OUTBOUND = 1 };
    const unsigned hook = bytes_u16(header + HOOK);

    return hook == HOOK_INBOUND ? received : hook == HOOK_OUTBOUND ? sent : unknown;
}

/* Apple. The flags are little-endian. */
static struct frame_passage of_pktap(const uint8_t *header, unsigned length _U_)
{
    enum { FLAGS = 36, FLAG_IN = 1, FLAG_OUT = 2 };
    const unsigned flags = header[FLAGS] & (FLAG_IN | FLAG_OUT);

    return flags == FLAG_IN ? received : flags == FLAG_OUT ? sent : unknown;
}

static struct frame_passage of_juniper(const uint8_t *header, unsigned length _U_)
{
    static const uint8_t magic[] = {'M', 'G', 'C'};
    enum { FLAGS = sizeof magic, FLAG_IN = 1 };

    if (memcmp(header, magic, sizeof magic) != 0)
        return unknown;
    return header[FLAGS] & FLAG_IN ? received : sent;
}

/* Linux's netfilter log has the hook in one of the attributes in front of the packet. */
static struct frame_passage of_nflog(const uint8_t *bytes, unsigned length)
{
    enum {
        FIRST_ATTRIBUTE = 4,
        ATTRIBUTE_HEADER = 4, /* length and type, host byte order of the capturing machine */
        PACKET_HEADER = 1,    /* NFULA_PACKET_HDR: protocol, hook */
        PAYLOAD = 9,          /* NFULA_PAYLOAD, the last one */
        HOOK = ATTRIBUTE_HEADER + 2,
        HOOK_LOCAL_IN = 1,
        HOOK_FORWARD = 2,
        HOOK_LOCAL_OUT = 3,
    };

    for (unsigned i = FIRST_ATTRIBUTE; i + ATTRIBUTE_HEADER <= length;) {
        uint16_t size;
        uint16_t type;

        memcpy(&size, bytes + i, sizeof size);
        memcpy(&type, bytes + i + sizeof size, sizeof type);
        if (size < ATTRIBUTE_HEADER || type == PAYLOAD)
            break;
        if (type == PACKET_HEADER && i + HOOK < length && size > HOOK) {
            const unsigned hook = bytes[i + HOOK];

            return hook <= HOOK_FORWARD ? received : hook == HOOK_LOCAL_OUT ? sent : unknown;
        }
        i += (size + 3U) & ~3U;
    }
    return unknown;
}

/* Link headers that common reads. */
static const struct {
    int encapsulation;
    enum link_type link_type;
} common_links[] = {
    {WTAP_ENCAP_ETHERNET, LINK_TYPE_ETHERNET}, {WTAP_ENCAP_SLL, LINK_TYPE_SLL},
    {WTAP_ENCAP_SLL2, LINK_TYPE_SLL2},         {WTAP_ENCAP_NULL, LINK_TYPE_NULL},
    {WTAP_ENCAP_LOOP, LINK_TYPE_LOOP},
};

/* Others that have a direction. */
static const struct {
    int encapsulation;
    unsigned needed; /* bytes of the header */
    struct frame_passage (*read)(const uint8_t *header, unsigned length);
} links[] = {
    {WTAP_ENCAP_PFLOG, 1, of_pflog},
    {WTAP_ENCAP_OLD_PFLOG, 28, of_old_pflog},
    {WTAP_ENCAP_IPNET, 4, of_ipnet},
    {WTAP_ENCAP_PKTAP, 40, of_pktap},
    {WTAP_ENCAP_NFLOG, 4, of_nflog},
    {WTAP_ENCAP_JUNIPER_ATM1, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_ATM2, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_PPPOE, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_MLPPP, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_MLFR, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_ETHER, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_PPP, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_FRELAY, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_CHDLC, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_GGSN, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_VP, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_SVCS, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_VN, 4, of_juniper},
    {WTAP_ENCAP_JUNIPER_ST, 4, of_juniper},
};

/* Link types whose direction is in what Wireshark calls a pseudo-header. */
static bool has_direction_outside(int encapsulation)
{
    switch (encapsulation) {
    case WTAP_ENCAP_ASCEND:
    case WTAP_ENCAP_CHDLC_WITH_PHDR:
    case WTAP_ENCAP_FRELAY_WITH_PHDR:
    case WTAP_ENCAP_ISDN:
    case WTAP_ENCAP_LAPB:
    case WTAP_ENCAP_PPP_WITH_PHDR:
    case WTAP_ENCAP_WFLEET_HDLC:
        return true;
    default:
        return false;
    }
}

static struct frame_passage of_packet_info(const packet_info *pinfo)
{
    return pinfo->p2p_dir == P2P_DIR_SENT   ? sent
           : pinfo->p2p_dir == P2P_DIR_RECV ? received
                                            : unknown;
}

/* Apple's header names the link type of what it carries. */
static bool carries_null_link(const uint8_t *header, unsigned length)
{
    enum { LINK_TYPE = 8 };

    return length > LINK_TYPE &&
           (header[LINK_TYPE] == LINK_TYPE_NULL || header[LINK_TYPE] == LINK_TYPE_LOOP);
}

/* Reads a link header that common knows. False: it is none. */
static bool read_common(struct link_header *header, int encapsulation, const uint8_t *bytes,
                        unsigned length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(common_links); i++)
        if (common_links[i].encapsulation == encapsulation) {
            link_header_read(header, (uint16_t)common_links[i].link_type, bytes, length);
            return true;
        }
    return false;
}

static struct frame_passage read_passage(const packet_info *pinfo, int encapsulation,
                                         const uint8_t *bytes, unsigned length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
        if (links[i].encapsulation == encapsulation)
            return length >= links[i].needed ? links[i].read(bytes, length) : unknown;
    return has_direction_outside(encapsulation) ? of_packet_info(pinfo) : unknown;
}

/* What the frame's outermost link header says; its length and version are not valid. */
static struct link_header link_header_of(const packet_info *pinfo)
{
    const int encapsulation = encapsulation_of(pinfo);
    struct link_header header = {0};
    unsigned length;
    const uint8_t *bytes = frame_bytes(pinfo, &length);

    if (read_common(&header, encapsulation, bytes, length))
        return header;
    header.passage = read_passage(pinfo, encapsulation, bytes, length);
    if (encapsulation == WTAP_ENCAP_PKTAP)
        header.checksum_never_filled = carries_null_link(bytes, length);
    return header;
}

static struct frame_passage passage_of(const packet_info *pinfo, const struct link_header *link)
{
    guint32 flags = 0;

    if (!pinfo->rec || !pinfo->rec->block ||
        wtap_block_get_uint32_option_value(pinfo->rec->block, OPT_PKT_FLAGS, &flags) !=
            WTAP_OPTTYPE_SUCCESS)
        flags = 0;
    return frame_passage_join(frame_passage_of_flags(flags), link->passage);
}

static bool is_ethernet(const address *address)
{
    return address->type == AT_ETHER && address->len == FT_ETHER_LEN && address->data;
}

/* Whether the Ethernet addresses that Wireshark noted are those of the frame's only such header. */
static bool has_one_ethernet_header(const packet_info *pinfo)
{
    return is_ethernet(&pinfo->dl_src) && is_ethernet(&pinfo->dl_dst) &&
           layers_count(pinfo, LAYER_ETHERNET) == 1;
}

static enum network_known loopback_by_addresses(const packet_info *pinfo)
{
    uint8_t addresses[ETHERNET_ADDRESSES_LENGTH];

    if (!has_one_ethernet_header(pinfo))
        return NETWORK_UNKNOWN;
    memcpy(addresses, pinfo->dl_dst.data, FT_ETHER_LEN);
    memcpy(addresses + FT_ETHER_LEN, pinfo->dl_src.data, FT_ETHER_LEN);
    return link_header_loopback(addresses);
}

static enum network_known loopback_by_name(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    const char *name = NULL;

    if (rec && rec->presence_flags & WTAP_HAS_INTERFACE_ID)
        name = compat_interface_name(pinfo);
    if (name && strcmp(name, "unknown") == 0) /* Wireshark's word for an interface without one */
        return NETWORK_UNKNOWN;
    return frame_loopback_by_name(name);
}

static enum network_known on_loopback(const packet_info *pinfo, const struct link_header *link)
{
    enum network_known loopback = link->loopback;

    if (loopback == NETWORK_UNKNOWN)
        loopback = loopback_by_addresses(pinfo);
    return loopback != NETWORK_UNKNOWN ? loopback : loopback_by_name(pinfo);
}

enum network_known frame_outgoing(const packet_info *pinfo)
{
    const struct link_header link = link_header_of(pinfo);

    return passage_of(pinfo, &link).outgoing;
}

bool frame_header_checksum_due(const packet_info *pinfo, const struct header_place *place)
{
    struct link_header link;

    if (place->packet.version != 4 || place->packet.checksum != 0 || place->layer != 0)
        return false; /* most headers: nothing else is looked at */
    link = link_header_of(pinfo);
    return link_header_checksum_due(&link, &place->packet, passage_of(pinfo, &link).outgoing);
}

struct network_event_context frame_context_of(const packet_info *pinfo,
                                              const struct header_place *place)
{
    const struct link_header link = link_header_of(pinfo);
    struct network_event_context context = {
        .expected_version = place->announced_version,
        .loopback = on_loopback(pinfo, &link),
        .verify_checksums = true,
    };

    if (place->layer != 0)
        return context;
    frame_passage_apply(&context, passage_of(pinfo, &link));
    context.header_checksum_due = link_header_checksum_due(&link, &place->packet, context.outgoing);
    return context;
}
