/*
 * A sorted array.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "user_names.h"

#include <pwd.h>
#include <stdlib.h>

#include "array.h"
#include "clock.h"
#include "log.h"
#include "process_text.h"

/* A directory service may be slow: the capture begins without the rest of its users. */
#define READING_LIMIT (5 * CLOCK_SECOND)

struct user_name {
    uint32_t id;
    uint32_t place; /* in the database */
    char name[USER_NAME_SIZE];
};

static int compare(const void *a, const void *b)
{
    const struct user_name *first = a;
    const struct user_name *second = b;

    if (first->id != second->id)
        return first->id < second->id ? -1 : 1;
    return first->place < second->place ? -1 : first->place > second->place;
}

void user_names_add(struct user_names *users, uint32_t id, const char *name)
{
    struct user_name *rows;

    if (users->count == USER_NAMES_MAX)
        return;
    rows = array_reserve(users->rows, users->count, &users->capacity, sizeof *rows);
    if (!rows)
        return;
    users->rows = rows;
    rows[users->count] = (struct user_name){.id = id, .place = (uint32_t)users->count};
    process_text_escape(rows[users->count].name, USER_NAME_SIZE, name);
    users->count++;
}

void user_names_sort(struct user_names *users)
{
    if (users->count != 0)
        qsort(users->rows, users->count, sizeof *users->rows, compare);
}

void user_names_read(struct user_names *users)
{
    const uint64_t limit = clock_now(CLOCK_MONOTONIC) + READING_LIMIT;
    const struct passwd *entry;

    setpwent();
    while (users->count < USER_NAMES_MAX && clock_now(CLOCK_MONOTONIC) < limit &&
           (entry = getpwent()))
        user_names_add(users, entry->pw_uid, entry->pw_name);
    endpwent();
    user_names_sort(users);
    log_line(IPMON_LOG_DEBUG, "%zu users have names", users->count);
}

void user_names_free(struct user_names *users)
{
    free(users->rows);
    *users = (struct user_names){.rows = NULL};
}

/* The first of those with the id. */
const char *user_names_find(const struct user_names *users, uint32_t id)
{
    size_t least = 0;
    size_t most = users->count;

    while (least < most) {
        const size_t middle = least + (most - least) / 2;

        if (users->rows[middle].id < id)
            least = middle + 1;
        else
            most = middle;
    }
    return least < users->count && users->rows[least].id == id ? users->rows[least].name : NULL;
}
