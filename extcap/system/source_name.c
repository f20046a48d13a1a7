/*
 * The only parser of source names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_name.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "socket_error.h"

enum source_kind source_name_kind(const char *name)
{
    static const struct {
        const char *word;
        enum source_kind kind;
    } words[] = {
        {SOURCE_ALL, SOURCE_KIND_ALL},
        {SOURCE_FILE, SOURCE_KIND_FILE},
        {SOURCE_REMOTE, SOURCE_KIND_REMOTE},
    };
    const char *target = name ? strchr(name, ':') : NULL;

    for (size_t i = 0; target && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(target + 1, words[i].word) == 0)
            return words[i].kind;
    return SOURCE_KIND_ADDRESS;
}

const char *source_name_target(const char *name, struct failure *failure)
{
    if (!name) {
        failure_set_errno(failure, EINVAL, "--extcap-interface is missing, see 'ipmon --help'");
        return NULL;
    }
    if (strncasecmp(name, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) != 0) {
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "'%s' is not a capture source, they begin with " SOURCE_PREFIX, name);
        return NULL;
    }
    return name + strlen(SOURCE_PREFIX);
}
