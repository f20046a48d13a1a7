/*
 * Preferences of the network events; the rules are a user accessible table (UAT).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "event_filter.h"

#include <stdlib.h>
#include <string.h>

#include <epan/uat.h>
#include <wsutil/inet_addr.h>
#include <wsutil/report_message.h>

#include "compat.h"

enum {
    ANY_PORT = -1,
};

/* A row of the table: the user's strings, and what is parsed from them. */
struct event_rule {
    char *event;
    preference_bool enabled;
    char *address; /* "10.0.0.0/8", "2001:db8::1", empty: any */
    char *port;    /* empty: any */

    uint8_t version; /* of the address; 0: any address */
    uint8_t bytes[IPV6_ADDRESS_LENGTH];
    unsigned prefix_length; /* bits */
    int port_number;        /* or ANY_PORT */
};

/*
 * A string: of a choice (prefs_register_enum_preference) Wireshark ignores values that do not exist
 * without a word.
 */
static const char *preference_level = "verbose";
static enum network_event_level lowest_level = NETWORK_EVENT_VERBOSE;
static preference_bool report_core = TRUE;
static preference_bool report_aux = TRUE;
static struct event_rule *rules;
static guint rule_count;

UAT_CSTRING_CB_DEF(rules, event, struct event_rule)
UAT_BOOL_CB_DEF(rules, enabled, struct event_rule)
UAT_CSTRING_CB_DEF(rules, address, struct event_rule)
UAT_CSTRING_CB_DEF(rules, port, struct event_rule)

static void *copy_rule(void *to, const void *from, size_t size)
{
    struct event_rule *copy = to;
    const struct event_rule *rule = from;

    memcpy(copy, rule, size);
    copy->event = g_strdup(rule->event);
    copy->address = g_strdup(rule->address);
    copy->port = g_strdup(rule->port);
    return copy;
}

static void free_rule(void *row)
{
    struct event_rule *rule = row;

    g_free(rule->event);
    g_free(rule->address);
    g_free(rule->port);
}

/* A number from 0 to maximum, of digits only. */
static bool parse_number(const char *text, unsigned maximum, unsigned *number)
{
    char *end;
    unsigned long value;

    if (!g_ascii_isdigit(*text))
        return false;
    value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return *end == '\0' && value <= maximum;
}

static bool parse_address(struct event_rule *rule)
{
    char *number = g_strdup(rule->address);
    char *slash = strchr(number, '/');
    bool valid = true;

    if (slash)
        *slash++ = '\0';
    rule->version = strchr(number, ':') ? 6 : 4;
    rule->prefix_length = rule->version == 4 ? 32 : 128;
    if (rule->version == 4)
        valid = ws_inet_pton4(number, (ws_in4_addr *)(void *)rule->bytes);
    else
        valid = ws_inet_pton6(number, (ws_in6_addr *)(void *)rule->bytes);
    if (valid && slash)
        valid = parse_number(slash, rule->prefix_length, &rule->prefix_length);
    g_free(number);
    return valid;
}

/* Checks a row and parses its numbers. *error is shown by the GUI and for -o. */
static preference_bool update_rule(void *row, char **error)
{
    struct event_rule *rule = row;
    unsigned port = 0;

    rule->version = 0;
    rule->port_number = ANY_PORT;
    g_strstrip(rule->event);
    g_strstrip(rule->address);
    g_strstrip(rule->port);
    if (!network_event_by_name(rule->event))
        *error =
            g_strdup_printf("'%s' is not a network event, see ipmon --list-events", rule->event);
    else if (*rule->address && !parse_address(rule))
        *error =
            g_strdup_printf("'%s' is not an IP address with an optional /prefix", rule->address);
    else if (*rule->port && !parse_number(rule->port, 65535, &port))
        *error = g_strdup_printf("'%s' is not a port from 0 to 65535", rule->port);
    else if (*rule->port)
        rule->port_number = (int)port;
    return *error == NULL;
}

/* "warning", "5", or "5 WARNING", in any case of letters. False: there is no such level. */
static bool parse_level(const char *text, enum network_event_level *level)
{
    char number[8];
    char both[32];

    for (unsigned i = NETWORK_EVENT_EMERGENCY; i <= NETWORK_EVENT_VERBOSE; i++) {
        const char *name = network_event_level_name((enum network_event_level)i);

        g_snprintf(number, sizeof number, "%u", i);
        g_snprintf(both, sizeof both, "%u %s", i, name);
        if (g_ascii_strcasecmp(text, name) == 0 || strcmp(text, number) == 0 ||
            g_ascii_strcasecmp(text, both) == 0) {
            *level = (enum network_event_level)i;
            return true;
        }
    }
    return false;
}

void event_filter_apply(void)
{
    if (parse_level(preference_level, &lowest_level))
        return;
    lowest_level = NETWORK_EVENT_VERBOSE;
    report_failure("IP Monitor: '%s' is not a level of network events (emergency, alert, critical, "
                   "error, warning, notice, info, verbose, or 1 to 8); events of all levels are "
                   "reported.",
                   preference_level);
}

void event_filter_register(module_t *module)
{
    static uat_field_t fields[] = {
        UAT_FLD_CSTRING(rules, event, "Event", "Name of the network event"),
        UAT_FLD_BOOL(rules, enabled, "Report", "Whether it is reported"),
        UAT_FLD_CSTRING(rules, address, "Address",
                        "Source or destination, with an optional /prefix; empty for any"),
        UAT_FLD_CSTRING(rules, port, "Port", "Source or destination port; empty for any"),
        UAT_END_FIELDS,
    };
    uat_t *table = uat_new("IP Monitor network events", sizeof *rules, "ipmon_events", TRUE,
                           (void **)&rules, &rule_count, UAT_AFFECTS_DISSECTION, NULL, copy_rule,
                           update_rule, free_rule, NULL, NULL, fields);

    prefs_register_string_preference(module, "event_level", "Lowest level of network events",
                                     "Events of this level and of more important ones are "
                                     "reported: emergency, alert, critical, error, warning, "
                                     "notice, info or verbose.",
                                     &preference_level);
    prefs_register_bool_preference(module, "event_core", "Network events of class core",
                                   "Report events of data transfer between hosts.", &report_core);
    prefs_register_bool_preference(module, "event_aux", "Network events of class aux",
                                   "Report events of everything else.", &report_aux);
    prefs_register_uat_preference(module, "events", "Network events",
                                  "Events to report or not, by address and port", table);
}

static bool has_prefix(const struct event_rule *rule, const uint8_t *address)
{
    const unsigned whole = rule->prefix_length / 8;
    const unsigned rest = rule->prefix_length % 8;

    return memcmp(rule->bytes, address, whole) == 0 &&
           (rest == 0 || (rule->bytes[whole] ^ address[whole]) >> (8 - rest) == 0);
}

static bool matches(const struct event_rule *rule, const struct ip_packet *packet)
{
    if (rule->version != 0) {
        if (rule->version != packet->version)
            return false;
        if (!(ip_packet_has(packet, IP_FIELD_SOURCE) &&
              has_prefix(rule, packet->bytes + packet->source_offset)) &&
            !(ip_packet_has(packet, IP_FIELD_DESTINATION) &&
              has_prefix(rule, packet->bytes + packet->destination_offset)))
            return false;
    }
    return rule->port_number == ANY_PORT ||
           (ip_packet_has(packet, IP_FIELD_SOURCE_PORT) &&
            packet->source_port == rule->port_number) ||
           (ip_packet_has(packet, IP_FIELD_DESTINATION_PORT) &&
            packet->destination_port == rule->port_number);
}

bool event_filter_passes(const struct network_event *event, const struct ip_packet *packet)
{
    bool only_others = false;

    if (event->level > lowest_level ||
        !(event->class == NETWORK_EVENT_CORE ? report_core : report_aux))
        return false;
    for (guint i = 0; i < rule_count; i++) {
        if (strcmp(rules[i].event, event->name) != 0)
            continue;
        if (matches(&rules[i], packet))
            return rules[i].enabled;
        only_others = only_others || rules[i].enabled;
    }
    return !only_others;
}
