/*
 * Tables of names for the fields of IP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_names.h"

#include <stdio.h>

#include "icmp_message.h"
#include "type_of_service.h"

static const char *const protocol_names[UINT8_MAX + 1] = {
    [0] = "IPv6 Hop-by-Hop Option",
    [1] = "ICMP",
    [2] = "IGMP",
    [3] = "GGP",
    [4] = "IPIP",
    [5] = "Stream",
    [6] = "TCP",
    [7] = "CBT",
    [8] = "EGP",
    [9] = "IGRP",
    [10] = "BBN RCC",
    [11] = "Network Voice",
    [12] = "PUP",
    [13] = "ARGUS",
    [14] = "EMCON",
    [15] = "XNET",
    [16] = "CHAOS",
    [17] = "UDP",
    [18] = "Multiplex",
    [19] = "DCN Measurement",
    [20] = "Host Monitoring",
    [21] = "Packet radio",
    [22] = "IDP",
    [23] = "Trunk-1",
    [24] = "Trunk-2",
    [25] = "Leaf-1",
    [26] = "Leaf-2",
    [27] = "Reliable Data",
    [28] = "IRT",
    [29] = "ISO TP4",
    [30] = "Bulk Data",
    [31] = "MFE NSP",
    [32] = "Merit Internodal",
    [33] = "Datagram Congestion Control Protocol",
    [34] = "3rd Party Connect",
    [35] = "Inter-Domain Policy Routing Protocol",
    [36] = "XTP",
    [37] = "Datagram delivery",
    [38] = "Control Message",
    [39] = "TP++",
    [40] = "IL",
    [41] = "IPv6",
    [42] = "Source demand routing",
    [43] = "Routing Header for IPv6",
    [44] = "Fragment Header for IPv6",
    [45] = "Inter-Domain Routing Protocol",
    [46] = "Reservation Protocol",
    [47] = "Generic Routing Encapsulation",
    [48] = "Dynamic source routing",
    [49] = "BNA",
    [50] = "Encap Security Payload",
    [51] = "Authentication Header",
    [52] = "INSLP",
    [53] = "SWIPE",
    [54] = "NBMA ARP",
    [55] = "IP Mobility",
    [56] = "TLSP Kryptonet",
    [57] = "SKIP",
    [58] = "ICMPv6",
    [59] = "No Next Header for IPv6",
    [60] = "Destination Options for IPv6",
    [61] = "any host internal protocol",
    [62] = "Mobile IPv6 (old)",
    [63] = "any local network",
    [64] = "SATNET EXPAK",
    [65] = "Kryptolan",
    [66] = "Remote Virtual Disk",
    [67] = "IPPC",
    [68] = "any distributed file system",
    [69] = "SATNET Monitoring",
    [70] = "VISA",
    [71] = "IPCV",
    [72] = "CPNX",
    [73] = "CPHB",
    [74] = "Wang Span",
    [75] = "Packet Video",
    [76] = "Backroom SATNET Mon",
    [77] = "Sun ND Protocol",
    [78] = "Wideband Mon",
    [79] = "Wideband Expak",
    [80] = "ISO Internet Protocol",
    [81] = "VMTP",
    [82] = "Secure VMTP",
    [83] = "VINES",
    [84] = "TTP",
    [85] = "NSFNET IGP",
    [86] = "Dissimilar Gateway",
    [87] = "TCF",
    [88] = "EIGRP",
    [89] = "OSPF IGP",
    [90] = "Sprite RPC",
    [91] = "Locus ARP",
    [92] = "Multicast Transport",
    [93] = "AX.25 Frames",
    [94] = "IP in IP",
    [95] = "MICP",
    [96] = "Semaphore",
    [97] = "Ether in IP",
    [98] = "ENCAP",
    [99] = "any private encryption scheme",
    [100] = "GMTP",
    [101] = "Ipsilon Flow",
    [102] = "PNNI over IP",
    [103] = "PIM",
    [104] = "ARIS",
    [105] = "SCPS",
    [106] = "QNX",
    [107] = "Active Networks",
    [108] = "IPComp",
    [109] = "Sitara Networks",
    [110] = "Compaq Peer",
    [111] = "IPX IN IP",
    [112] = "VRRP",
    [113] = "PGM",
    [114] = "any 0-hop protocol",
    [115] = "Layer 2 Tunneling",
    [116] = "DDX",
    [117] = "IATP",
    [118] = "STP",
    [119] = "SpectraLink",
    [120] = "UTI",
    [121] = "SMP",
    [122] = "SM",
    [123] = "PTP",
    [124] = "ISIS over IP",
    [125] = "FIRE",
    [126] = "CRTP",
    [127] = "CRUDP",
    [128] = "SSCOPMCE",
    [129] = "IPLT",
    [130] = "Secure Packet",
    [131] = "PIPE",
    [132] = "SCTP",
    [133] = "Fibre Channel",
    [134] = "RSVP E2EI",
    [135] = "Mobile IPv6",
    [136] = "UDPLite",
    [137] = "MPLS in IP",
    [138] = "MANET",
    [139] = "HIP",
    [140] = "Shim6 header",
    [141] = "WESP",
    [142] = "ROHC",
    [143] = "Ethernet",
    [173] = "AX/4000 Testframe",
    [224] = "Novell NCS Heartbeat",
};

const char *ip_protocol_name(uint8_t protocol)
{
    return protocol_names[protocol] ? protocol_names[protocol] : "Unassigned";
}

const char *ip_flags_name(uint8_t flags)
{
    static const char *const names[IP_FLAGS_VALUES] = {
        "None",
        "More Fragments",
        "Don't Fragment",
        "Don't Fragment, More Fragments",
        "Reserved",
        "Reserved, More Fragments",
        "Reserved, Don't Fragment",
        "Reserved, Don't Fragment, More Fragments",
    };

    return names[flags % IP_FLAGS_VALUES];
}

const char *ip_checksum_status_name(enum ip_checksum_status status)
{
    static const char *const names[] = {
        [IP_CHECKSUM_BAD] = "Bad",
        [IP_CHECKSUM_GOOD] = "Good",
        [IP_CHECKSUM_UNVERIFIED] = "Unverified",
        [IP_CHECKSUM_OFFLOADED] = "Offloaded",
    };

    return names[status];
}

const struct ip_field_name *ip_field_name_at(size_t index)
{
    static const struct ip_field_name rows[] = {
        {IP_FIELD_TYPE_OF_SERVICE, "type of service"},
        {IP_FIELD_TOTAL_LENGTH, "total length"},
        {IP_FIELD_TIME_TO_LIVE, "time to live"},
        {IP_FIELD_PROTOCOL, "protocol"},
        {IP_FIELD_SOURCE, "source address"},
        {IP_FIELD_DESTINATION, "destination address"},
        {IP_FIELD_PAYLOAD, "payload"},
    };

    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

const char *ip_extent_reason(enum ip_header_extent extent)
{
    static const char *const reasons[] = {
        [IP_HEADER_WHOLE] = NULL,
        [IP_HEADER_CUT] = "not captured",
        [IP_HEADER_OVERRUN] = "the header is longer than the packet",
        [IP_HEADER_INVALID] = "the header is invalid",
    };

    return reasons[extent];
}

/* The words of IANA's registries, in lower case. */
static const char *const icmp_names[UINT8_MAX + 1] = {
    [ICMP_TYPE_ECHO_REPLY] = "echo reply",
    [ICMP_TYPE_UNREACHABLE] = "destination unreachable",
    [ICMP_TYPE_SOURCE_QUENCH] = "source quench",
    [ICMP_TYPE_REDIRECT] = "redirect",
    [ICMP_TYPE_ECHO] = "echo request",
    [ICMP_TYPE_ROUTER_ADVERTISEMENT] = "router advertisement",
    [ICMP_TYPE_ROUTER_SOLICITATION] = "router solicitation",
    [ICMP_TYPE_TIME_EXCEEDED] = "time exceeded",
    [ICMP_TYPE_PARAMETER_PROBLEM] = "parameter problem",
    [ICMP_TYPE_TIMESTAMP] = "timestamp",
    [ICMP_TYPE_TIMESTAMP_REPLY] = "timestamp reply",
    [ICMP_TYPE_INFORMATION_REQUEST] = "information request",
    [ICMP_TYPE_INFORMATION_REPLY] = "information reply",
    [ICMP_TYPE_MASK_REQUEST] = "address mask request",
    [ICMP_TYPE_MASK_REPLY] = "address mask reply",
    [ICMP_TYPE_TRACEROUTE] = "traceroute",
    [ICMP_TYPE_EXTENDED_ECHO] = "extended echo request",
    [ICMP_TYPE_EXTENDED_ECHO_REPLY] = "extended echo reply",
};

static const char *const icmpv6_names[UINT8_MAX + 1] = {
    [ICMPV6_TYPE_UNREACHABLE] = "destination unreachable",
    [ICMPV6_TYPE_PACKET_TOO_BIG] = "packet too big",
    [ICMPV6_TYPE_TIME_EXCEEDED] = "time exceeded",
    [ICMPV6_TYPE_PARAMETER_PROBLEM] = "parameter problem",
    [ICMPV6_TYPE_ECHO] = "echo request",
    [ICMPV6_TYPE_ECHO_REPLY] = "echo reply",
    [ICMPV6_TYPE_MLD_QUERY] = "multicast listener query",
    [ICMPV6_TYPE_MLD_REPORT] = "multicast listener report",
    [ICMPV6_TYPE_MLD_DONE] = "multicast listener done",
    [ICMPV6_TYPE_ROUTER_SOLICITATION] = "router solicitation",
    [ICMPV6_TYPE_ROUTER_ADVERTISEMENT] = "router advertisement",
    [ICMPV6_TYPE_NEIGHBOUR_SOLICITATION] = "neighbor solicitation",
    [ICMPV6_TYPE_NEIGHBOUR_ADVERTISEMENT] = "neighbor advertisement",
    [ICMPV6_TYPE_REDIRECT] = "redirect",
    [ICMPV6_TYPE_MLD_V2_REPORT] = "multicast listener report v2",
    [ICMPV6_TYPE_EXTENDED_ECHO] = "extended echo request",
    [ICMPV6_TYPE_EXTENDED_ECHO_REPLY] = "extended echo reply",
};

const char *icmp_type_name(uint8_t version, uint8_t type)
{
    return version == 6 ? icmpv6_names[type] : icmp_names[type];
}

void ip_tos_title(char text[TOS_TITLE_SIZE], uint8_t tos)
{
    const uint8_t dscp = (tos & TOS_DSCP_MASK) >> 2;
    const char *precedence = tos_precedence_name(tos >> 5);
    const char *name = tos_dscp_name(dscp);

    if ((tos & TOS_DSCP_MASK) == (tos & TOS_PRECEDENCE_MASK))
        snprintf(text, TOS_TITLE_SIZE, "%s", precedence);
    else if (name)
        snprintf(text, TOS_TITLE_SIZE, "%s (%s)", name, precedence);
    else
        snprintf(text, TOS_TITLE_SIZE, "DSCP %u (%s%s%s%s)", dscp, precedence,
                 tos & TOS_DELAY_MASK ? ", low delay" : "",
                 tos & TOS_THROUGHPUT_MASK ? ", high throughput" : "",
                 tos & TOS_RELIABILITY_MASK ? ", high reliability" : "");
}
