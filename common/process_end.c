/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_end.h"

#include <string.h>

#include "ip_address.h"
#include "tcp_segment.h"

static bool has_role(const struct process_list *list, enum process_role_value role)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->processes[i].words[PROCESS_ROLE] == role)
            return true;
    return false;
}

/* The host that captured sends or receives the packet. */
static enum process_end end_of_host(enum network_known outgoing)
{
    switch (outgoing) {
    case NETWORK_YES:
        return PROCESS_END_SOURCE;
    case NETWORK_NO:
        return PROCESS_END_DESTINATION;
    default:
        return PROCESS_END_UNKNOWN;
    }
}

/* Two processes of a packet are at both of its ends. */
static enum process_end end_of_listener(const struct process_list *list,
                                        enum network_known outgoing)
{
    if (has_role(list, PROCESS_ROLE_SENDER))
        return PROCESS_END_DESTINATION;
    if (has_role(list, PROCESS_ROLE_RECEIVER))
        return PROCESS_END_SOURCE;
    return end_of_host(outgoing);
}

enum process_end process_end_of(const struct process_list *list, const struct process *process,
                                enum network_known outgoing)
{
    switch ((enum process_role_value)process->words[PROCESS_ROLE]) {
    case PROCESS_ROLE_SENDER:
        return PROCESS_END_SOURCE;
    case PROCESS_ROLE_RECEIVER:
        return PROCESS_END_DESTINATION;
    case PROCESS_ROLE_LISTENER:
        return end_of_listener(list, outgoing);
    default:
        break;
    }
    if (process->words[PROCESS_SOURCE] == PROCESS_SOURCE_ETL2PCAPNG && outgoing != NETWORK_YES)
        return PROCESS_END_UNKNOWN;
    return end_of_host(outgoing);
}

bool process_end_socket(struct packet_error_socket *socket, const struct ip_packet *packet,
                        enum process_end end)
{
    const uint8_t *source = packet->bytes + packet->source_offset;
    const uint8_t *destination = packet->bytes + packet->destination_offset;
    const bool is_source = end == PROCESS_END_SOURCE;

    if (!ip_packet_has(packet, IP_FIELD_SOURCE_PORT) ||
        !ip_packet_has(packet, IP_FIELD_DESTINATION_PORT))
        return false;
    *socket = (struct packet_error_socket){
        .known = true,
        .has_ports = true,
        .version = packet->version,
        .protocol = packet->protocol,
        .local = is_source ? source : destination,
        .remote = is_source ? destination : source,
        .local_port = is_source ? packet->source_port : packet->destination_port,
        .remote_port = is_source ? packet->destination_port : packet->source_port,
    };
    return true;
}

enum process_end process_end_with(const struct packet_error_socket *socket,
                                  const struct ip_packet *packet)
{
    const size_t length = ip_address_length(packet->version);

    if (packet->version != socket->version)
        return PROCESS_END_UNKNOWN;
    if (ip_packet_has(packet, IP_FIELD_DESTINATION) &&
        memcmp(packet->bytes + packet->destination_offset, socket->local, length) == 0)
        return PROCESS_END_DESTINATION;
    if (ip_packet_has(packet, IP_FIELD_SOURCE) &&
        memcmp(packet->bytes + packet->source_offset, socket->local, length) == 0)
        return PROCESS_END_SOURCE;
    return PROCESS_END_UNKNOWN;
}

bool process_end_may_be_first(const struct ip_packet *packet)
{
    return packet->protocol != IP_PROTOCOL_TCP || (tcp_segment_flags(packet) & TCP_FLAG_SYN) != 0;
}
