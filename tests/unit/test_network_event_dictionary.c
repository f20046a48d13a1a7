/*
 * The dictionary of network events against the specification, and its counterparts in Suricata and
 * Wireshark against the names that these two have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "network_event.h"

/* Every name of the specification with its level, class and sign, by level. */
static const struct {
    const char *name;
    enum network_event_level level;
    enum network_event_class class;
    enum network_event_sign sign;
} specified[] = {
    {"icmp_error-start", NETWORK_EVENT_EMERGENCY, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"icmp_error-start", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ifpromisc-ifdown", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP},
    {"arpioctl-noentry", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"ether_output-ifdown", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_EXTCAP},
    {"ether_output-nomem", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST},
    {"ether_output-noroute", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT},
    {"ether_output-rtreject", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT},
    {"igmp_input-shortmsg", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"igmp_input-badsum", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"icmp_input-shortmsg", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"icmp_input-badsum", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"icmp_input-badlen", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-shortmsg", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-badvers", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-badhlen", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-badsum", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-badlen", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ipintr-badmblk", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ip_dooptions-badopt", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ip_forward-badaddr", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT},
    {"ip_output-badaddr", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_CONTEXT},
    {"ip_output-badaddrtype", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ip_output-badsize", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"ip_output-shortmsg", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"rtalloc1-miss", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"rtredirect-error", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_CONTEXT},
    {"rtrequest-error", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"route_output-error", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"tcp_input-badsum", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"tcp_input-badhlen", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_PACKET},
    {"tcp_ctloutput-nopcb", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"tcp_attach-nopcbmem", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"sosend-error", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST},
    {"soreceive-error", NETWORK_EVENT_CRITICAL, NETWORK_EVENT_CORE, NETWORK_EVENT_EXTCAP},
    {"ifioctl-badifname", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP},
    {"in_control-noifdata", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP},
    {"in_pcbbind-badaddr", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP},
    {"in_pcbbind-noaddr", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_EXTCAP},
    {"in_pcbbind-badsock", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"in_pcbbind-badaddrlen", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"in_pcbbind-badport", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"in_pcbladdr-badaddr", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"in_pcbladdr-badif", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"in_pcbconnect-badaddr", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"ifioctl-noproto", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"arpioctl-badreq", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"ether_output-afnotsupp", NETWORK_EVENT_ERROR, NETWORK_EVENT_CORE, NETWORK_EVENT_HOST},
    {"in_control-badflags", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"ip_mrouter_cmd-notinit", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"ip_mrouter_cmd-badcmd", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"add_vif-badindex", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"add_vif-badentry", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"add_vif-badaddr", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"add_vif-badif", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
    {"del_vif-badindex", NETWORK_EVENT_ERROR, NETWORK_EVENT_AUX, NETWORK_EVENT_HOST},
};

/* Names of the rows that a rule raises, by their ids. */
static const char *const raised[] = {
    [EVENT_ICMP_ERROR_START_QUENCH] = "icmp_error-start",
    [EVENT_ICMP_ERROR_START] = "icmp_error-start",
    [EVENT_ICMP_ERROR_START_TRACEROUTE] = "icmp_error-start",
    [EVENT_ETHER_OUTPUT_NOROUTE] = "ether_output-noroute",
    [EVENT_ETHER_OUTPUT_RTREJECT] = "ether_output-rtreject",
    [EVENT_IGMP_INPUT_SHORTMSG] = "igmp_input-shortmsg",
    [EVENT_IGMP_INPUT_BADSUM] = "igmp_input-badsum",
    [EVENT_ICMP_INPUT_SHORTMSG] = "icmp_input-shortmsg",
    [EVENT_ICMP_INPUT_BADSUM] = "icmp_input-badsum",
    [EVENT_ICMP_INPUT_BADLEN] = "icmp_input-badlen",
    [EVENT_IPINTR_SHORTMSG] = "ipintr-shortmsg",
    [EVENT_IPINTR_BADVERS] = "ipintr-badvers",
    [EVENT_IPINTR_BADHLEN] = "ipintr-badhlen",
    [EVENT_IPINTR_BADSUM] = "ipintr-badsum",
    [EVENT_IPINTR_BADLEN] = "ipintr-badlen",
    [EVENT_IPINTR_BADMBLK] = "ipintr-badmblk",
    [EVENT_IP_DOOPTIONS_BADOPT] = "ip_dooptions-badopt",
    [EVENT_IP_FORWARD_BADADDR] = "ip_forward-badaddr",
    [EVENT_IP_OUTPUT_BADADDR] = "ip_output-badaddr",
    [EVENT_IP_OUTPUT_BADADDRTYPE] = "ip_output-badaddrtype",
    [EVENT_IP_OUTPUT_BADSIZE] = "ip_output-badsize",
    [EVENT_IP_OUTPUT_SHORTMSG] = "ip_output-shortmsg",
    [EVENT_RTREDIRECT_ERROR] = "rtredirect-error",
    [EVENT_TCP_INPUT_BADSUM] = "tcp_input-badsum",
    [EVENT_TCP_INPUT_BADHLEN] = "tcp_input-badhlen",
    [EVENT_UDP_INPUT_BADLEN] = "udp_input-badlen",
    [EVENT_UDP_INPUT_BADSUM] = "udp_input-badsum",
    [EVENT_TCP_INPUT_SHORTMSG] = "tcp_input-shortmsg",
    [EVENT_TCP_INPUT_BADFLAGS] = "tcp_input-badflags",
    [EVENT_TCP_INPUT_BADOPT] = "tcp_input-badopt",
    [EVENT_TCP_INPUT_DUPOPT] = "tcp_input-dupopt",
    [EVENT_TCP_INPUT_NOEOL] = "tcp_input-noeol",
    [EVENT_TCP_INPUT_BADSCALE] = "tcp_input-badscale",
    [EVENT_TCP_INPUT_BADACK] = "tcp_input-badack",
    [EVENT_TCP_INPUT_BADURP] = "tcp_input-badurp",
    [EVENT_ICMP_INPUT_BADTYPE] = "icmp_input-badtype",
    [EVENT_ICMP_INPUT_BADCODE] = "icmp_input-badcode",
    [EVENT_ICMP_INPUT_BADHLIM] = "icmp_input-badhlim",
    [EVENT_ICMP_INPUT_BADQUOTE] = "icmp_input-badquote",
    [EVENT_ICMP_INPUT_BADEXTSUM] = "icmp_input-badextsum",
    [EVENT_IP_OUTPUT_BADMTU] = "ip_output-badmtu",
    [EVENT_IPINTR_BADSRC] = "ipintr-badsrc",
    [EVENT_IPINTR_LAND] = "ipintr-land",
    [EVENT_IPINTR_BADTTL] = "ipintr-badttl",
    [EVENT_IPINTR_BADFLAG] = "ipintr-badflag",
    [EVENT_IPINTR_BADPROTO] = "ipintr-badproto",
    [EVENT_IPINTR_TRAILER] = "ipintr-trailer",
    [EVENT_IP_REASS_TOOBIG] = "ip_reass-toobig",
    [EVENT_IP_REASS_BADLEN] = "ip_reass-badlen",
    [EVENT_IP_REASS_TINYFRAG] = "ip_reass-tinyfrag",
    [EVENT_IP_REASS_OVERLAP] = "ip_reass-overlap",
    [EVENT_IP_REASS_DF] = "ip_reass-df",
    [EVENT_IP_DOOPTIONS_UNKNOWNOPT] = "ip_dooptions-unknownopt",
    [EVENT_IP_DOOPTIONS_DUPOPT] = "ip_dooptions-dupopt",
    [EVENT_IP_DOOPTIONS_NOEOL] = "ip_dooptions-noeol",
    [EVENT_IP_DOOPTIONS_NOPS] = "ip_dooptions-nops",
    [EVENT_IP6_INPUT_DUPHDR] = "ip6_input-duphdr",
    [EVENT_IP6_INPUT_HDRORDER] = "ip6_input-hdrorder",
    [EVENT_IP6_INPUT_USELESSFRAG] = "ip6_input-uselessfrag",
    [EVENT_IP6_INPUT_BADRESERVED] = "ip6_input-badreserved",
    [EVENT_IP6_INPUT_RH0] = "ip6_input-rh0",
    [EVENT_IP6_INPUT_NONEXTDATA] = "ip6_input-nonextdata",
    [EVENT_IP6_INPUT_UNKNOWNOPT] = "ip6_input-unknownopt",
    [EVENT_IP6_INPUT_ONLYPAD] = "ip6_input-onlypad",
    [EVENT_IP6_INPUT_BADPAD] = "ip6_input-badpad",
};

/* The decoder events of Suricata for IP, ICMP, IGMP, TCP and UDP and for what delivers packets. */
static const char *const suricata[] = {
    "decoder.afpacket.trunc_pkt",
    "decoder.icmpv4.ipv4_trunc_pkt",
    "decoder.icmpv4.ipv4_unknown_ver",
    "decoder.icmpv4.pkt_too_small",
    "decoder.icmpv4.unknown_code",
    "decoder.icmpv4.unknown_type",
    "decoder.icmpv6.experimentation_type",
    "decoder.icmpv6.ipv6_trunc_pkt",
    "decoder.icmpv6.ipv6_unknown_version",
    "decoder.icmpv6.mld_message_with_invalid_hl",
    "decoder.icmpv6.pkt_too_small",
    "decoder.icmpv6.unassigned_type",
    "decoder.icmpv6.unknown_code",
    "decoder.icmpv6.unknown_type",
    "decoder.igmp.malformed",
    "decoder.igmp.pkt_too_small",
    "decoder.igmp.v3_pkt_too_small",
    "decoder.ipraw.invalid_ip_version",
    "decoder.ipv4.frag_ignored",
    "decoder.ipv4.frag_overlap",
    "decoder.ipv4.frag_pkt_too_large",
    "decoder.ipv4.hlen_too_small",
    "decoder.ipv4.icmpv6",
    "decoder.ipv4.iplen_smaller_than_hlen",
    "decoder.ipv4.opt_duplicate",
    "decoder.ipv4.opt_eol_required",
    "decoder.ipv4.opt_invalid",
    "decoder.ipv4.opt_invalid_len",
    "decoder.ipv4.opt_malformed",
    "decoder.ipv4.opt_pad_required",
    "decoder.ipv4.opt_unknown",
    "decoder.ipv4.pkt_too_small",
    "decoder.ipv4.trunc_pkt",
    "decoder.ipv4.unknown_protocol",
    "decoder.ipv4.wrong_ip_version",
    "decoder.ipv6.data_after_none_header",
    "decoder.ipv6.dstopts_only_padding",
    "decoder.ipv6.dstopts_unknown_opt",
    "decoder.ipv6.exthdr_ah_res_not_null",
    "decoder.ipv6.exthdr_dupl_ah",
    "decoder.ipv6.exthdr_dupl_dh",
    "decoder.ipv6.exthdr_dupl_eh",
    "decoder.ipv6.exthdr_dupl_fh",
    "decoder.ipv6.exthdr_dupl_hh",
    "decoder.ipv6.exthdr_dupl_rh",
    "decoder.ipv6.exthdr_invalid_optlen",
    "decoder.ipv6.exthdr_useless_fh",
    "decoder.ipv6.fh_non_zero_reserved_field",
    "decoder.ipv6.frag_ignored",
    "decoder.ipv6.frag_invalid_length",
    "decoder.ipv6.frag_overlap",
    "decoder.ipv6.frag_pkt_too_large",
    "decoder.ipv6.hopopts_only_padding",
    "decoder.ipv6.hopopts_unknown_opt",
    "decoder.ipv6.icmpv4",
    "decoder.ipv6.ipv4_in_ipv6_too_small",
    "decoder.ipv6.ipv4_in_ipv6_wrong_version",
    "decoder.ipv6.ipv6_in_ipv6_too_small",
    "decoder.ipv6.ipv6_in_ipv6_wrong_version",
    "decoder.ipv6.pkt_too_small",
    "decoder.ipv6.rh_type_0",
    "decoder.ipv6.trunc_exthdr",
    "decoder.ipv6.trunc_pkt",
    "decoder.ipv6.unknown_next_header",
    "decoder.ipv6.wrong_ip_version",
    "decoder.ipv6.zero_len_padn",
    "decoder.tcp.hlen_too_small",
    "decoder.tcp.invalid_optlen",
    "decoder.tcp.opt_duplicate",
    "decoder.tcp.opt_invalid_len",
    "decoder.tcp.pkt_too_small",
    "decoder.udp.hlen_invalid",
    "decoder.udp.hlen_too_small",
    "decoder.udp.len_invalid",
    "decoder.udp.pkt_too_small",
};

/* Expert fields of Wireshark 4.0 for the same protocols, those about a header's bytes. */
static const char *const wireshark[] = {
    "ip.opt.len.invalid",
    "ip.opt.ptr.before_address",
    "ip.opt.ptr.middle_address",
    "ip.subopt_too_long",
    "ip.nop",
    "ip.bogus_ip_length",
    "ip.evil_packet",
    "ip.checksum_bad.expert",
    "ip.ttl.lncb",
    "ip.ttl.too_small",
    "ip.cipso.malformed",
    "ip.bogus_ip_version",
    "ip.bogus_header_length",
    "ipv6.opt.jumbo.missing",
    "ipv6.opt.jumbo.prohibited",
    "ipv6.opt.jumbo.truncated",
    "ipv6.opt.jumbo.fragment",
    "ipv6.opt.invalid_len",
    "ipv6.opt.unknown_data.expert",
    "ipv6.plen_exceeds_framing",
    "ipv6.plen_zero",
    "ipv6.bogus_ipv6_version",
    "ipv6.invalid_header",
    "ipv6.opt.header_mismatch",
    "ipv6.opt.deprecated",
    "ipv6.opt.mpl.ipv6_src_seed_id",
    "ipv6.embed_ipv4.u.nonzero",
    "ipv6.hopopts.not_first",
    "ipv6.dst_addr.not_multicast",
    "ipv6.src_route_list.mult_inst_same_addr",
    "ipv6.src_route_list.src_addr",
    "ipv6.src_route_list.dst_addr",
    "ipv6.src_route_list.multicast_addr",
    "ipv6.routing.invalid_length",
    "ipv6.routing.invalid_segleft",
    "ipv6.routing.undecoded",
    "ipv6.routing.deprecated",
    "icmp.resp_not_found",
    "icmp.checksum_bad",
    "icmp.ext.checksum_bad",
    "icmpv6.invalid_option_length",
    "icmpv6.undecoded.option",
    "icmpv6.unknown_data.expert",
    "icmpv6.undecoded.type",
    "icmpv6.checksum_bad.expert",
    "icmpv6.resp_not_found",
    "igmp.bad_checksum",
    "tcp.option.len.invalid",
    "tcp.options.sack.dsack",
    "tcp.options.snack.sequence",
    "tcp.options.wscale.shift.invalid",
    "tcp.options.mss.absent",
    "tcp.options.mss.present",
    "tcp.short_segment",
    "tcp.ack.nonzero",
    "tcp.checksum.ffff",
    "tcp.checksum_bad.expert",
    "tcp.urgent_pointer.non_zero",
    "tcp.suboption_malformed",
    "tcp.nop",
    "tcp.non_zero_bytes_after_eol",
    "tcp.bogus_header_length",
    "udp.possible_traceroute",
    "udp.length.bad",
    "udplite.checksum_coverage.bad",
    "udp.checksum.zero",
    "udp.checksum.bad",
    "udp.length.bad_zero",
};

/* How many rows have the name, and which is the last of them with the level. */
static size_t count_rows(const char *name, enum network_event_level level,
                         const struct network_event **row)
{
    size_t count;
    size_t found = 0;
    const struct network_event *events = network_events(&count);

    *row = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(events[i].name, name) != 0)
            continue;
        found++;
        if (events[i].level == level)
            *row = &events[i];
    }
    return found;
}

static void test_specified(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(specified); i++) {
        const char *name = specified[i].name;
        const struct network_event *row;

        row_equal(name, count_rows(name, specified[i].level, &row),
                  strcmp(name, "icmp_error-start") == 0 ? 3 : 1);
        row_true(name, row != NULL);
        row_equal(name, row->class, specified[i].class);
        row_equal(name, row->sign, specified[i].sign);
        row_true(name, !row->own);
    }
}

static bool is_specified(const char *name)
{
    for (size_t i = 0; i < ROWS(specified); i++)
        if (strcmp(specified[i].name, name) == 0)
            return true;
    return false;
}

/* An event that is not of the specification is marked so, and a rule raises it. */
static void test_own(void **state)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct network_event *row;

        row_equal(events[i].name, events[i].own,
                  !is_specified(events[i].name) || i == EVENT_ICMP_ERROR_START_TRACEROUTE);
        if (!events[i].own)
            continue;
        row_true(events[i].name, i < EVENT_RAISED);
        row_equal(events[i].name, count_rows(events[i].name, events[i].level, &row),
                  i == EVENT_ICMP_ERROR_START_TRACEROUTE ? 3 : 1);
    }
}

/* Those that say no more than the socket error of the same packet. */
static void test_socket_errors(void **state)
{
    static const bool expected[EVENT_RAISED] = {
        [EVENT_ICMP_ERROR_START] = true,     [EVENT_ICMP_ERROR_START_TRACEROUTE] = true,
        [EVENT_IP_OUTPUT_BADADDR] = true,    [EVENT_IP_OUTPUT_BADSIZE] = true,
        [EVENT_ETHER_OUTPUT_NOROUTE] = true, [EVENT_ETHER_OUTPUT_RTREJECT] = true,
    };
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        row_equal(events[i].name, events[i].is_socket_error, i < EVENT_RAISED && expected[i]);
}

static void test_order(void **state)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    assert_int_equal(ROWS(raised), EVENT_RAISED);
    assert_true(count > EVENT_RAISED);
    for (size_t i = 0; i < EVENT_RAISED; i++) {
        row_text(raised[i], events[i].name, raised[i]);
        row_true(raised[i],
                 events[i].sign == NETWORK_EVENT_PACKET || events[i].sign == NETWORK_EVENT_CONTEXT);
    }
    for (size_t i = EVENT_RAISED; i < count; i++)
        row_true(events[i].name,
                 events[i].sign == NETWORK_EVENT_EXTCAP || events[i].sign == NETWORK_EVENT_HOST);
}

static void test_texts(void **state)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *name = events[i].name;
        const char *meaning = events[i].meaning;

        row_true(name, strchr(name, '-') &&
                           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name));
        row_true(name, meaning && *meaning && !strchr(meaning, '\n'));
        row_true(name, meaning[strlen(meaning) - 1] != '.');
        row_true(name, events[i].level >= NETWORK_EVENT_EMERGENCY &&
                           events[i].level <= NETWORK_EVENT_VERBOSE);
        row_true(name,
                 events[i].class == NETWORK_EVENT_CORE || events[i].class == NETWORK_EVENT_AUX);
    }
}

static void test_level_and_class_names(void **state)
{
    static const char *const levels[] = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
                                         "WARNING",   "NOTICE", "INFO",     "VERBOSE"};

    (void)state;
    for (size_t i = 0; i < ROWS(levels); i++)
        row_text(levels[i], network_event_level_name((enum network_event_level)(i + 1)), levels[i]);
    row_text("core", network_event_class_name(NETWORK_EVENT_CORE), "core");
    row_text("aux", network_event_class_name(NETWORK_EVENT_AUX), "aux");
}

/* Whether the word is one of the list's words, which stand apart by single blanks. */
static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = list; at && (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static size_t count_mapped(const char *name)
{
    size_t count;
    size_t mapped = 0;
    const struct network_event *events = network_events(&count);

    for (size_t i = 0; i < count; i++)
        mapped += has_word(events[i].suricata, name);
    return mapped;
}

static size_t count_unmapped(const char *name)
{
    size_t count;
    size_t found = 0;
    const struct network_event_unmapped *unmapped = network_events_unmapped(&count);

    for (size_t i = 0; i < count; i++)
        found += strcmp(unmapped[i].suricata, name) == 0;
    return found;
}

/* Each event of Suricata is answered by rows of ours, or there is a reason: never both. */
static void test_every_suricata_event(void **state)
{
    (void)state;
    assert_int_equal(ROWS(suricata), 75);
    for (size_t i = 0; i < ROWS(suricata); i++) {
        if (count_mapped(suricata[i]) > 0)
            row_equal(suricata[i], count_unmapped(suricata[i]), 0);
        else
            row_equal(suricata[i], count_unmapped(suricata[i]), 1);
    }
}

static bool is_in(const char *const *names, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* Every word of a column is a name that the other program has. */
static void check_words(const char *row, const char *list, const char *const *names, size_t count)
{
    while (list && *list) {
        const size_t length = strcspn(list, " ");

        if (!is_in(names, count, list, length))
            print_error("%s: '%.*s' is not a name there\n", row, (int)length, list);
        row_true(row, is_in(names, count, list, length));
        list += length;
        list += *list == ' ';
    }
}

static void test_counterparts_exist(void **state)
{
    size_t count;
    const struct network_event *events = network_events(&count);
    const struct network_event_unmapped *unmapped;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        check_words(events[i].name, events[i].suricata, suricata, ROWS(suricata));
        check_words(events[i].name, events[i].wireshark, wireshark, ROWS(wireshark));
    }
    unmapped = network_events_unmapped(&count);
    for (size_t i = 0; i < count; i++) {
        check_words("unmapped", unmapped[i].suricata, suricata, ROWS(suricata));
        row_true(unmapped[i].suricata, *unmapped[i].reason && !strchr(unmapped[i].reason, '\n'));
    }
}

static void test_by_name(void **state)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_string_equal(network_event_by_name(events[i].name)->name, events[i].name);
    assert_null(network_event_by_name("ipintr"));
    assert_null(network_event_by_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_specified),
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_socket_errors),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_level_and_class_names),
        cmocka_unit_test(test_every_suricata_event),
        cmocka_unit_test(test_counterparts_exist),
    };

    return cmocka_run_group_tests_name("network_event_dictionary", tests, NULL, NULL);
}
