/*
 * The header of a UDP datagram (RFC 768): where its fields are, and the ports of tunnels.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_UDP_DATAGRAM_H
#define IPMON_UDP_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "ip_packet.h"

enum {
    UDP_HEADER_LENGTH = 8, /* bytes */
    UDP_LENGTH_FIELD = 4,
    UDP_CHECKSUM_FIELD = 6,
};

/*
 * Whether datagrams to the port (host byte order) carry the packets of a tunnel, which may do
 * without a checksum over IPv6, too (RFC 6935, RFC 6936).
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

/* Whether a decoded packet is UDP with a checksum field of 0, which says that there is none. */
static inline bool udp_lacks_checksum(const struct ip_packet *packet)
{
    return packet->protocol == IP_PROTOCOL_UDP && !packet->later_fragment &&
           packet->extent == IP_HEADER_WHOLE && packet->payload_captured >= UDP_HEADER_LENGTH &&
           bytes_u16(packet->bytes + packet->payload_offset + UDP_CHECKSUM_FIELD) == 0;
}

#endif
