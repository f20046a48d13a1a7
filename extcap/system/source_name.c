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
    const char *target = name ? strchr(name, ':') : NULL;

    if (target && strcasecmp(target + 1, SOURCE_ALL) == 0)
        return SOURCE_KIND_ALL;
    return target && strcasecmp(target + 1, SOURCE_FILE) == 0 ? SOURCE_KIND_FILE
                                                              : SOURCE_KIND_ADDRESS;
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
