/*
 * The capture of an ipmon on another machine: its stream, its log, and what it is told.
 *
 *     waiting --- start --> starting --> running --- stop --> stopping --> ended
 *        |                     |            |                               ^
 *        +---------------------+------------+-------------------------------+
 *
 *  waiting   Nothing was done yet: the caller has its reasons to start it later.
 *  starting  ssh connects, and the other ipmon begins its stream. It says in its section header
 *            whether it can be told something; its clock is then compared with the one here.
 *  running   Blocks are read as fast as the caller wants them. What is not read stays in the pipes
 *            and in the ring of the other machine, which counts what it has to drop.
 *  stopping  The standard input of the other ipmon has ended. It writes what arrived before, and
 *            its statistics, and exits. One that cannot be told is read as far as it has written.
 *  ended     `failure` is set unless that was asked for.
 *
 * Nothing is opened after remote_capture_start, and nothing blocks but the end of a capture that is
 * starting, which waits a moment for the exit status of ssh.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_CAPTURE_H
#define IPMON_REMOTE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "remote_account.h"
#include "remote_clock.h"
#include "remote_host.h"
#include "remote_shell.h"
#include "remote_stream.h"
#include "settings.h"

/* In the order in which one comes to the other. */
enum remote_state {
    REMOTE_WAITING,
    REMOTE_STARTING,
    REMOTE_RUNNING,
    REMOTE_STOPPING,
    REMOTE_ENDED,
};

struct remote_capture {
    const struct remote_target *target;
    enum remote_state state;
    struct remote_shell shell;
    struct remote_stream stream;
    struct remote_account account;
    struct remote_clock clock;
    struct failure failure; /* why it has ended */
    bool is_noted;          /* for the caller: its end was */
    bool is_incomplete;     /* it has ended, and packets may be lost that nobody has counted */
    bool is_controlled;     /* it can be told something */
    bool is_paused_at_start;
    bool is_deaf;        /* it could not be told something, which was logged */
    unsigned answers;    /* reports that were asked for and came */
    uint64_t token;      /* of the latest report asked for */
    bool is_asked;       /* that one was not answered yet */
    uint64_t asked;      /* when: CLOCK_MONOTONIC */
    uint64_t asked_time; /* CLOCK_REALTIME */
};

/* Makes one that waits. target: lasts as long as the capture. Release with remote_capture_close. */
void remote_capture_init(struct remote_capture *capture, const struct remote_target *target);

/* Starts ssh and the other ipmon. Fails as remote_shell_open. */
bool remote_capture_start(struct remote_capture *capture, const struct settings *settings,
                          struct failure *failure);

/*
 * Reads once what the stream has; to be called when shell.out is readable and remote_capture_next
 * returned REMOTE_BLOCK_NONE. Returns how many bytes that were.
 */
size_t remote_capture_read(struct remote_capture *capture);

/* Reads the other ipmon's log; to be called when shell.error is readable. */
void remote_capture_read_error(struct remote_capture *capture);

/* ssh has exited: shell.pidfd is readable. */
void remote_capture_exited(struct remote_capture *capture);

/*
 * The next block that may be of interest to the caller: REMOTE_BLOCK_SECTION;
 * REMOTE_BLOCK_INTERFACE, the latest in `stream`, whose number is to be set; REMOTE_BLOCK_PACKET;
 * REMOTE_BLOCK_NONE: there is none.
 */
enum remote_block remote_capture_next(struct remote_capture *capture);

/*
 * The packets that come next, as remote_stream_next_run; none of a capture that cannot be told
 * something.
 */
bool remote_capture_next_run(struct remote_capture *capture, size_t limit, struct pcapng_run *run);

/*
 * Ends the comparison of the clocks of one that starts and has answered at least once: it runs.
 * Returns whether it was such a one.
 */
bool remote_capture_settle(struct remote_capture *capture);

/* Lets one that runs send packets; one that cannot be told does so anyway. */
void remote_capture_begin(struct remote_capture *capture);

/* Asks for a report, which the account and the clock are up to date with; one at a time. */
void remote_capture_ask(struct remote_capture *capture);

/* Each has no effect on a capture that cannot be told. */
void remote_capture_set_pause(struct remote_capture *capture, bool paused);
void remote_capture_set_mode(struct remote_capture *capture, enum receive_all_mode mode);

void remote_capture_stop(struct remote_capture *capture);

/* Ends one that is stopping and cannot be told so: nothing more is to be read. */
void remote_capture_cut(struct remote_capture *capture);

/* Ends one that did not start in time, or does not stop: sets its failure to that errno and text.
 */
void remote_capture_give_up(struct remote_capture *capture, int errno_value, const char *why);

void remote_capture_close(struct remote_capture *capture);

#endif
