/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_passage.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    FLAGS_INBOUND = 1,
    FLAGS_OUTBOUND = 2,
    FLAGS_DIRECTION = 3, /* mask */
    FLAGS_RECEPTION_SHIFT = 2,
    FLAGS_RECEPTION = 7, /* mask, once shifted */
};

struct frame_passage frame_passage_of_flags(uint32_t flags)
{
    static const enum network_known directions[FLAGS_DIRECTION + 1] = {
        [FLAGS_INBOUND] = NETWORK_NO,
        [FLAGS_OUTBOUND] = NETWORK_YES,
    };

    return (struct frame_passage){
        .outgoing = directions[flags & FLAGS_DIRECTION],
        .reception = (enum frame_reception)(flags >> FLAGS_RECEPTION_SHIFT & FLAGS_RECEPTION),
    };
}

struct frame_passage frame_passage_join(struct frame_passage flags, struct frame_passage link)
{
    struct frame_passage joined = flags;

    if (flags.outgoing == NETWORK_UNKNOWN)
        joined.outgoing = link.outgoing;
    else if (link.outgoing != NETWORK_UNKNOWN && link.outgoing != flags.outgoing)
        return (struct frame_passage){.outgoing = NETWORK_UNKNOWN};
    if (flags.reception == FRAME_RECEPTION_UNKNOWN)
        joined.reception = link.reception;
    return joined;
}

static enum network_known known(bool is_known, bool value)
{
    if (!is_known)
        return NETWORK_UNKNOWN;
    return value ? NETWORK_YES : NETWORK_NO;
}

void frame_passage_apply(struct network_event_context *context, struct frame_passage passage)
{
    const bool is_known = passage.reception != FRAME_RECEPTION_UNKNOWN;

    context->outgoing = passage.outgoing;
    context->group_addressed = known(is_known, passage.reception == FRAME_MULTICAST ||
                                                   passage.reception == FRAME_BROADCAST);
    context->to_this_host =
        known(is_known, passage.reception == FRAME_UNICAST && passage.outgoing == NETWORK_NO);
}

/* "lo" and "lo0" on Unix, "Adapter for loopback traffic capture" on Windows. */
/* ipmon names interfaces of other machines HOST:INTERFACE; Linux allows no colon in a name. */
static const char *without_host(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

enum network_known frame_loopback_by_name(const char *name)
{
    if (!name || !*name)
        return NETWORK_UNKNOWN;
    name = without_host(name);
    if (strstr(name, "oopback") ||
        (strncmp(name, "lo", 2) == 0 && strspn(name + 2, "0123456789") == strlen(name + 2)))
        return NETWORK_YES;
    return NETWORK_NO;
}
