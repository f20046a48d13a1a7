/*
 * The records of the programs in the kernel, as the module that loads them hands them to the
 * capture: memory shared with the kernel, which is read without a system call. Source: bpf(2),
 * Documentation/bpf/ringbuf.rst of Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_FEED_H
#define IPMON_PROCESS_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "process_event.h"

struct process_feed {
    int descriptor; /* readable when many records wait */
    unsigned long *consumer;
    const unsigned long *producer;
    const uint8_t *data; /* `size` bytes, mapped twice in succession */
    size_t size;         /* a power of two */
    const uint64_t *lost;
    const char *programs;                 /* which of the sets is loaded, for the log */
    const struct process_event *existing; /* sockets that were there before */
    size_t existing_count;
    void *state;
    bool (*find_existing)(struct process_feed *feed); /* again; false with errno */
    void (*close)(struct process_feed *feed);         /* removes the programs from the kernel */
};

/*
 * Loads the programs and finds the sockets that exist. arguments: records have command lines. Fails
 * with the reason.
 */
bool process_feed_open(struct process_feed *feed, bool arguments, struct failure *failure);

/* The function of the module, by this name (process_module.c). */
typedef bool process_feed_opener(struct process_feed *feed, bool arguments,
                                 struct failure *failure);
#define PROCESS_OPENER "ipmon_process_open"

enum process_feed_state {
    PROCESS_FEED_EMPTY,
    PROCESS_FEED_RECORD,
    PROCESS_FEED_UNFINISHED, /* the kernel still writes the next record, which hides later ones */
};

/* Finds the next record, which is valid until process_feed_release. */
enum process_feed_state process_feed_next(const struct process_feed *feed, const void **record,
                                          size_t *length);

/* Gives the space of the record that was found back to the kernel. */
void process_feed_release(struct process_feed *feed);

#endif
