/*
 * Capabilities by libcap; inherited descriptors by /proc/self/fd.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "privilege.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "array.h"
#include "permission.h"

static int *inherited; /* descriptors */
static size_t inherited_count;
static size_t inherited_capacity;
static cap_t suspended; /* the sets before privilege_suspend; NULL: they are in force */

static void note_inherited(int descriptor)
{
    int *grown = array_reserve(inherited, inherited_count, &inherited_capacity, sizeof *inherited);

    if (!grown)
        return;
    inherited = grown;
    inherited[inherited_count++] = descriptor;
}

void privilege_note_inherited(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);

        if (descriptor > STDERR_FILENO && descriptor != dirfd(directory))
            note_inherited(descriptor);
    }
    if (directory)
        closedir(directory);
}

void privilege_close_inherited(void)
{
    for (size_t i = 0; i < inherited_count; i++)
        close(inherited[i]);
    free(inherited);
    inherited = NULL;
    inherited_count = inherited_capacity = 0;
}

/* Without CAP_SETPCAP the set stays; no_new_privs makes it harmless. */
static void clear_bounding_set(void)
{
    for (cap_value_t capability = 0; cap_get_bound(capability) >= 0; capability++)
        if (cap_drop_bound(capability) != 0)
            return;
}

/* Leaves those capabilities of `kept` that the process has effective. */
static bool reduce_own_sets(const cap_value_t *kept, size_t count)
{
    cap_t before = cap_get_proc();
    cap_t after = cap_init();
    bool reduced = before && after;

    for (size_t i = 0; i < count && reduced; i++) {
        cap_flag_value_t held = CAP_CLEAR;

        cap_get_flag(before, kept[i], CAP_EFFECTIVE, &held);
        reduced = cap_set_flag(after, CAP_PERMITTED, 1, &kept[i], held) == 0 &&
                  cap_set_flag(after, CAP_EFFECTIVE, 1, &kept[i], held) == 0;
    }
    reduced = reduced && cap_set_proc(after) == 0;
    cap_free(before);
    cap_free(after);
    return reduced;
}

static bool drop_but(const cap_value_t *kept, size_t count, struct failure *failure)
{
    cap_reset_ambient();
    clear_bounding_set();
    if (reduce_own_sets(kept, count) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
        return true;
    return failure_set_errno(failure, errno, "cannot give up capabilities");
}

bool privilege_keep_file_access(struct failure *failure)
{
    static const cap_value_t of_files[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH};
    const bool from_file = permission_is_from_file();

    return drop_but(of_files, from_file ? 0 : sizeof of_files / sizeof *of_files, failure);
}

bool privilege_drop(struct failure *failure)
{
    return drop_but(NULL, 0, failure);
}

/* Without effective capabilities the sets are equal, and setting them changes nothing. */
bool privilege_suspend(struct failure *failure)
{
    cap_t emptied = cap_get_proc();

    suspended = emptied ? cap_dup(emptied) : NULL;
    if (suspended && cap_clear_flag(emptied, CAP_EFFECTIVE) == 0 && cap_set_proc(emptied) == 0) {
        cap_free(emptied);
        return true;
    }
    failure_set_errno(failure, errno, "cannot suspend capabilities");
    cap_free(emptied);
    cap_free(suspended);
    suspended = NULL;
    return false;
}

/* It cannot fail: what the permitted set has may become effective. */
void privilege_resume(void)
{
    if (!suspended)
        return;
    cap_set_proc(suspended);
    cap_free(suspended);
    suspended = NULL;
}
