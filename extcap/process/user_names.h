/*
 * The names of the users of this host, as the user database had them when the capture began.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_USER_NAMES_H
#define IPMON_USER_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
    USER_NAMES_MAX = 16384, /* users; a directory service may have any number of them */
    USER_NAME_SIZE = 64,    /* bytes of a name, which is escaped, with its NUL */
};

struct user_name;

/* All zero at first. */
struct user_names {
    struct user_name *rows; /* in the order of their ids */
    size_t count;
    size_t capacity;
};

/*
 * Reads the user database (getpwent(3), nsswitch.conf(5)), which is not possible in the sandbox.
 * What cannot be read, and what is beyond USER_NAMES_MAX, has no name. Release with
 * user_names_free.
 */
void user_names_read(struct user_names *users);

void user_names_free(struct user_names *users);

/*
 * Adds a user; of users with the same id the first one counts. Ignored when it is one too many, or
 * there is no memory. name: any bytes. user_names_sort must follow.
 */
void user_names_add(struct user_names *users, uint32_t id, const char *name);

void user_names_sort(struct user_names *users);

/*
 * The name of a user, escaped (process_text_escape); NULL: not known. id: in the initial user
 * namespace, in which the capture is, as it could not load its programs elsewhere.
 */
const char *user_names_find(const struct user_names *users, uint32_t id);

#endif
