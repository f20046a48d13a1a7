/*
 * One table lists the link headers that have a direction. Wireshark's own mark, pinfo->p2p_dir, is
 * used only for link types whose direction is not in the frame's bytes: dissectors of upper layers
 * change it.
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

/* To whom the link layer delivered a frame: bits 2 to 4 of epb_flags. */
enum reception {
    RECEPTION_UNKNOWN = 0,
    RECEPTION_UNICAST = 1,
    RECEPTION_MULTICAST = 2,
    RECEPTION_BROADCAST = 3,
    RECEPTION_PROMISCUOUS = 4,
};

/* epb_flags, draft-ietf-opsawg-pcapng section 4.3.1. */
enum {
    FLAGS_INBOUND = 1,
    FLAGS_OUTBOUND = 2,
    FLAGS_DIRECTION = 3, /* mask */
    FLAGS_RECEPTION_SHIFT = 2,
    FLAGS_RECEPTION = 7, /* mask, once shifted */
};

/* How a frame passed the capturing host. */
struct passage {
    enum network_known outgoing;
    enum reception reception;
};

static const struct passage received = {.outgoing = NETWORK_NO};
static const struct passage sent = {.outgoing = NETWORK_YES};
static const struct passage unknown = {.outgoing = NETWORK_UNKNOWN};

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

/* Packet types of Linux's cooked captures (LINKTYPE_LINUX_SLL): 4 is what the host sent. */
static struct passage of_packet_type(unsigned type)
{
    static const struct passage types[] = {
        {NETWORK_NO, RECEPTION_UNICAST},   {NETWORK_NO, RECEPTION_BROADCAST},
        {NETWORK_NO, RECEPTION_MULTICAST}, {NETWORK_NO, RECEPTION_PROMISCUOUS},
        {NETWORK_YES, RECEPTION_UNKNOWN},
    };

    return type < G_N_ELEMENTS(types) ? types[type] : unknown;
}

static struct passage of_sll(const uint8_t *header, unsigned length _U_)
{
    return of_packet_type(bytes_u16(header));
}

static struct passage of_sll2(const uint8_t *header, unsigned length _U_)
{
    enum { PACKET_TYPE = 10 };

    return of_packet_type(header[PACKET_TYPE]);
}

static struct passage of_pflog_direction(unsigned direction)
{
    enum { PF_IN = 1, PF_OUT = 2 };

    return direction == PF_IN ? received : direction == PF_OUT ? sent : unknown;
}

/* The header begins with its length; user and process numbers came with OpenBSD 3.8. */
static struct passage of_pflog(const uint8_t *header, unsigned length)
{
    enum { DIRECTION = 60, DIRECTION_BEFORE_3_8 = 44 };
    const unsigned at = header[0] > DIRECTION ? DIRECTION : DIRECTION_BEFORE_3_8;

    return at < length && at < header[0] ? of_pflog_direction(header[at]) : unknown;
}

/* The format before that, DLT_OLD_PFLOG. */
static struct passage of_old_pflog(const uint8_t *header, unsigned length _U_)
{
    enum { DIRECTION = 26 };

    return of_pflog_direction(bytes_u16(header + DIRECTION));
}

/* Solaris: the hook that the packet passed. */
static struct passage of_ipnet(const uint8_t *header, unsigned length _U_)
{
    enum { HOOK = 2, HOOK_INBOUND = 0, HOOK_OUTBOUND = 1 };
    const unsigned hook = bytes_u16(header + HOOK);

    return hook == HOOK_INBOUND ? received : hook == HOOK_OUTBOUND ? sent : unknown;
}

/* Apple. The flags are little-endian. */
static struct passage of_pktap(const uint8_t *header, unsigned length _U_)
{
    enum { FLAGS = 36, FLAG_IN = 1, FLAG_OUT = 2 };
    const unsigned flags = header[FLAGS] & (FLAG_IN | FLAG_OUT);

    return flags == FLAG_IN ? received : flags == FLAG_OUT ? sent : unknown;
}

static struct passage of_juniper(const uint8_t *header, unsigned length _U_)
{
    static const uint8_t magic[] = {'M', 'G', 'C'};
    enum { FLAGS = sizeof magic, FLAG_IN = 1 };

    if (memcmp(header, magic, sizeof magic) != 0)
        return unknown;
    return header[FLAGS] & FLAG_IN ? received : sent;
}

/* Linux's netfilter log has the hook in one of the attributes in front of the packet. */
static struct passage of_nflog(const uint8_t *bytes, unsigned length)
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

/* Link headers that have a direction. */
static const struct {
    int encapsulation;
    unsigned needed; /* bytes of the header */
    struct passage (*read)(const uint8_t *header, unsigned length);
} links[] = {
    {WTAP_ENCAP_SLL, 2, of_sll},
    {WTAP_ENCAP_SLL2, 11, of_sll2},
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

static struct passage of_link_header(const packet_info *pinfo)
{
    const int encapsulation = encapsulation_of(pinfo);
    unsigned length;
    const uint8_t *bytes = frame_bytes(pinfo, &length);

    for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
        if (links[i].encapsulation == encapsulation)
            return length >= links[i].needed ? links[i].read(bytes, length) : unknown;
    if (has_direction_outside(encapsulation))
        return pinfo->p2p_dir == P2P_DIR_SENT   ? sent
               : pinfo->p2p_dir == P2P_DIR_RECV ? received
                                                : unknown;
    return unknown;
}

static struct passage of_flags(const packet_info *pinfo)
{
    struct passage passage = unknown;
    guint32 flags = 0;

    if (!pinfo->rec || !pinfo->rec->block ||
        wtap_block_get_uint32_option_value(pinfo->rec->block, OPT_PKT_FLAGS, &flags) !=
            WTAP_OPTTYPE_SUCCESS)
        return unknown;
    if ((flags & FLAGS_DIRECTION) == FLAGS_INBOUND)
        passage.outgoing = NETWORK_NO;
    else if ((flags & FLAGS_DIRECTION) == FLAGS_OUTBOUND)
        passage.outgoing = NETWORK_YES;
    passage.reception = flags >> FLAGS_RECEPTION_SHIFT & FLAGS_RECEPTION;
    return passage;
}

/* Link header and flags together; unknown where they contradict each other. */
static struct passage passage_of(const packet_info *pinfo)
{
    const struct passage flags = of_flags(pinfo);
    const struct passage link = of_link_header(pinfo);
    struct passage passage = flags.outgoing != NETWORK_UNKNOWN ? flags : link;

    if (flags.outgoing != NETWORK_UNKNOWN && link.outgoing != NETWORK_UNKNOWN &&
        flags.outgoing != link.outgoing)
        return unknown;
    passage.reception = flags.reception != RECEPTION_UNKNOWN ? flags.reception : link.reception;
    return passage;
}

/* Cooked captures of Linux name the hardware type of the interface. */
static enum network_known on_loopback_by_type(unsigned hardware_type)
{
    enum { ARPHRD_LOOPBACK = 772 };

    return hardware_type == ARPHRD_LOOPBACK ? NETWORK_YES : NETWORK_NO;
}

/* Linux writes zeros for the Ethernet addresses of its loopback: destination, then source. */
static enum network_known on_loopback_by_address(const uint8_t *addresses)
{
    static const uint8_t zeros[FT_ETHER_LEN] = {0};

    if (memcmp(addresses + FT_ETHER_LEN, zeros, sizeof zeros) != 0)
        return NETWORK_NO;
    return memcmp(addresses, zeros, sizeof zeros) == 0 ? NETWORK_YES : NETWORK_UNKNOWN;
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

static enum network_known on_loopback_by_link(const packet_info *pinfo)
{
    enum { SLL_HARDWARE_TYPE = 2, SLL2_HARDWARE_TYPE = 8 };
    const int encapsulation = encapsulation_of(pinfo);
    unsigned length;
    const uint8_t *bytes = frame_bytes(pinfo, &length);
    uint8_t addresses[2 * FT_ETHER_LEN];

    if (encapsulation == WTAP_ENCAP_ETHERNET && length >= sizeof addresses)
        return on_loopback_by_address(bytes);
    if (encapsulation == WTAP_ENCAP_SLL && length >= SLL_HARDWARE_TYPE + 2)
        return on_loopback_by_type(bytes_u16(bytes + SLL_HARDWARE_TYPE));
    if (encapsulation == WTAP_ENCAP_SLL2 && length >= SLL2_HARDWARE_TYPE + 2)
        return on_loopback_by_type(bytes_u16(bytes + SLL2_HARDWARE_TYPE));
    if (!has_one_ethernet_header(pinfo))
        return NETWORK_UNKNOWN;
    memcpy(addresses, pinfo->dl_dst.data, FT_ETHER_LEN);
    memcpy(addresses + FT_ETHER_LEN, pinfo->dl_src.data, FT_ETHER_LEN);
    return on_loopback_by_address(addresses);
}

static enum network_known on_loopback_by_name(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    const char *name = NULL;

    if (rec && rec->presence_flags & WTAP_HAS_INTERFACE_ID)
        name = compat_interface_name(pinfo);
    if (!name || !*name || strcmp(name, "unknown") == 0)
        return NETWORK_UNKNOWN;
    if (strstr(name, "oopback") ||
        (g_str_has_prefix(name, "lo") && strspn(name + 2, "0123456789") == strlen(name + 2)))
        return NETWORK_YES;
    return NETWORK_NO;
}

static enum network_known on_loopback(const packet_info *pinfo)
{
    const enum network_known link = on_loopback_by_link(pinfo);

    return link != NETWORK_UNKNOWN ? link : on_loopback_by_name(pinfo);
}

/* Loopbacks of BSD and macOS, and Npcap's: their senders fill in no header checksum. */
static bool is_null_link(const packet_info *pinfo)
{
    enum { PKTAP_LINK_TYPE = 8, DLT_NULL = 0, DLT_LOOP = 108 };
    const int encapsulation = encapsulation_of(pinfo);
    unsigned length;
    const uint8_t *bytes = frame_bytes(pinfo, &length);

    return encapsulation == WTAP_ENCAP_NULL || encapsulation == WTAP_ENCAP_LOOP ||
           (encapsulation == WTAP_ENCAP_PKTAP && length > PKTAP_LINK_TYPE &&
            (bytes[PKTAP_LINK_TYPE] == DLT_NULL || bytes[PKTAP_LINK_TYPE] == DLT_LOOP));
}

enum network_known frame_outgoing(const packet_info *pinfo)
{
    return passage_of(pinfo).outgoing;
}

bool frame_header_checksum_due(const packet_info *pinfo, const struct header_place *place)
{
    return place->packet.version == 4 && place->packet.checksum == 0 && place->layer == 0 &&
           frame_outgoing(pinfo) == NETWORK_NO && !is_null_link(pinfo);
}

static enum network_known known(bool is_known, bool value)
{
    if (!is_known)
        return NETWORK_UNKNOWN;
    return value ? NETWORK_YES : NETWORK_NO;
}

struct network_event_context frame_context_of(const packet_info *pinfo,
                                              const struct header_place *place)
{
    struct network_event_context context = {
        .expected_version = place->announced_version,
        .loopback = on_loopback(pinfo),
        .verify_checksums = true,
    };
    struct passage passage;
    bool is_known;

    if (place->layer != 0)
        return context;
    passage = passage_of(pinfo);
    is_known = passage.reception != RECEPTION_UNKNOWN;
    context.outgoing = passage.outgoing;
    context.group_addressed = known(is_known, passage.reception == RECEPTION_MULTICAST ||
                                                  passage.reception == RECEPTION_BROADCAST);
    context.to_this_host =
        known(is_known, passage.reception == RECEPTION_UNICAST && passage.outgoing == NETWORK_NO);
    context.header_checksum_due = frame_header_checksum_due(pinfo, place);
    return context;
}
