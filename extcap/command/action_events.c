/*
 * --list-events: the dictionary of network events.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "action.h"
#include "network_event.h"

static const char *sign_text(enum network_event_sign sign)
{
    static const char *const texts[] = {
        [NETWORK_EVENT_PACKET] = "seen in a packet",
        [NETWORK_EVENT_CONTEXT] = "seen in a packet and its context",
        [NETWORK_EVENT_EXTCAP] = "reported by ipmon while capturing",
        [NETWORK_EVENT_HOST] = "never raised, internal to a host",
    };

    return texts[sign];
}

int action_events(const struct settings *settings)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    (void)settings;
    for (size_t i = 0; i < count; i++)
        printf("%s\t%d %s\t%s\t%s%s\t%s\t%s\t%s\n", events[i].name, (int)events[i].level,
               network_event_level_name(events[i].level), network_event_class_name(events[i].class),
               sign_text(events[i].sign), events[i].own ? " (ipmon)" : "", events[i].meaning,
               events[i].suricata ? events[i].suricata : "-",
               events[i].wireshark ? events[i].wireshark : "-");
    return 0;
}
