/*
 * The replay of files is a module, loaded when a file is to be replayed: it needs libwiretap, whose
 * name changes with each minor version of Wireshark, and captures must not end with an upgrade.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "socket_error.h"

/* Beside a program that was built and not installed. */
#define BUILT_MODULE "/replay/ipmon-replay.so"

/* Sets the path of the module in the program's build folder; false when there is none. */
static bool find_built_module(char *path, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof BUILT_MODULE > size)
        return false;
    memcpy(slash, BUILT_MODULE, sizeof BUILT_MODULE);
    return access(path, F_OK) == 0;
}

struct packet_source *source_file_open(const struct packet_source_request *request,
                                       struct failure *failure)
{
    char built[PATH_MAX];
    void *module =
        dlopen(find_built_module(built, sizeof built) ? built : IPMON_REPLAY_MODULE, RTLD_NOW);
    void *symbol = module ? dlsym(module, REPLAY_OPENER) : NULL;
    packet_source_opener *open;

    if (!symbol) {
        failure_set(
            failure, SOCKET_ERROR_CANNOT_READ,
            "cannot replay files: %s (the replay was built for Wireshark " IPMON_WIRESHARK_VERSION
            "; after an upgrade of Wireshark, install ipmon again)",
            dlerror());
        return NULL;
    }
    memcpy(&open, &symbol, sizeof open); /* a cast of it is not ISO C, see dlsym(3) */
    return open(request, failure);
}
