/*
 * The hosts of the source of other machines: what its parts have in common. One epoll set tells
 * what each host has sent, logged, or that it has ended.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOURCE_REMOTE_HOSTS_H
#define IPMON_SOURCE_REMOTE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "packet_source.h"
#include "remote_capture.h"

enum {
    SOURCE_REMOTE_STOP_LATENCY = 3000, /* milliseconds that hosts have to write what is left */
    SOURCE_REMOTE_ABOUT_SIZE = 512,
    SOURCE_REMOTE_NAME_SIZE = 512, /* more than a host */
};

/* What a descriptor in the epoll set is. */
enum source_remote_watched {
    WATCHED_STREAM,
    WATCHED_LOG,
    WATCHED_EXIT,
    WATCHED_TIMER,
    WATCHED_SIGNALS, /* only while hosts are started */
};

/* An interface of a host, by its number here. */
struct source_remote_interface {
    size_t host;
    size_t interface;                     /* in the host's stream */
    char about[SOURCE_REMOTE_ABOUT_SIZE]; /* a comment about the host */
    const char **comments;                /* those of the host's description, and `about` */
};

struct source_remote {
    struct packet_source source; /* the descriptor is an epoll set */
    struct remote_targets targets;
    struct remote_capture *hosts;
    size_t host_count;
    size_t *ready; /* hosts with bytes that were not read, in the order in which they came */
    size_t ready_count;
    size_t read;   /* bytes of streams since `next` returned false */
    unsigned rest; /* milliseconds that are worth waiting when many bytes come */
    struct source_remote_interface *interfaces;
    size_t interface_capacity;
    int *inputs; /* of the hosts: what `outputs` points to */
    int timer;
    bool has_begun; /* the hosts were let send packets */
    bool is_stopping;
    uint64_t stop_deadline; /* CLOCK_MONOTONIC, when hosts are given up; valid with is_stopping */
    uint64_t stop_limit;    /* the same, of hosts that send without end */
    bool has_failed;        /* nothing more is read */
    struct failure failure; /* of the first host that ended unasked */
    struct failure_list *missing;       /* of all of them */
    char name[SOURCE_REMOTE_NAME_SIZE]; /* what packet_source.name points to */
};

/*
 * Watches a descriptor. host: its place among the hosts; 0 where it is no host's. False with errno.
 */
bool source_remote_watch(const struct source_remote *source, int descriptor,
                         enum source_remote_watched watched, size_t host);

/*
 * Waits for at most that many milliseconds for what hosts send, and reads it: the hosts with bytes
 * are then `ready`. Returns how many events were handled; -1: the program is to end.
 */
int source_remote_wait(struct source_remote *source, int limit);

/* Notes why a host has ended, once; the first such reason is the source's failure. */
void source_remote_note_ended(struct source_remote *source, struct remote_capture *host);

/* Gives a host's latest interface a number here. Without memory the source has failed. */
void source_remote_add_interface(struct source_remote *source, size_t host);

/* Gives hosts that are stopping their time from now on. */
void source_remote_set_stop_deadline(struct source_remote *source);

/* Whether a host has not ended. */
bool source_remote_is_running(const struct source_remote *source);

#endif
