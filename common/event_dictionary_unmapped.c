/*
 * Decoder events of Suricata that no row of the dictionary corresponds to, each with the reason.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_dictionary.h"

static const struct network_event_unmapped unmapped[] = {
    {"decoder.afpacket.trunc_pkt",
     "reports that its own capture cut a packet; a snapshot length is no fault of the packet"},
    {"decoder.ipv4.frag_ignored", "reports that its reassembly had no memory left for a fragment"},
    {"decoder.ipv6.frag_ignored", "reports that its reassembly had no memory left for a fragment"},
    {"decoder.ipv4.frag_overlap", "needs the other fragments: reassembly state, not one header"},
    {"decoder.ipv6.frag_overlap", "needs the other fragments: reassembly state, not one header"},
    {"decoder.ipv4.opt_pad_required",
     "requires options in units of 8 bytes; RFC 791 pads to 4, which the header length ensures"},
    {"decoder.ipv6.exthdr_dupl_eh",
     "a second ESP header is inside what the first one encrypts, and not visible"},
    {"decoder.ipv6.zero_len_padn",
     "a PadN without data is how RFC 8200 pads by 2 bytes, and common next to a router alert"},
};

const struct network_event_unmapped *network_events_unmapped(size_t *count)
{
    *count = sizeof unmapped / sizeof *unmapped;
    return unmapped;
}
