/*
 * A running capture: its parts, and what its files do for one another. action_capture.c opens it,
 * capture_loop.c runs it, capture_control.c takes orders and tells the user how it goes,
 * capture_host.c follows the machine's interfaces, capture_blocks.c writes what stands around the
 * packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_H
#define IPMON_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "arrival.h"
#include "captured_interface.h"
#include "log.h"
#include "packet_source.h"
#include "pause.h"
#include "pcapng_writer.h"
#include "toolbar.h"

enum {
    GONE_REMEMBERED = 64, /* a power of two */
};

struct capture {
    const struct settings *settings;
    struct failure *failure;
    struct host_addresses host;
    struct host_interface interface;             /* the one chosen; index 0: all, or a replay */
    struct host_interface gone[GONE_REMEMBERED]; /* deleted ones: their packets may still wait */
    unsigned gone_count;                         /* of all that were */
    struct host_address address;                 /* the one chosen; family 0: none in particular */
    struct packet_source *source;
    struct pcapng_writer writer;
    struct captured_interfaces interfaces;
    struct pause pause;
    struct arrival arrival;
    struct toolbar toolbar;
    uint64_t counters_due;      /* CLOCK_MONOTONIC; when the toolbar's counters may change again */
    uint64_t counted;           /* packets when they were set last */
    bool toolbar_shown;         /* it shows the state of this capture */
    enum receive_all_mode mode; /* the latest */
    unsigned mode_changes;
    int output;
    int signals;            /* signalfd */
    int monitor;            /* of route_netlink.h; -1 in a replay */
    int questions;          /* of route_netlink.h; -1 in a replay */
    int parent;             /* pidfd of the Wireshark that called; -1: called by somebody else */
    int clock;              /* timerfd that is readable when the machine's clock was set, or -1 */
    int control;            /* any socket, for questions about interfaces */
    uint64_t start_time;    /* CLOCK_REALTIME */
    uint64_t drops_to_tell; /* lost since the packet written last */
    uint64_t comments_cut;  /* packets written with a part of their comments */
    uint64_t idle_deadline; /* CLOCK_MONOTONIC; --timeout's end; 0: none */
    uint64_t idle_left;     /* of it when the pause began */
    uint64_t stop_time;     /* CLOCK_MONOTONIC; what arrives later is not written; 0: none yet */
    uint64_t stop_deadline; /* CLOCK_MONOTONIC; the source has shown all packets from before it */
    bool at_terminal; /* somebody sits at standard error: not with Wireshark, which reads it */
    bool received;    /* a packet was written since idle_deadline was set */
    bool reader_gone;
    bool ended;
};

/* A line at the terminal; nothing when there is none. */
void capture_tell(const struct capture *capture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs an opened capture from its first block to its last. */
void capture_run(struct capture *capture);

/* From now on only what came before is written; the capture ends when that is done. */
void capture_stop(struct capture *capture);

/* Pauses or resumes; no effect when it is so already. */
void capture_set_pause(struct capture *capture, bool paused);

/* Whether the toolbar may change the receive-all mode of this capture. */
bool capture_mode_may_change(const struct capture *capture);

/*
 * Makes the log heard in the toolbar, and at the terminal what belongs into a status bar;
 * `listener` must last as long as the log.
 */
void capture_listen_to_log(struct capture *capture, struct log_listener *listener);

/* Carries out what the toolbar orders; to be called when its pipe is ready. */
void capture_read_orders(struct capture *capture);

/* Tells the toolbar how it goes, as far as its pipe takes it; counters at most twice a second. */
void capture_show(struct capture *capture);

/* The same with the last values of the counters, whenever they were set before. */
void capture_show_end(struct capture *capture);

/* CLOCK_MONOTONIC when capture_show has something new to tell; 0: nothing yet. */
uint64_t capture_show_due(const struct capture *capture);

/* Takes over what the kernel says of interfaces and addresses that came, changed or went. */
void capture_read_host_changes(struct capture *capture);

void capture_write_section(struct capture *capture);

/* Writes the description block of an interface that has none; there must be room for it. */
void capture_describe(struct capture *capture, struct captured_interface *interface);

/*
 * Writes a statistics block for each interface from row `first` on, as long as there is room for
 * them; returns the row to go on with. Those that packets came from only while the capture was
 * paused are described first.
 */
size_t capture_write_statistics(struct capture *capture, const struct packet_counts *counts,
                                size_t first);

/* Tells the same in the log, and the sums at the terminal. */
void capture_log_statistics(struct capture *capture, const struct packet_counts *counts);

#endif
