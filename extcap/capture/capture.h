/*
 * A running capture: its state, and what changes it. command/action_capture.c opens and closes it.
 * The other files of this folder, each of which calls only those below it:
 *
 *   capture_loop      waits for descriptors and times, and calls the others
 *   capture_finish    the end: counts what is left, writes the statistics, drains the output
 *   capture_packets   packets from the source to the output and to the record
 *   capture_control   signals, and commands from Wireshark's toolbar
 *   capture_record    the files of a recorder
 *   capture_display   what the toolbar and the terminal show
 *   capture_host      the machine's interfaces, addresses and clock
 *   capture_account   the account of the packets: in the log, on standard error
 *   capture_blocks    the blocks around the packets
 *   capture_process   the processes of packets
 *   capture_printer   packets as records of text
 *
 *   capture           the state
 *
 * States
 *   opening    Nothing is written yet. A failure is reported by output_refuse: the reader of the
 *              pipe reads no data, only the end of file.
 *   running    Packets are written.
 *   paused     Live: packets are read and counted, but not written. The time when a packet arrived
 *              decides, not the time when it is read (pause.h). A replay is held: its source is not
 *              read. Other machines pause their captures; what still comes is written.
 *   stopping   Live: what arrived before the stop is written or, if it was paused then, counted;
 *              what arrived later is discarded. Ends when the source is drained and its latency has
 *              passed, with the first packet that arrived after that latency, or when the reader
 *              has stalled for CAPTURE_STALL_LIMIT. Other machines stop their captures, and the
 *              source ends when they have written all. A replay has no such state.
 *   finishing  The source receives no more, and what it still holds is discarded and counted. The
 *              buffer is flushed, statistics are written, the pipe is drained.
 *
 * A capture has an output (a pipe, a file, printed text), a record (files of a recorder), or both:
 * then the output has no effect on what is read, and gets the packets that it has room for.
 *
 * Transitions
 *   to paused and back   SIGUSR1, SIGUSR2; the toolbar's button does either. --start-paused begins
 *                        in this state. A pause can also begin or end while stopping.
 *   to stopping          SIGTERM, SIGINT, SIGHUP (unless ignored; with ring files it begins the
 *                        next one), --timeout, -a duration, the interface of the source was
 *                        deleted, Wireshark has exited; with a record: no reader, a failure of the
 *                        output. Further ones have no effect.
 *   to finishing         from stopping, and from any state: --packet-count, -a filesize, -a files,
 *                        the end or a failure of the source, a failure of the record, no memory;
 *                        without a record: no reader, a failure of the output.
 *
 * Who counts which packet is explained in captured_interface.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_H
#define IPMON_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "arrival.h"
#include "captured_interface.h"
#include "event_counts.h"
#include "file_ring.h"
#include "host_address.h"
#include "log.h"
#include "packet_source.h"
#include "pause.h"
#include "pcapng_writer.h"
#include "print.h"
#include "process_watch.h"
#include "settings.h"
#include "text_writer.h"
#include "toolbar.h"

enum {
    GONE_REMEMBERED = 64, /* a power of two */
};

/*
 * pcap-ng that is written: of the output, or of the current file of the record. Its statistics
 * blocks leave out what was before its first block.
 */
struct capture_stream {
    struct pcapng_writer writer;
    uint64_t drops_pending;     /* packets lost, or not shown, since the latest one written */
    struct event_counts events; /* by the log's listener in capture_display.c */
    bool has_statistics;        /* a statistics block was written */
    bool has_reports;           /* another ipmon asked for reports (pcapng.h) */
    bool is_interim;            /* the statistics that are written are not the last ones */
    struct {
        uint64_t time;         /* CLOCK_REALTIME, since 1970-01-01 UTC */
        uint64_t dropped;      /* packets */
        uint64_t pause_length; /* of all pauses before */
        unsigned pauses;       /* that were over */
        unsigned mode_changes;
    } since; /* by capture_blocks.c */
};

/*
 * Times are nanoseconds: of CLOCK_MONOTONIC where nothing else is given. Descriptors are -1 when
 * there is none. Groups are all zero before they become valid, and are read by every file.
 */
struct capture {
    /* Set before anything is opened, then constant. */
    const struct settings *settings;
    struct failure *failure;     /* the first one decides the exit status */
    struct failure_list missing; /* machines that are not captured on, by the source */
    bool replay;                 /* of a file: no host, no clock, and a pause holds the source */
    bool remote;                 /* of other machines: no host, no clock, and pauses are theirs */

    /* Parts with a header of their own. action_capture.c opens and closes them. */
    struct packet_source *source;           /* NULL: not opened yet */
    struct capture_stream streams[STREAMS]; /* that of an output only if it is pcap-ng */
    struct {
        struct text_writer writer; /* used only by a capture that prints */
        print_function *print;     /* NULL: packets are written as pcap-ng */
        struct print_clock clock;
        struct print_history history;
        uint32_t interfaces; /* described so far */
        uint64_t frames;     /* packets so far, printed or not */
    } printer;
    struct capture_process *process; /* by capture_process.c; NULL: processes are not asked for */
    /* What they were before each stream's first block; not in the streams: their size is a factor
     * in instructions for each packet. */
    struct process_counts processes_before[STREAMS];
    struct toolbar toolbar;
    struct arrival arrival;                /* of local packets */
    struct captured_interfaces interfaces; /* with their packets' counts, by capture_packets.c */
    struct pause pause;                    /* by capture_set_pause */

    /* Opened and closed by capture_record.c, as the settings say. */
    struct {
        const char *path; /* of the file, or that ring files are named after; NULL: no record */
        bool is_only;     /* this capture has no output */
        bool is_ring;
        struct file_ring ring; /* valid with is_ring */
        int descriptor;        /* of the file that is written */
        uint64_t packets;      /* in this file */
        bool is_complete;      /* it has as many bytes or packets as it may have */
        uint64_t file_due; /* when the next file is to be begun; 0: that does not depend on time */
        uint64_t file_retry; /* when to try again to create the next file; 0: it never failed */
        uint64_t room_due;   /* when to write again after the disk was full; 0: it is not */
        int error;           /* of the disk, an errno; valid with room_due */
        bool has_lost;       /* packets since it is full, which was logged */
        uint64_t lost;       /* packets unrecorded when it became full */
        bool failed;         /* nothing more can be written */
        bool is_behind;      /* the output gets no packet until its buffer is empty */
        bool was_behind;     /* which was logged */
    } record;

    /* Opened and closed by action_capture.c. */
    struct {
        int output;
        bool output_is_terminal;
        bool terminals[STDERR_FILENO + 1]; /* standard descriptors that are one */
        int signals;                       /* a signalfd */
        int parent;                        /* pidfd of the Wireshark that started this program */
    } descriptors;

    /* Opened, kept up to date and closed by capture_host.c; empty unless capture_is_local. */
    struct {
        struct host_addresses state;
        struct host_interface interface;             /* the captured one; index 0: all of them */
        struct host_address address;                 /* the chosen one; family 0: none */
        struct host_interface gone[GONE_REMEMBERED]; /* deleted, but packets may still wait */
        unsigned gone_count;                         /* of all that were deleted */
        int monitor;                                 /* of route_netlink.h */
        int dump_socket;                             /* of route_netlink.h */
        int ioctl_socket;                            /* any socket of the network namespace */
        int clock; /* a timerfd, readable when the machine's clock was set */
    } host;

    /* The receive-all mode. From the settings at first, then by capture_set_mode. */
    struct {
        enum receive_all_mode latest;
        unsigned changes; /* since the start */
    } mode;

    /* By capture_display.c, from the toolbar's first update on. */
    struct {
        struct log_listener listener; /* valid as long as the log */
        uint64_t counters_due;        /* when the toolbar's counters may change again */
        uint64_t counted;             /* packets when they were set last */
        uint64_t hidden_due;          /* when the status bar may say again what is not shown */
        uint64_t hidden;              /* packets not shown when it said so last */
        bool initialized;             /* the toolbar shows the state of this capture */
        size_t missing;               /* of capture.missing: were reported */
        /* By action_capture.c, when all is open. */
        bool at_terminal; /* standard error is one, and the log is elsewhere */
        bool reports;     /* the account is printed: it was not Wireshark that started this */
    } display;

    /* --timeout and -a duration, by capture_loop.c; capture_set_pause moves the deadline. */
    struct {
        uint64_t duration_end; /* 0: no end */
        uint64_t deadline;     /* 0: the loop has not run yet */
        uint64_t left;         /* of it when the pause began; valid while paused */
        bool received;         /* a packet was written since the deadline was set */
    } timeout;

    /* What `interfaces` does not count. */
    struct {
        uint64_t drops_marked; /* packets lost before the latest one that was read */
        uint64_t comments_cut; /* packets written with a part of their comments */
        uint64_t counts_due;   /* when --statistics logs the counts next; by capture_account.c */
    } accounting;

    /* stop_time and deadline by capture_stop; the others by whoever finds the end. Never reset. */
    struct {
        uint64_t stop_time; /* what arrives later is not written; 0: not stopped */
        uint64_t deadline;  /* stop_time and the source's latency; valid with it */
        bool reader_gone;   /* nothing more can be written */
        bool reached;       /* the loop ends */
    } end;
};

/* A descriptor that the loop waits for; a row of its table, defined by the file that owns it. */
struct capture_watch {
    int (*descriptor)(const struct capture *capture); /* -1: do not wait for it now */
    short events; /* of poll(2), that `ready` is called for; POLLERR and POLLHUP always wake */
    void (*ready)(struct capture *capture); /* NULL: the next turn of the loop does the work */
};

/* Prints a line at the terminal, masked (mask.h); no effect if standard error is not a terminal. */
void capture_print(const struct capture *capture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same if this capture reports to its user, whether standard error is a terminal or not. */
void capture_report(const struct capture *capture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Logs a warning, and reports it when there is neither a log nor a terminal that shows it. */
void capture_warn(const struct capture *capture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Path of the file of the record that is written, for messages; the next call replaces it. */
const char *capture_record_path(const struct capture *capture);

/* Stops the capture. Packets that arrived before are still written; then the capture ends. */
void capture_stop(struct capture *capture);

/* Pauses or resumes the capture and its timeout; no effect if it is already in that state. */
void capture_set_pause(struct capture *capture, bool paused);

/* Whether the toolbar may change the receive-all mode of this capture. */
bool capture_mode_may_change(const struct capture *capture);

/* Changes the receive-all mode, or logs that this is not possible. */
void capture_set_mode(struct capture *capture, enum receive_all_mode mode);

/* Whether packets arrive at this machine. */
static inline bool capture_is_local(const struct capture *capture)
{
    return !capture->replay && !capture->remote;
}

/*
 * Whether the source must not be read: a replay that is paused; or another ipmon is to get the
 * packets, and has not yet said that it is ready. They wait in the kernel.
 */
static inline bool capture_is_held(const struct capture *capture)
{
    return (capture->replay && pause_is_on(&capture->pause)) ||
           (capture->toolbar.is_standard_input && !capture->toolbar.ready);
}

/* Whether lines of the log are written anywhere, Wireshark's toolbar apart. */
static inline bool capture_has_log(const struct capture *capture)
{
    return capture->settings->log_file && capture->settings->log_file[0] != '\0';
}

static inline bool capture_has_record(const struct capture *capture)
{
    return capture->record.path != NULL;
}

static inline bool capture_has_output(const struct capture *capture)
{
    return !capture->record.is_only;
}

/* Where every packet is written that is not discarded. */
static inline enum capture_stream_id capture_main_stream(const struct capture *capture)
{
    return capture_has_record(capture) ? STREAM_RECORD : STREAM_OUTPUT;
}

/* Whether a packet and the description of its interface, which may be new, fit a stream's buffer.
 */
static inline bool capture_stream_has_room(const struct capture_stream *stream)
{
    return pcapng_writer_has_room(&stream->writer, 2);
}

/* The same for the output's buffer. */
static inline bool capture_output_has_room(const struct capture *capture)
{
    return capture->printer.print ? text_writer_has_room(&capture->printer.writer)
                                  : capture_stream_has_room(&capture->streams[STREAM_OUTPUT]);
}

/* Whether a packet may be read: a record counts what it has no room for. */
static inline bool capture_has_room(const struct capture *capture)
{
    return capture_has_record(capture) || capture_output_has_room(capture);
}

/* Bytes of the output that were not yet handed to the kernel. */
static inline size_t capture_pending(const struct capture *capture)
{
    return capture->printer.print ? text_writer_pending(&capture->printer.writer)
                                  : pcapng_writer_pending(&capture->streams[STREAM_OUTPUT].writer);
}

#endif
