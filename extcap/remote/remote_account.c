/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

bool remote_account_add(struct remote_account *account)
{
    struct remote_row *rows =
        array_reserve(account->rows, account->count, &account->capacity, sizeof *rows);

    if (!rows)
        return false;
    account->rows = rows;
    rows[account->count++] = (struct remote_row){.received = 0};
    return true;
}

/* An ipmon that does not tell what became of the rest was not paused, or not by this one. */
static void take_rest(struct remote_row *row, const struct remote_statistics *statistics)
{
    const uint64_t known = statistics->delivered + statistics->dropped;

    if (statistics->has_rest) {
        row->paused = statistics->paused;
        row->discarded = statistics->discarded;
    } else {
        row->discarded = statistics->received > known ? statistics->received - known : 0;
    }
}

void remote_account_take(struct remote_account *account, const struct remote_statistics *statistics)
{
    struct remote_row *row = &account->rows[statistics->number];

    row->received = statistics->received;
    row->dropped = statistics->dropped;
    row->is_final = !statistics->is_interim;
    take_rest(row, statistics);
    if (statistics->comment && row->is_final)
        snprintf(row->comment, sizeof row->comment, "%s", statistics->comment);
}

/* What marks the packets is counted earlier, and by another interface. */
uint64_t remote_account_unplaced(const struct remote_account *account)
{
    uint64_t dropped = 0;
    uint64_t marked = 0;

    for (size_t i = 0; i < account->count; i++) {
        dropped += account->rows[i].dropped;
        marked += account->rows[i].marked;
    }
    return marked > dropped ? marked - dropped : 0;
}

uint64_t remote_account_dropped(const struct remote_account *account)
{
    uint64_t dropped = remote_account_unplaced(account);

    for (size_t i = 0; i < account->count; i++)
        dropped += account->rows[i].dropped;
    return dropped;
}

bool remote_account_is_final(const struct remote_account *account)
{
    for (size_t i = 0; i < account->count; i++)
        if (!account->rows[i].is_final)
            return false;
    return true;
}

uint64_t remote_account_received(const struct remote_account *account)
{
    uint64_t known = remote_account_dropped(account);
    uint64_t received = 0;

    for (size_t i = 0; i < account->count; i++) {
        const struct remote_row *row = &account->rows[i];

        known += row->read + row->paused + row->discarded;
        received += row->received;
    }
    return remote_account_is_final(account) ? received : known;
}

void remote_account_free(struct remote_account *account)
{
    free(account->rows);
    memset(account, 0, sizeof *account);
}
