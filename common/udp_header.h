/*
 * The UDP header (RFC 768) as it is on the wire: where its fields are, and the ports of tunnels.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_UDP_HEADER_H
#define IPMON_UDP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    UDP_HEADER_LENGTH = 8, /* bytes */
    UDP_LENGTH_FIELD = 4,
    UDP_CHECKSUM_FIELD = 6,
};

/*
 * Whether datagrams to the port (host byte order) are a tunnel's, which may have no checksum over
 * IPv6 either (RFC 6935, RFC 6936).
 */
static inline bool udp_port_of_tunnel(uint16_t port)
{
    switch (port) {
    case 4341: /* LISP, RFC 9300 */
    case 4754: /* GRE in UDP, RFC 8086 */
    case 4789: /* VXLAN, RFC 7348 */
    case 4790: /* VXLAN-GPE, draft-ietf-nvo3-vxlan-gpe */
    case 6080: /* GUE, draft-ietf-intarea-gue */
    case 6081: /* Geneve, RFC 8926 */
    case 6635: /* MPLS in UDP, RFC 7510 */
    case 8472: /* VXLAN, as Linux has it by default */
        return true;
    default:
        return false;
    }
}

#endif
