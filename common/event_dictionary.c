/*
 * The dictionary: one table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_dictionary.h"

#include <string.h>

/* What a row leaves out: class core, shown by the packet, of the specification, no counterpart. */
/* clang-format off */
static const struct network_event dictionary[] = {
    /* raised by the rules */
    [EVENT_ICMP_ERROR_START_QUENCH] = {
        .name = "icmp_error-start", .level = NETWORK_EVENT_EMERGENCY,
        .meaning = "a host or router asks the sender to slow down (ICMP source quench)",
    },
    [EVENT_ICMP_ERROR_START] = {
        .name = "icmp_error-start", .level = NETWORK_EVENT_CRITICAL, .is_socket_error = true,
        .meaning = "a host or router reports that it could not handle a packet",
    },
    [EVENT_ICMP_ERROR_START_TRACEROUTE] = {
        .name = "icmp_error-start", .level = NETWORK_EVENT_NOTICE, .is_socket_error = true,
        .sign = NETWORK_EVENT_CONTEXT, .own = true,
        .meaning = "a router answers a traceroute, whose packets are to expire on the way",
    },
    [EVENT_ETHER_OUTPUT_NOROUTE] = {
        .name = "ether_output-noroute", .level = NETWORK_EVENT_CRITICAL,
        .sign = NETWORK_EVENT_CONTEXT, .is_socket_error = true,
        .meaning = "the capturing host has no route for a packet and reports that",
    },
    [EVENT_ETHER_OUTPUT_RTREJECT] = {
        .name = "ether_output-rtreject", .level = NETWORK_EVENT_CRITICAL,
        .sign = NETWORK_EVENT_CONTEXT, .is_socket_error = true,
        .meaning = "the capturing host got no ARP/ND answer from a neighbour",
    },
    [EVENT_IGMP_INPUT_SHORTMSG] = {
        .name = "igmp_input-shortmsg", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "an IGMP or MLD message is shorter than its type and records need",
        .suricata = "decoder.igmp.pkt_too_small decoder.igmp.v3_pkt_too_small "
                    "decoder.igmp.malformed",
    },
    [EVENT_IGMP_INPUT_BADSUM] = {
        .name = "igmp_input-badsum", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the checksum of an IGMP or MLD message is wrong",
        .wireshark = "igmp.bad_checksum icmpv6.checksum_bad.expert",
    },
    [EVENT_ICMP_INPUT_SHORTMSG] = {
        .name = "icmp_input-shortmsg", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "an ICMP message is shorter than its type needs",
        .suricata = "decoder.icmpv4.pkt_too_small decoder.icmpv6.pkt_too_small",
    },
    [EVENT_ICMP_INPUT_BADSUM] = {
        .name = "icmp_input-badsum", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the checksum of an ICMP message is wrong",
        .wireshark = "icmp.checksum_bad icmpv6.checksum_bad.expert",
    },
    [EVENT_ICMP_INPUT_BADLEN] = {
        .name = "icmp_input-badlen", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "an ICMP error quotes too little of the packet it is about",
        .suricata = "decoder.icmpv4.ipv4_trunc_pkt decoder.icmpv6.ipv6_trunc_pkt",
    },
    [EVENT_IPINTR_SHORTMSG] = {
        .name = "ipintr-shortmsg", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the packet is shorter than an IP header",
        .suricata = "decoder.ipv4.pkt_too_small decoder.ipv6.pkt_too_small "
                    "decoder.ipv6.ipv4_in_ipv6_too_small decoder.ipv6.ipv6_in_ipv6_too_small",
        .wireshark = "ipv6.invalid_header",
    },
    [EVENT_IPINTR_BADVERS] = {
        .name = "ipintr-badvers", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the IP version is not the one that was announced, or unknown",
        .suricata = "decoder.ipv4.wrong_ip_version decoder.ipv6.wrong_ip_version "
                    "decoder.ipv6.ipv4_in_ipv6_wrong_version "
                    "decoder.ipv6.ipv6_in_ipv6_wrong_version "
                    "decoder.ipraw.invalid_ip_version",
        .wireshark = "ip.bogus_ip_version ipv6.bogus_ipv6_version",
    },
    [EVENT_IPINTR_BADHLEN] = {
        .name = "ipintr-badhlen", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the header length is below the minimum or beyond the packet",
        .suricata = "decoder.ipv4.hlen_too_small decoder.ipv6.trunc_exthdr",
        .wireshark = "ip.bogus_header_length",
    },
    [EVENT_IPINTR_BADSUM] = {
        .name = "ipintr-badsum", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the IPv4 header checksum is wrong",
        .wireshark = "ip.checksum_bad.expert",
    },
    [EVENT_IPINTR_BADLEN] = {
        .name = "ipintr-badlen", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the total length does not even cover the headers",
        .suricata = "decoder.ipv4.iplen_smaller_than_hlen decoder.ipv6.trunc_exthdr",
        .wireshark = "ip.bogus_ip_length ipv6.opt.jumbo.missing ipv6.opt.jumbo.truncated",
    },
    [EVENT_IPINTR_BADMBLK] = {
        .name = "ipintr-badmblk", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the packet is shorter than its header says",
        .suricata = "decoder.ipv4.trunc_pkt decoder.ipv6.trunc_pkt",
        .wireshark = "ip.bogus_ip_length ipv6.plen_exceeds_framing",
    },
    [EVENT_IP_DOOPTIONS_BADOPT] = {
        .name = "ip_dooptions-badopt", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "an IP option has a wrong length, pointer, place or type",
        .suricata = "decoder.ipv4.opt_invalid_len decoder.ipv4.opt_malformed "
                    "decoder.ipv4.opt_eol_required decoder.ipv6.exthdr_invalid_optlen "
                    "decoder.ipv6.hopopts_unknown_opt decoder.ipv6.dstopts_unknown_opt",
        .wireshark = "ip.opt.len.invalid ip.opt.ptr.before_address ip.opt.ptr.middle_address "
                     "ipv6.opt.invalid_len ipv6.opt.jumbo.prohibited ipv6.opt.jumbo.fragment "
                     "ipv6.opt.header_mismatch ipv6.hopopts.not_first",
    },
    [EVENT_IP_FORWARD_BADADDR] = {
        .name = "ip_forward-badaddr", .level = NETWORK_EVENT_CRITICAL,
        .sign = NETWORK_EVENT_CONTEXT,
        .meaning = "the destination address must not be on a wire",
    },
    [EVENT_IP_OUTPUT_BADADDR] = {
        .name = "ip_output-badaddr", .level = NETWORK_EVENT_CRITICAL, .sign = NETWORK_EVENT_CONTEXT,
        .is_socket_error = true,
        .meaning = "a packet of the capturing host could not reach its destination",
    },
    [EVENT_IP_OUTPUT_BADADDRTYPE] = {
        .name = "ip_output-badaddrtype", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "TCP is sent to a multicast or broadcast address",
    },
    [EVENT_IP_OUTPUT_BADSIZE] = {
        .name = "ip_output-badsize", .level = NETWORK_EVENT_CRITICAL, .is_socket_error = true,
        .meaning = "a packet was too large for a link and could not be fragmented",
    },
    [EVENT_IP_OUTPUT_SHORTMSG] = {
        .name = "ip_output-shortmsg", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "a link's MTU, or a fragment, leaves less than 8 bytes for data",
    },
    [EVENT_RTREDIRECT_ERROR] = {
        .name = "rtredirect-error", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_CONTEXT,
        .meaning = "an ICMP redirect names an impossible gateway",
    },
    [EVENT_TCP_INPUT_BADSUM] = {
        .name = "tcp_input-badsum", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the TCP checksum is wrong",
        .wireshark = "tcp.checksum_bad.expert",
    },
    [EVENT_TCP_INPUT_BADHLEN] = {
        .name = "tcp_input-badhlen", .level = NETWORK_EVENT_CRITICAL,
        .meaning = "the TCP header length is below 20 bytes or beyond the segment",
        .suricata = "decoder.tcp.hlen_too_small decoder.tcp.invalid_optlen",
        .wireshark = "tcp.bogus_header_length tcp.short_segment",
    },
    [EVENT_UDP_INPUT_BADLEN] = {
        .name = "udp_input-badlen", .level = NETWORK_EVENT_CRITICAL, .own = true,
        .meaning = "the UDP length is below 8 bytes or beyond the packet",
        .suricata = "decoder.udp.pkt_too_small decoder.udp.hlen_too_small decoder.udp.hlen_invalid "
                    "decoder.udp.len_invalid",
        .wireshark = "udp.length.bad udp.length.bad_zero",
    },
    [EVENT_UDP_INPUT_BADSUM] = {
        .name = "udp_input-badsum", .level = NETWORK_EVENT_CRITICAL, .own = true,
        .meaning = "the UDP checksum is wrong",
        .wireshark = "udp.checksum.bad",
    },
    [EVENT_TCP_INPUT_SHORTMSG] = {
        .name = "tcp_input-shortmsg", .level = NETWORK_EVENT_CRITICAL, .own = true,
        .meaning = "the packet is shorter than a TCP header",
        .suricata = "decoder.tcp.pkt_too_small",
    },
    [EVENT_TCP_INPUT_BADFLAGS] = {
        .name = "tcp_input-badflags", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "TCP flags that no stack sends together",
    },
    [EVENT_TCP_INPUT_BADOPT] = {
        .name = "tcp_input-badopt", .level = NETWORK_EVENT_ERROR, .own = true,
        .meaning = "a TCP option has a wrong length",
        .suricata = "decoder.tcp.opt_invalid_len",
        .wireshark = "tcp.option.len.invalid",
    },
    [EVENT_TCP_INPUT_DUPOPT] = {
        .name = "tcp_input-dupopt", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "a TCP option occurs twice",
        .suricata = "decoder.tcp.opt_duplicate",
    },
    [EVENT_TCP_INPUT_NOEOL] = {
        .name = "tcp_input-noeol", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "bytes other than zero behind the end of the TCP options",
        .wireshark = "tcp.non_zero_bytes_after_eol",
    },
    [EVENT_TCP_INPUT_BADSCALE] = {
        .name = "tcp_input-badscale", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "a TCP window scale above 14, which is read as 14",
        .wireshark = "tcp.options.wscale.shift.invalid",
    },
    [EVENT_TCP_INPUT_BADACK] = {
        .name = "tcp_input-badack", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "a TCP acknowledgment number without the flag that makes it count",
        .wireshark = "tcp.ack.nonzero",
    },
    [EVENT_TCP_INPUT_BADURP] = {
        .name = "tcp_input-badurp", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "a TCP urgent pointer without the flag that makes it count",
        .wireshark = "tcp.urgent_pointer.non_zero",
    },
    [EVENT_ICMP_INPUT_BADTYPE] = {
        .name = "icmp_input-badtype", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "an ICMP type that nobody has defined, or is meant for experiments",
        .suricata = "decoder.icmpv4.unknown_type decoder.icmpv6.unknown_type "
                    "decoder.icmpv6.unassigned_type decoder.icmpv6.experimentation_type",
        .wireshark = "icmpv6.undecoded.type",
    },
    [EVENT_ICMP_INPUT_BADCODE] = {
        .name = "icmp_input-badcode", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "an ICMP code that its type does not have",
        .suricata = "decoder.icmpv4.unknown_code decoder.icmpv6.unknown_code",
    },
    [EVENT_ICMP_INPUT_BADHLIM] = {
        .name = "icmp_input-badhlim", .level = NETWORK_EVENT_ERROR, .own = true,
        .meaning = "neighbour discovery or MLD with a hop limit that shows it was forwarded or "
                   "forged",
        .suricata = "decoder.icmpv6.mld_message_with_invalid_hl",
    },
    [EVENT_ICMP_INPUT_BADQUOTE] = {
        .name = "icmp_input-badquote", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "an ICMP error quotes something that is not an IP packet of its own version",
        .suricata = "decoder.icmpv4.ipv4_unknown_ver decoder.icmpv6.ipv6_unknown_version",
    },
    [EVENT_ICMP_INPUT_BADEXTSUM] = {
        .name = "icmp_input-badextsum", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "the checksum of the extensions of an ICMP error is wrong",
        .wireshark = "icmp.ext.checksum_bad",
    },
    [EVENT_IP_OUTPUT_BADMTU] = {
        .name = "ip_output-badmtu", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "an ICMP error reports an MTU below the minimum of every link",
    },
    [EVENT_IPINTR_BADSRC] = {
        .name = "ipintr-badsrc", .level = NETWORK_EVENT_ERROR, .own = true,
        .meaning = "the source address is a multicast, broadcast or reserved one",
    },
    [EVENT_IPINTR_LAND] = {
        .name = "ipintr-land", .level = NETWORK_EVENT_WARNING,
        .sign = NETWORK_EVENT_CONTEXT, .own = true,
        .meaning = "source and destination are the same address, not on the loopback",
    },
    [EVENT_IPINTR_BADTTL] = {
        .name = "ipintr-badttl", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "TTL or hop limit 0 on a wire",
        .wireshark = "ip.ttl.too_small",
    },
    [EVENT_IPINTR_BADFLAG] = {
        .name = "ipintr-badflag", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "the reserved flag of the IPv4 header is set",
        .wireshark = "ip.evil_packet",
    },
    [EVENT_IPINTR_BADPROTO] = {
        .name = "ipintr-badproto", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "a protocol number that is unassigned or belongs to the other IP version",
        .suricata = "decoder.ipv4.icmpv6 decoder.ipv4.unknown_protocol decoder.ipv6.icmpv4 "
                    "decoder.ipv6.unknown_next_header",
    },
    [EVENT_IPINTR_TRAILER] = {
        .name = "ipintr-trailer", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "more than 60 bytes of the frame follow the datagram",
    },
    [EVENT_IP_REASS_TOOBIG] = {
        .name = "ip_reass-toobig", .level = NETWORK_EVENT_CRITICAL, .own = true,
        .meaning = "a fragment ends beyond 65535 bytes",
        .suricata = "decoder.ipv4.frag_pkt_too_large decoder.ipv6.frag_pkt_too_large",
    },
    [EVENT_IP_REASS_BADLEN] = {
        .name = "ip_reass-badlen", .level = NETWORK_EVENT_ERROR, .own = true,
        .meaning = "a fragment other than the last has a length that is no multiple of 8",
        .suricata = "decoder.ipv6.frag_invalid_length",
    },
    [EVENT_IP_REASS_TINYFRAG] = {
        .name = "ip_reass-tinyfrag", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "a first fragment too short for the transport header",
    },
    [EVENT_IP_REASS_OVERLAP] = {
        .name = "ip_reass-overlap", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "a fragment that would overwrite the TCP header of the first one",
    },
    [EVENT_IP_REASS_DF] = {
        .name = "ip_reass-df", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "a fragment with the don't fragment flag",
    },
    [EVENT_IP_DOOPTIONS_UNKNOWNOPT] = {
        .name = "ip_dooptions-unknownopt", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "an IPv4 option that nobody has defined",
        .suricata = "decoder.ipv4.opt_invalid decoder.ipv4.opt_unknown",
    },
    [EVENT_IP_DOOPTIONS_DUPOPT] = {
        .name = "ip_dooptions-dupopt", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "an IPv4 option occurs twice",
        .suricata = "decoder.ipv4.opt_duplicate",
    },
    [EVENT_IP_DOOPTIONS_NOEOL] = {
        .name = "ip_dooptions-noeol", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "bytes other than zero behind the end of the IPv4 options",
    },
    [EVENT_IP_DOOPTIONS_NOPS] = {
        .name = "ip_dooptions-nops", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "four no-operation bytes where an IPv4 option may have been wiped out",
        .wireshark = "ip.nop",
    },
    [EVENT_IP6_INPUT_DUPHDR] = {
        .name = "ip6_input-duphdr", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "an IPv6 extension header occurs more often than it may",
        .suricata = "decoder.ipv6.exthdr_dupl_fh decoder.ipv6.exthdr_dupl_rh "
                    "decoder.ipv6.exthdr_dupl_hh decoder.ipv6.exthdr_dupl_dh "
                    "decoder.ipv6.exthdr_dupl_ah",
    },
    [EVENT_IP6_INPUT_HDRORDER] = {
        .name = "ip6_input-hdrorder", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "IPv6 extension headers stand in an unusual order",
    },
    [EVENT_IP6_INPUT_USELESSFRAG] = {
        .name = "ip6_input-uselessfrag", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "a fragment header on a packet that is whole",
        .suricata = "decoder.ipv6.exthdr_useless_fh",
    },
    [EVENT_IP6_INPUT_BADRESERVED] = {
        .name = "ip6_input-badreserved", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "a reserved field of an extension header is not zero",
        .suricata = "decoder.ipv6.exthdr_ah_res_not_null decoder.ipv6.fh_non_zero_reserved_field",
    },
    [EVENT_IP6_INPUT_RH0] = {
        .name = "ip6_input-rh0", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "routing header type 0, which is deprecated as dangerous",
        .suricata = "decoder.ipv6.rh_type_0",
        .wireshark = "ipv6.routing.deprecated",
    },
    [EVENT_IP6_INPUT_NONEXTDATA] = {
        .name = "ip6_input-nonextdata", .level = NETWORK_EVENT_WARNING, .own = true,
        .meaning = "data behind a header that says nothing follows",
        .suricata = "decoder.ipv6.data_after_none_header",
    },
    [EVENT_IP6_INPUT_UNKNOWNOPT] = {
        .name = "ip6_input-unknownopt", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "an IPv6 option that nobody has defined, to be passed over",
        .suricata = "decoder.ipv6.hopopts_unknown_opt decoder.ipv6.dstopts_unknown_opt",
        .wireshark = "ipv6.opt.unknown_data.expert",
    },
    [EVENT_IP6_INPUT_ONLYPAD] = {
        .name = "ip6_input-onlypad", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "an options header with nothing but padding in it",
        .suricata = "decoder.ipv6.hopopts_only_padding decoder.ipv6.dstopts_only_padding",
    },
    [EVENT_IP6_INPUT_BADPAD] = {
        .name = "ip6_input-badpad", .level = NETWORK_EVENT_NOTICE, .own = true,
        .meaning = "padding that is longer than it may be, or not zero",
    },

    /* reported by ipmon while it captures */
    [EVENT_IFPROMISC_IFDOWN] = {
        .name = "ifpromisc-ifdown", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "promiscuous mode was requested for an interface that is down",
    },
    [EVENT_ETHER_OUTPUT_IFDOWN] = {
        .name = "ether_output-ifdown", .level = NETWORK_EVENT_CRITICAL,
        .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "the interface that is captured from went down or away",
    },
    [EVENT_SORECEIVE_ERROR] = {
        .name = "soreceive-error", .level = NETWORK_EVENT_CRITICAL, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "receiving from a capture socket failed",
    },
    [EVENT_IFIOCTL_BADIFNAME] = {
        .name = "ifioctl-badifname", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "there is no such interface",
    },
    [EVENT_IN_CONTROL_NOIFDATA] = {
        .name = "in_control-noifdata", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "the interface has no such address",
    },
    [EVENT_IN_PCBBIND_BADADDR] = {
        .name = "in_pcbbind-badaddr", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "the address is not one of this machine",
    },
    [EVENT_IN_PCBBIND_NOADDR] = {
        .name = "in_pcbbind-noaddr", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_EXTCAP,
        .meaning = "no interface has an address",
    },

    /* visible only inside a stack */
    {
        .name = "arpioctl-noentry", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a request names an address that the ARP table lacks",
    },
    {
        .name = "ether_output-nomem", .level = NETWORK_EVENT_CRITICAL, .sign = NETWORK_EVENT_HOST,
        .meaning = "no memory or queue space to send a frame",
    },
    {
        .name = "rtalloc1-miss", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "the routing table has no entry for an address",
    },
    {
        .name = "rtrequest-error", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a change of the routing table failed",
    },
    {
        .name = "route_output-error", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a message to a routing socket failed",
    },
    {
        .name = "tcp_ctloutput-nopcb", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a TCP socket option was requested for a connection that is gone",
    },
    {
        .name = "tcp_attach-nopcbmem", .level = NETWORK_EVENT_CRITICAL,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "no memory for a new TCP connection",
    },
    {
        .name = "sosend-error", .level = NETWORK_EVENT_CRITICAL, .sign = NETWORK_EVENT_HOST,
        .meaning = "sending on a socket failed",
    },
    {
        .name = "in_pcbbind-badsock", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "bind was called for a socket that is already bound",
    },
    {
        .name = "in_pcbbind-badaddrlen", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "bind was called with an address of a wrong size",
    },
    {
        .name = "in_pcbbind-badport", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "bind was called with a port that is in use",
    },
    {
        .name = "in_pcbladdr-badaddr", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "connect was called with an address of a wrong size or family",
    },
    {
        .name = "in_pcbladdr-badif", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "no interface can serve as the source of a connection",
    },
    {
        .name = "in_pcbconnect-badaddr", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a connection with the same addresses and ports exists",
    },
    {
        .name = "ifioctl-noproto", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "an interface request came through a socket without a protocol",
    },
    {
        .name = "arpioctl-badreq", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "an ARP request has a wrong address family",
    },
    {
        .name = "ether_output-afnotsupp", .level = NETWORK_EVENT_ERROR, .sign = NETWORK_EVENT_HOST,
        .meaning = "a frame was to be sent for an address family that is not supported",
    },
    {
        .name = "in_control-badflags", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "an address was to be set that the interface's type does not have",
    },
    {
        .name = "ip_mrouter_cmd-notinit", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a multicast routing command came before the start of multicast routing",
    },
    {
        .name = "ip_mrouter_cmd-badcmd", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "an unknown multicast routing command",
    },
    {
        .name = "add_vif-badindex", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a virtual interface was to be added with a number out of range",
    },
    {
        .name = "add_vif-badentry", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a virtual interface was to be added where there is one",
    },
    {
        .name = "add_vif-badaddr", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a virtual interface was to be added with an unknown address",
    },
    {
        .name = "add_vif-badif", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a virtual interface was to be added on a device without multicast",
    },
    {
        .name = "del_vif-badindex", .level = NETWORK_EVENT_ERROR,
        .class = NETWORK_EVENT_AUX, .sign = NETWORK_EVENT_HOST,
        .meaning = "a virtual interface was to be removed with a number out of range",
    },
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

const struct network_event *network_event_of(enum network_event_id id)
{
    return &dictionary[id];
}

const struct network_event *network_event_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof dictionary / sizeof *dictionary; i++)
        if (strcmp(dictionary[i].name, name) == 0)
            return &dictionary[i];
    return NULL;
}

const char *network_event_level_name(enum network_event_level level)
{
    return level_names[level];
}

const char *network_event_class_name(enum network_event_class class)
{
    return class == NETWORK_EVENT_CORE ? "core" : "aux";
}
