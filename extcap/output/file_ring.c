/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "file_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "open_error.h"
#include "sandbox.h"

enum {
    DATE_SIZE = sizeof "20261126110500",
    TRIES = 1000, /* numbers whose names exist, before it is given up */
};

struct file_ring_entry {
    uint32_t number;
    char date[DATE_SIZE];
};

static bool make_name(const struct file_ring *ring, const struct file_ring_entry *entry,
                      char name[NAME_MAX + 1])
{
    const int length = snprintf(name, NAME_MAX + 1, "%.*s_%05" PRIu32 "_%s%s", ring->stem,
                                ring->base, entry->number, entry->date, ring->base + ring->stem);

    errno = ENAMETOOLONG;
    return length > 0 && length <= NAME_MAX;
}

/* In local time, as dumpcap. */
static void set_date(struct file_ring_entry *entry)
{
    const time_t now = (time_t)(clock_now(CLOCK_REALTIME) / CLOCK_SECOND);
    struct tm local;

    if (!localtime_r(&now, &local) ||
        strftime(entry->date, sizeof entry->date, "%Y%m%d%H%M%S", &local) == 0)
        snprintf(entry->date, sizeof entry->date, "%014d", 0); /* a year of five digits */
}

static int open_plug(const struct file_ring *ring)
{
    return openat(ring->folder, ".", SANDBOX_PLUG);
}

/*
 * Opens a plug with a number, the lowest free one but for those that became free meanwhile, for
 * example because the toolbar was closed: they stay occupied. Returns the plug, a higher one if the
 * number is not free, or -1.
 */
static int open_plug_from(const struct file_ring *ring, int number)
{
    int plug;

    do
        plug = open_plug(ring);
    while (plug >= 0 && plug < number);
    return plug;
}

static int create(const struct file_ring *ring, struct file_ring_entry *entry,
                  char name[NAME_MAX + 1])
{
    int descriptor = -1;

    set_date(entry);
    for (int i = 0; i < TRIES && descriptor < 0; i++) {
        entry->number = (ring->number + 1 + (uint32_t)i) % FILE_RING_NUMBERS;
        if (!make_name(ring, entry, name))
            return -1;
        descriptor = openat(ring->folder, name, SANDBOX_NEW_FILE, SANDBOX_NEW_FILE_MODE);
        if (descriptor < 0 && errno != EEXIST)
            return -1;
    }
    return descriptor;
}

/* The entry of the n-th file created, from 0. */
static struct file_ring_entry *entry_of(const struct file_ring *ring, uint32_t n)
{
    return &ring->entries[n % (ring->kept + 1)];
}

static void take(struct file_ring *ring, int descriptor, const struct file_ring_entry *entry,
                 const char name[NAME_MAX + 1])
{
    ring->before = ring->current;
    ring->current = descriptor;
    ring->number = entry->number;
    memcpy(ring->name_before, ring->name, sizeof ring->name);
    memcpy(ring->name, name, sizeof ring->name);
    if (ring->entries)
        *entry_of(ring, ring->count) = *entry;
    ring->count++;
}

/*
 * Frees the number that is held for the next file, as the lowest free one: the kernel gives it to
 * the file. Fails if a plug that was to hold it could not be opened and cannot be now.
 */
static bool free_next_number(struct file_ring *ring)
{
    const int plug = open_plug_from(ring, ring->next_number);

    if (plug < 0)
        return false;
    if (ring->spare < 0)
        ring->spare = plug;
    else
        close(plug);
    errno = EMFILE;
    if (ring->spare != ring->next_number)
        return false;
    close(ring->spare);
    ring->spare = -1;
    return true;
}

bool file_ring_next(struct file_ring *ring)
{
    struct file_ring_entry entry;
    char name[NAME_MAX + 1];
    int descriptor;
    int error;

    if (!free_next_number(ring))
        return false;
    descriptor = create(ring, &entry, name);
    if (descriptor >= 0) {
        take(ring, descriptor, &entry, name);
        return true;
    }
    error = errno;
    ring->spare = open_plug(ring);
    errno = error;
    return false;
}

static bool has_too_many(const struct file_ring *ring)
{
    return ring->kept != 0 && ring->count - ring->removed > ring->kept;
}

int file_ring_trim(struct file_ring *ring)
{
    int error = 0;

    while (has_too_many(ring)) {
        char name[NAME_MAX + 1];

        if (make_name(ring, entry_of(ring, ring->removed), name) &&
            unlinkat(ring->folder, name, 0) != 0 && errno != ENOENT) {
            error = errno;
            ring->given_up++;
        }
        ring->removed++;
    }
    return error;
}

void file_ring_close_before(struct file_ring *ring)
{
    if (ring->before < 0)
        return;
    close(ring->before);
    ring->next_number = ring->before;
    ring->spare = open_plug_from(ring, ring->next_number);
    ring->before = -1;
}

void file_ring_discard(struct file_ring *ring)
{
    unlinkat(ring->folder, ring->name, 0);
    ring->count--;
    memcpy(ring->name, ring->name_before, sizeof ring->name);
}

/* Where the suffix begins; a dot in front of the name begins none. */
static int stem_of(const char *base)
{
    const char *dot = strrchr(base, '.');

    return (int)(dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static int open_folder(const char *path, size_t length)
{
    char folder[PATH_MAX];

    errno = ENAMETOOLONG;
    if (length >= sizeof folder)
        return -1;
    memcpy(folder, path, length);
    folder[length] = '\0';
    return open(length != 0 ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_regular_or_new(const char *path)
{
    struct stat status;

    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

/* Before the sandbox, whose privileges the caller has suspended. */
static bool create_first(struct file_ring *ring)
{
    struct file_ring_entry entry;
    char name[NAME_MAX + 1];
    const int descriptor = create(ring, &entry, name);

    if (descriptor < 0)
        return false;
    take(ring, descriptor, &entry, name);
    ring->spare = ring->next_number = open_plug(ring);
    return ring->spare >= 0;
}

bool file_ring_open(struct file_ring *ring, const char *path, const char *option, uint32_t kept,
                    struct failure *failure)
{
    const char *slash = strrchr(path, '/');

    *ring = (struct file_ring){
        .folder = -1,
        .current = -1,
        .before = -1,
        .spare = -1,
        .path = path,
        .base = slash ? slash + 1 : path,
        .kept = kept,
        .entries = kept != 0 ? calloc(kept + 1, sizeof *ring->entries) : NULL,
    };
    ring->stem = stem_of(ring->base);
    if (kept != 0 && !ring->entries)
        return failure_set_errno(failure, ENOMEM, "no memory for the names of ring files");
    if (ring->base[0] == '\0' || is_directory(path))
        return failure_set_errno(failure, EISDIR,
                                 "cannot create ring files named after %s '%s': %s", option, path,
                                 open_error_text(path, EISDIR));
    if (!is_regular_or_new(path))
        return failure_set_errno(failure, EINVAL,
                                 "%s '%s' is not a regular file, which ring files are named after; "
                                 "beside a pipe, give one with --record FILE (tab Record, field "
                                 "File)",
                                 option, path);
    ring->folder = open_folder(path, (size_t)(ring->base - path));
    if (ring->folder >= 0 && create_first(ring))
        return true;
    return failure_set_errno(failure, errno, "cannot create ring files named after %s '%s': %s",
                             option, path, open_error_text(path, errno));
}

static void close_number(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

void file_ring_close(struct file_ring *ring)
{
    close_number(ring->current);
    close_number(ring->before);
    close_number(ring->spare);
    close_number(ring->folder);
    free(ring->entries);
    *ring = (struct file_ring){.folder = -1, .current = -1, .before = -1, .spare = -1};
}
