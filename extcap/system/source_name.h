/*
 * Names of capture sources: "ipmon:192.0.2.10", "ipmon:all", "ipmon:remote", "ipmon:file".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOURCE_NAME_H
#define IPMON_SOURCE_NAME_H

#include "failure.h"

/* Kinds of capture sources; also bits for the options that belong to them. */
enum source_kind {
    SOURCE_KIND_ADDRESS = 1 << 0,
    SOURCE_KIND_ALL = 1 << 1,
    SOURCE_KIND_FILE = 1 << 2,
    SOURCE_KIND_REMOTE = 1 << 3,
    SOURCE_KIND_LIVE = SOURCE_KIND_ADDRESS | SOURCE_KIND_ALL,
    SOURCE_KIND_RECEIVING = SOURCE_KIND_LIVE | SOURCE_KIND_REMOTE,
    SOURCE_KIND_ANY = SOURCE_KIND_RECEIVING | SOURCE_KIND_FILE,
};

/* Every name begins so; an address or one of the words below follows. */
#define SOURCE_PREFIX "ipmon:"
#define SOURCE_ALL "all"
#define SOURCE_FILE "file"
#define SOURCE_REMOTE "remote"

/* The kind of a source by its name, which may be NULL or the name of no source at all. */
enum source_kind source_name_kind(const char *name);

/*
 * What follows SOURCE_PREFIX in a source's name: an address or one of the words above. NULL when
 * the name is NULL (error 10022) or has another prefix (error 1118).
 */
const char *source_name_target(const char *name, struct failure *failure);

#endif
