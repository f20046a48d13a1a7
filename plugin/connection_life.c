/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection_life.h"

#include <string.h>

#include "ip_address.h"

struct connection_more {
    struct connection_reporter reporter; /* of the present connection */
    struct connection_past *past;        /* in the order of the file; room for a power of 2 */
    guint32 count;                       /* of `past` */
};

static guint32 numbered; /* connections of the file */

void connection_life_reset(void)
{
    numbered = 0;
}

void connection_life_begin(struct connection_life *life)
{
    life->number = ++numbered;
}

static struct connection_more *more_of(struct connection_life *life)
{
    if (!life->more)
        life->more = wmem_new0(wmem_file_scope(), struct connection_more);
    return life->more;
}

static bool is_power_of_2(guint32 number)
{
    return (number & (number - 1)) == 0;
}

static struct connection_past *add_past(struct connection_more *more)
{
    if (is_power_of_2(more->count)) /* or 0 */
        more->past = wmem_realloc(wmem_file_scope(), more->past,
                                  MAX(1, 2 * (size_t)more->count) * sizeof *more->past);
    return &more->past[more->count++];
}

void connection_life_replace(struct connection_life *life, guint32 frame,
                             const struct connection_outcome *outcome)
{
    struct connection_more *more = more_of(life);
    struct connection_past *past = add_past(more);

    *past = (struct connection_past){
        .until = frame,
        .number = life->number,
        .outcome = *outcome,
    };
    if (outcome->errno_value != 0)
        past->reporter = wmem_memdup(wmem_file_scope(), &more->reporter, sizeof more->reporter);
    memset(&more->reporter, 0, sizeof more->reporter);
    connection_life_begin(life);
}

void connection_life_report(struct connection_life *life, const struct packet_error *error)
{
    struct connection_reporter *reporter = &more_of(life)->reporter;

    reporter->kind = (uint8_t)error->reporter;
    reporter->version = error->reporter_version;
    memcpy(reporter->address, error->reporter_address, ip_address_length(error->reporter_version));
}

const struct connection_past *connection_life_at(const struct connection_life *life, guint32 frame)
{
    const struct connection_more *more = life->more;
    guint32 from = 0;
    guint32 to = more ? more->count : 0;

    while (from < to) {
        const guint32 middle = from + (to - from) / 2;

        if (more->past[middle].until > frame)
            to = middle;
        else
            from = middle + 1;
    }
    return more && from < more->count ? &more->past[from] : NULL;
}

const struct connection_past *connection_life_replaced(const struct connection_life *life,
                                                       guint32 frame)
{
    const struct connection_more *more = life->more;
    const struct connection_past *last;

    if (!more || more->count == 0)
        return NULL;
    last = &more->past[more->count - 1];
    return last->until == frame ? last : NULL;
}

const struct connection_reporter *connection_life_reporter(const struct connection_life *life)
{
    return life->more && life->more->reporter.kind != PACKET_ERROR_REPORTER_NONE
               ? &life->more->reporter
               : NULL;
}
