/*
 * Two trees of counters: packets and network events. Of packets each counter is a row of a table,
 * with a function that returns the name under which a packet counts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "statistics.h"

#include <wireshark.h>
#include <epan/ipproto.h>
#include <epan/packet.h>
#include <epan/stats_tree.h>

#include "compat.h"
#include "ip_packet.h"
#include "network_event.h"
#include "type_of_service.h"

enum {
    NAME_SIZE = 64,
};

static const char *version_name(const struct ip_packet *packet, char *buffer)
{
    g_snprintf(buffer, NAME_SIZE, "IPv%u", packet->version);
    return buffer;
}

static const char *precedence_name(const struct ip_packet *packet, char *buffer _U_)
{
    return tos_precedence_name(packet->type_of_service >> 5);
}

static const char *dscp_name(const struct ip_packet *packet, char *buffer)
{
    const uint8_t dscp = packet->type_of_service >> 2;
    const char *name = tos_dscp_name(dscp);

    if (name)
        g_snprintf(buffer, NAME_SIZE, "%s (%u)", name, dscp);
    else
        g_snprintf(buffer, NAME_SIZE, "%u", dscp);
    return buffer;
}

static const char *ecn_name(const struct ip_packet *packet, char *buffer _U_)
{
    return tos_ecn_name(packet->type_of_service & TOS_ECN_MASK);
}

static const char *delay_name(const struct ip_packet *packet, char *buffer _U_)
{
    return packet->type_of_service & TOS_DELAY_MASK ? "Low" : "Normal";
}

static const char *throughput_name(const struct ip_packet *packet, char *buffer _U_)
{
    return packet->type_of_service & TOS_THROUGHPUT_MASK ? "High" : "Normal";
}

static const char *reliability_name(const struct ip_packet *packet, char *buffer _U_)
{
    return packet->type_of_service & TOS_RELIABILITY_MASK ? "High" : "Normal";
}

static const char *protocol_name(const struct ip_packet *packet, char *buffer)
{
    g_snprintf(buffer, NAME_SIZE, "%s (%u)", ipprotostr(packet->protocol), packet->protocol);
    return buffer;
}

static const char *fragment_name(const struct ip_packet *packet, char *buffer _U_)
{
    if (packet->fragment_offset == 0)
        return packet->more_fragments ? "First fragment" : "Not fragmented";
    return packet->more_fragments ? "Middle fragment" : "Last fragment";
}

static const char *ttl_name(const struct ip_packet *packet, char *buffer)
{
    g_snprintf(buffer, NAME_SIZE, "%u", packet->time_to_live);
    return buffer;
}

/* A group counts the packets that have its field; 0: all. */
static struct {
    const char *title;
    uint32_t field;
    const char *(*name)(const struct ip_packet *packet, char *buffer);
    int node;
} groups[] = {
    {"IP version", IP_FIELD_VERSION, version_name, -1},
    {"Precedence", IP_FIELD_TYPE_OF_SERVICE, precedence_name, -1},
    {"DSCP", IP_FIELD_TYPE_OF_SERVICE, dscp_name, -1},
    {"ECN", IP_FIELD_TYPE_OF_SERVICE, ecn_name, -1},
    {"Delay", IP_FIELD_TYPE_OF_SERVICE, delay_name, -1},
    {"Throughput", IP_FIELD_TYPE_OF_SERVICE, throughput_name, -1},
    {"Reliability", IP_FIELD_TYPE_OF_SERVICE, reliability_name, -1},
    {"Protocol", IP_FIELD_PROTOCOL, protocol_name, -1},
    {"Fragments", 0, fragment_name, -1},
    {"TTL", IP_FIELD_TIME_TO_LIVE, ttl_name, -1},
};

static void begin(stats_tree *tree)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
        groups[i].node = stats_tree_create_pivot(tree, groups[i].title, 0);
}

static tap_packet_status count(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                               const void *data, tap_flags_t flags _U_)
{
    const struct ip_packet *packet = data;
    char buffer[NAME_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
        if ((packet->present & groups[i].field) == groups[i].field)
            stats_tree_tick_pivot(tree, groups[i].node, groups[i].name(packet, buffer));
    return TAP_PACKET_REDRAW;
}

static int events_node = -1;
static int levels_node = -1;

static void begin_events(stats_tree *tree)
{
    levels_node = stats_tree_create_pivot(tree, "Level", 0);
    events_node = stats_tree_create_pivot(tree, "Event", 0);
}

static tap_packet_status count_event(stats_tree *tree, packet_info *pinfo _U_,
                                     epan_dissect_t *edt _U_, const void *data,
                                     tap_flags_t flags _U_)
{
    const struct network_event *event = data;
    char level[NAME_SIZE];

    g_snprintf(level, sizeof level, "%d %s", (int)event->level,
               network_event_level_name(event->level));
    stats_tree_tick_pivot(tree, levels_node, level);
    stats_tree_tick_pivot(tree, events_node, event->name);
    return TAP_PACKET_REDRAW;
}

void statistics_register(void)
{
    /* They request a tree, so that the numbers are the same in every kind of run. */
    stats_tree_register_plugin(STATISTICS_TAP, "ipmon", STATISTICS_MENU "Packets",
                               TL_REQUIRES_PROTO_TREE, count, begin, NULL);
    stats_tree_register_plugin(STATISTICS_EVENTS_TAP, "ipmon_events",
                               STATISTICS_MENU "Network events", TL_REQUIRES_PROTO_TREE,
                               count_event, begin_events, NULL);
    statistics_packets_register();
    statistics_errors_register();
    statistics_processes_register();
    statistics_connections_register();
}
