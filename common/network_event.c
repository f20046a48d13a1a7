/*
 * The dictionary, one table, and the search that calls the rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "network_event.h"

#include <string.h>

#include "event_rules.h"

/* clang-format off */
static const struct network_event dictionary[] = {
    [EVENT_ICMP_ERROR_START_QUENCH] = {"icmp_error-start",
        NETWORK_EVENT_EMERGENCY, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "a host or router asks the sender to slow down (ICMP source quench)", NULL, NULL},
    [EVENT_ICMP_ERROR_START] = {"icmp_error-start",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "a host or router reports that it could not handle a packet", NULL, NULL},
    [EVENT_ETHER_OUTPUT_NOROUTE] = {"ether_output-noroute",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, false,
        "the capturing host has no route for a packet and says so", NULL, NULL},
    [EVENT_ETHER_OUTPUT_RTREJECT] = {"ether_output-rtreject",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, false,
        "the capturing host gave up on a neighbour that does not answer", NULL, NULL},
    [EVENT_IGMP_INPUT_SHORTMSG] = {"igmp_input-shortmsg",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "an IGMP or MLD message is shorter than its type and records need",
        "decoder.igmp.pkt_too_small decoder.igmp.v3_pkt_too_small decoder.igmp.malformed",
        NULL},
    [EVENT_IGMP_INPUT_BADSUM] = {"igmp_input-badsum",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the checksum of an IGMP or MLD message is wrong",
        NULL,
        "igmp.bad_checksum icmpv6.checksum_bad.expert"},
    [EVENT_ICMP_INPUT_SHORTMSG] = {"icmp_input-shortmsg",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "an ICMP message is shorter than its type needs",
        "decoder.icmpv4.pkt_too_small decoder.icmpv6.pkt_too_small",
        NULL},
    [EVENT_ICMP_INPUT_BADSUM] = {"icmp_input-badsum",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "the checksum of an ICMP message is wrong",
        NULL,
        "icmp.checksum_bad icmpv6.checksum_bad.expert"},
    [EVENT_ICMP_INPUT_BADLEN] = {"icmp_input-badlen",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "an ICMP error quotes too little of the packet it is about",
        "decoder.icmpv4.ipv4_trunc_pkt decoder.icmpv6.ipv6_trunc_pkt",
        NULL},
    [EVENT_IPINTR_SHORTMSG] = {"ipintr-shortmsg",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the packet is shorter than an IP header",
        "decoder.ipv4.pkt_too_small decoder.ipv6.pkt_too_small "
        "decoder.ipv6.ipv4_in_ipv6_too_small decoder.ipv6.ipv6_in_ipv6_too_small",
        "ipv6.invalid_header"},
    [EVENT_IPINTR_BADVERS] = {"ipintr-badvers",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the IP version is not the one that was announced, or unknown",
        "decoder.ipv4.wrong_ip_version decoder.ipv6.wrong_ip_version "
        "decoder.ipv6.ipv4_in_ipv6_wrong_version decoder.ipv6.ipv6_in_ipv6_wrong_version "
        "decoder.ipraw.invalid_ip_version",
        "ip.bogus_ip_version ipv6.bogus_ipv6_version"},
    [EVENT_IPINTR_BADHLEN] = {"ipintr-badhlen",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the header length is below the minimum or beyond the packet",
        "decoder.ipv4.hlen_too_small decoder.ipv6.trunc_exthdr",
        "ip.bogus_header_length"},
    [EVENT_IPINTR_BADSUM] = {"ipintr-badsum",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the IPv4 header checksum is wrong",
        NULL,
        "ip.checksum_bad.expert"},
    [EVENT_IPINTR_BADLEN] = {"ipintr-badlen",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the total length does not even cover the headers",
        "decoder.ipv4.iplen_smaller_than_hlen decoder.ipv6.trunc_exthdr",
        "ip.bogus_ip_length ipv6.opt.jumbo.missing ipv6.opt.jumbo.truncated"},
    [EVENT_IPINTR_BADMBLK] = {"ipintr-badmblk",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "the packet is shorter than its header says",
        "decoder.ipv4.trunc_pkt decoder.ipv6.trunc_pkt",
        "ip.bogus_ip_length ipv6.plen_exceeds_framing"},
    [EVENT_IP_DOOPTIONS_BADOPT] = {"ip_dooptions-badopt",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_NO_FILTER, false,
        "an IP option has a wrong length, pointer, place or type",
        "decoder.ipv4.opt_invalid_len decoder.ipv4.opt_malformed "
        "decoder.ipv4.opt_eol_required decoder.ipv6.exthdr_invalid_optlen "
        "decoder.ipv6.hopopts_unknown_opt decoder.ipv6.dstopts_unknown_opt",
        "ip.opt.len.invalid ip.opt.ptr.before_address ip.opt.ptr.middle_address "
        "ipv6.opt.invalid_len ipv6.opt.jumbo.prohibited ipv6.opt.jumbo.fragment "
        "ipv6.opt.header_mismatch ipv6.hopopts.not_first"},
    [EVENT_IP_FORWARD_BADADDR] = {"ip_forward-badaddr",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, false,
        "the destination address must not be on a wire", NULL, NULL},
    [EVENT_IP_OUTPUT_BADADDR] = {"ip_output-badaddr",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, false,
        "a packet of the capturing host could not reach its destination", NULL, NULL},
    [EVENT_IP_OUTPUT_BADADDRTYPE] = {"ip_output-badaddrtype",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "TCP is sent to a multicast or broadcast address", NULL, NULL},
    [EVENT_IP_OUTPUT_BADSIZE] = {"ip_output-badsize",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "a packet was too large for a link and could not be fragmented", NULL, NULL},
    [EVENT_IP_OUTPUT_SHORTMSG] = {"ip_output-shortmsg",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, false,
        "a link's MTU, or a fragment, leaves less than 8 bytes for data", NULL, NULL},
    [EVENT_RTREDIRECT_ERROR] = {"rtredirect-error",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, false,
        "an ICMP redirect names an impossible gateway", NULL, NULL},
    [EVENT_TCP_INPUT_BADSUM] = {"tcp_input-badsum",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, false,
        "the TCP checksum is wrong",
        NULL,
        "tcp.checksum_bad.expert"},
    [EVENT_TCP_INPUT_BADHLEN] = {"tcp_input-badhlen",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, false,
        "the TCP header length is below 20 bytes or beyond the segment",
        "decoder.tcp.hlen_too_small decoder.tcp.invalid_optlen",
        "tcp.bogus_header_length tcp.short_segment"},
    [EVENT_UDP_INPUT_BADLEN] = {"udp_input-badlen",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "the UDP length is below 8 bytes or beyond the packet",
        "decoder.udp.pkt_too_small decoder.udp.hlen_too_small decoder.udp.hlen_invalid "
        "decoder.udp.len_invalid",
        "udp.length.bad udp.length.bad_zero"},
    [EVENT_UDP_INPUT_BADSUM] = {"udp_input-badsum",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "the UDP checksum is wrong",
        NULL,
        "udp.checksum.bad"},
    [EVENT_TCP_INPUT_SHORTMSG] = {"tcp_input-shortmsg",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "the packet is shorter than a TCP header",
        "decoder.tcp.pkt_too_small",
        NULL},
    [EVENT_TCP_INPUT_BADFLAGS] = {"tcp_input-badflags",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "TCP flags that no stack sends together", NULL, NULL},
    [EVENT_TCP_INPUT_BADOPT] = {"tcp_input-badopt",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "a TCP option has a wrong length",
        "decoder.tcp.opt_invalid_len",
        "tcp.option.len.invalid"},
    [EVENT_TCP_INPUT_DUPOPT] = {"tcp_input-dupopt",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS | NETWORK_EVENT_BY_PORT, true,
        "a TCP option occurs twice",
        "decoder.tcp.opt_duplicate",
        NULL},
    [EVENT_ICMP_INPUT_BADTYPE] = {"icmp_input-badtype",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an ICMP type that nobody has defined, or is meant for experiments",
        "decoder.icmpv4.unknown_type decoder.icmpv6.unknown_type "
        "decoder.icmpv6.unassigned_type decoder.icmpv6.experimentation_type",
        "icmpv6.undecoded.type"},
    [EVENT_ICMP_INPUT_BADCODE] = {"icmp_input-badcode",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an ICMP code that its type does not have",
        "decoder.icmpv4.unknown_code decoder.icmpv6.unknown_code",
        NULL},
    [EVENT_ICMP_INPUT_BADHLIM] = {"icmp_input-badhlim",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "neighbour discovery or MLD with a hop limit that shows it was forwarded or forged",
        "decoder.icmpv6.mld_message_with_invalid_hl",
        NULL},
    [EVENT_ICMP_INPUT_BADQUOTE] = {"icmp_input-badquote",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an ICMP error quotes something that is not an IP packet of its own version",
        "decoder.icmpv4.ipv4_unknown_ver decoder.icmpv6.ipv6_unknown_version",
        NULL},
    [EVENT_IP_OUTPUT_BADMTU] = {"ip_output-badmtu",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an ICMP error tells an MTU below the minimum that every link has", NULL, NULL},
    [EVENT_IPINTR_BADSRC] = {"ipintr-badsrc",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "the source address is a multicast, broadcast or reserved one", NULL, NULL},
    [EVENT_IPINTR_LAND] = {"ipintr-land",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT, NETWORK_EVENT_BY_ADDRESS, true,
        "source and destination are the same address, off the loopback", NULL, NULL},
    [EVENT_IPINTR_BADTTL] = {"ipintr-badttl",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "TTL or hop limit 0 on a wire",
        NULL,
        "ip.ttl.too_small"},
    [EVENT_IPINTR_BADFLAG] = {"ipintr-badflag",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "the reserved flag of the IPv4 header is set",
        NULL,
        "ip.evil_packet"},
    [EVENT_IPINTR_BADPROTO] = {"ipintr-badproto",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a protocol number that is unassigned or belongs to the other IP version",
        "decoder.ipv4.icmpv6 decoder.ipv4.unknown_protocol decoder.ipv6.icmpv4 "
        "decoder.ipv6.unknown_next_header",
        NULL},
    [EVENT_IP_REASS_TOOBIG] = {"ip_reass-toobig",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a fragment ends beyond 65535 bytes",
        "decoder.ipv4.frag_pkt_too_large decoder.ipv6.frag_pkt_too_large",
        NULL},
    [EVENT_IP_REASS_BADLEN] = {"ip_reass-badlen",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a fragment other than the last has a length that is no multiple of 8",
        "decoder.ipv6.frag_invalid_length",
        NULL},
    [EVENT_IP_REASS_TINYFRAG] = {"ip_reass-tinyfrag",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a first fragment too short for the transport header", NULL, NULL},
    [EVENT_IP_REASS_OVERLAP] = {"ip_reass-overlap",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a fragment that would overwrite the TCP header of the first one", NULL, NULL},
    [EVENT_IP_REASS_DF] = {"ip_reass-df",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a fragment with the don't fragment flag", NULL, NULL},
    [EVENT_IP_DOOPTIONS_UNKNOWNOPT] = {"ip_dooptions-unknownopt",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an IPv4 option that nobody has defined",
        "decoder.ipv4.opt_invalid decoder.ipv4.opt_unknown",
        NULL},
    [EVENT_IP_DOOPTIONS_DUPOPT] = {"ip_dooptions-dupopt",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an IPv4 option occurs twice",
        "decoder.ipv4.opt_duplicate",
        NULL},
    [EVENT_IP_DOOPTIONS_NOEOL] = {"ip_dooptions-noeol",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "bytes other than zero behind the end of the IPv4 options", NULL, NULL},
    [EVENT_IP6_INPUT_DUPHDR] = {"ip6_input-duphdr",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an IPv6 extension header occurs more often than it may",
        "decoder.ipv6.exthdr_dupl_fh decoder.ipv6.exthdr_dupl_rh decoder.ipv6.exthdr_dupl_hh "
        "decoder.ipv6.exthdr_dupl_dh decoder.ipv6.exthdr_dupl_ah",
        NULL},
    [EVENT_IP6_INPUT_HDRORDER] = {"ip6_input-hdrorder",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "IPv6 extension headers stand in an unusual order", NULL, NULL},
    [EVENT_IP6_INPUT_USELESSFRAG] = {"ip6_input-uselessfrag",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a fragment header on a packet that is whole",
        "decoder.ipv6.exthdr_useless_fh",
        NULL},
    [EVENT_IP6_INPUT_BADRESERVED] = {"ip6_input-badreserved",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "a reserved field of an extension header is not zero",
        "decoder.ipv6.exthdr_ah_res_not_null decoder.ipv6.fh_non_zero_reserved_field",
        NULL},
    [EVENT_IP6_INPUT_RH0] = {"ip6_input-rh0",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "routing header type 0, which is deprecated as dangerous",
        "decoder.ipv6.rh_type_0",
        "ipv6.routing.deprecated"},
    [EVENT_IP6_INPUT_NONEXTDATA] = {"ip6_input-nonextdata",
        NETWORK_EVENT_WARNING, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "data behind a header that says nothing follows",
        "decoder.ipv6.data_after_none_header",
        NULL},
    [EVENT_IP6_INPUT_UNKNOWNOPT] = {"ip6_input-unknownopt",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an IPv6 option that nobody has defined, to be passed over",
        "decoder.ipv6.hopopts_unknown_opt decoder.ipv6.dstopts_unknown_opt",
        "ipv6.opt.unknown_data.expert"},
    [EVENT_IP6_INPUT_ONLYPAD] = {"ip6_input-onlypad",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "an options header with nothing but padding in it",
        "decoder.ipv6.hopopts_only_padding decoder.ipv6.dstopts_only_padding",
        NULL},
    [EVENT_IP6_INPUT_BADPAD] = {"ip6_input-badpad",
        NETWORK_EVENT_NOTICE, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET, NETWORK_EVENT_BY_ADDRESS, true,
        "padding that is longer than it may be, or not zero", NULL, NULL},

    {"ifpromisc-ifdown",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "promiscuous mode was asked of an interface that is down", NULL, NULL},
    {"ether_output-ifdown",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "the interface that is captured from went down or away", NULL, NULL},
    {"soreceive-error",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "receiving from a capture socket failed", NULL, NULL},
    {"ifioctl-badifname",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "there is no such interface", NULL, NULL},
    {"in_control-noifdata",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "the interface has no such address", NULL, NULL},
    {"in_pcbbind-badaddr",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "the address is not one of this machine", NULL, NULL},
    {"in_pcbbind-noaddr",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP, NETWORK_EVENT_NO_FILTER, false,
        "no interface has an address", NULL, NULL},

    {"arpioctl-noentry",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a request names an address that the ARP table lacks", NULL, NULL},
    {"ether_output-nomem",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "no memory or queue space to send a frame", NULL, NULL},
    {"rtalloc1-miss",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "the routing table has no entry for an address", NULL, NULL},
    {"rtrequest-error",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a change of the routing table failed", NULL, NULL},
    {"route_output-error",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a message to a routing socket failed", NULL, NULL},
    {"tcp_ctloutput-nopcb",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a TCP socket option was asked of a connection that is gone", NULL, NULL},
    {"tcp_attach-nopcbmem",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "no memory for a new TCP connection", NULL, NULL},
    {"sosend-error",
        NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "sending on a socket failed", NULL, NULL},
    {"in_pcbbind-badsock",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a socket was to be bound that is bound already", NULL, NULL},
    {"in_pcbbind-badaddrlen",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a socket was to be bound with an address of a wrong size", NULL, NULL},
    {"in_pcbbind-badport",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a socket was to be bound to a port that is in use", NULL, NULL},
    {"in_pcbladdr-badaddr",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a connection was asked with an address of a wrong size or family", NULL, NULL},
    {"in_pcbladdr-badif",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "no interface can serve as the source of a connection", NULL, NULL},
    {"in_pcbconnect-badaddr",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a connection with the same addresses and ports exists", NULL, NULL},
    {"ifioctl-noproto",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "an interface request came through a socket without a protocol", NULL, NULL},
    {"arpioctl-badreq",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "an ARP request has a wrong address family", NULL, NULL},
    {"ether_output-afnotsupp",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a frame was to be sent for an address family that is not supported", NULL, NULL},
    {"in_control-badflags",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "an address was to be set that the interface's type does not have", NULL, NULL},
    {"ip_mrouter_cmd-notinit",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a multicast routing command came before the start of multicast routing", NULL, NULL},
    {"ip_mrouter_cmd-badcmd",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "an unknown multicast routing command", NULL, NULL},
    {"add_vif-badindex",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a virtual interface was to be added with a number out of range", NULL, NULL},
    {"add_vif-badentry",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a virtual interface was to be added where there is one", NULL, NULL},
    {"add_vif-badaddr",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a virtual interface was to be added with an unknown address", NULL, NULL},
    {"add_vif-badif",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a virtual interface was to be added on a device without multicast", NULL, NULL},
    {"del_vif-badindex",
        NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST, NETWORK_EVENT_NO_FILTER, false,
        "a virtual interface was to be removed with a number out of range", NULL, NULL},
};
/* clang-format on */

static const char *const level_names[] = {
    [NETWORK_EVENT_EMERGENCY] = "EMERGENCY", [NETWORK_EVENT_ALERT] = "ALERT",
    [NETWORK_EVENT_CRITICAL] = "CRITICAL",   [NETWORK_EVENT_ERROR] = "ERROR",
    [NETWORK_EVENT_WARNING] = "WARNING",     [NETWORK_EVENT_NOTICE] = "NOTICE",
    [NETWORK_EVENT_INFO] = "INFO",           [NETWORK_EVENT_VERBOSE] = "VERBOSE",
};

const struct network_event *network_events(size_t *count)
{
    *count = sizeof dictionary / sizeof *dictionary;
    return dictionary;
}

const char *network_event_level_name(enum network_event_level level)
{
    return level_names[level];
}

const char *network_event_class_name(enum network_event_class class)
{
    return class == NETWORK_EVENT_CORE ? "core" : "aux";
}

void event_raise(struct event_search *search, enum network_event_id id, uint32_t offset,
                 uint32_t length)
{
    const uint32_t captured = search->packet->captured_length;

    if (search->count == NETWORK_EVENTS_MAX)
        return;
    offset = offset < captured ? offset : captured;
    search->found[search->count++] = (struct network_event_found){
        .id = id,
        .offset = offset,
        .length = length < captured - offset ? length : captured - offset,
    };
}

/* The rules of what the header, captured whole, carries, by protocol number. */
static void find_in_payload(struct event_search *search)
{
    static void (*const rules[UINT8_MAX + 1])(struct event_search *) = {
        [IP_PROTOCOL_ICMP] = event_rules_icmp,
        [IP_PROTOCOL_IGMP] = event_rules_igmp,
        [IP_PROTOCOL_TCP] = event_rules_tcp,
        [IP_PROTOCOL_UDP] = event_rules_udp,
        [IP_PROTOCOL_ICMPV6] = event_rules_icmpv6,
    };
    const struct ip_packet *packet = search->packet;

    if (!packet->later_fragment && rules[packet->protocol])
        rules[packet->protocol](search);
}

size_t network_events_find(const struct ip_packet *packet,
                           const struct network_event_context *context,
                           struct network_event_found found[NETWORK_EVENTS_MAX])
{
    struct event_search search = {.packet = packet, .context = context, .found = found};
    const bool announced =
        context->expected_version == 0 || context->expected_version == packet->version;
    bool usable = false;

    if (packet->captured_length == 0)
        return 0;
    if (packet->wire_length < IPV4_HEADER_MIN)
        event_raise(&search, EVENT_IPINTR_SHORTMSG, 0, 1);
    else if (packet->version == 4 && announced)
        usable = event_rules_ipv4(&search);
    else if (packet->version == 6 && announced)
        usable = event_rules_ipv6(&search);
    else
        event_raise(&search, EVENT_IPINTR_BADVERS, 0, 1);
    if (usable)
        find_in_payload(&search);
    return search.count;
}
