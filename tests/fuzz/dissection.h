/*
 * A capture file that lives in memory, dissected by the Wireshark of this process with the plugin
 * linked in: what fuzz_dissect.c needs of Wireshark, with the differences between its versions.
 *
 * An exception, a warning of Wireshark or an error of GLib inside the plugin ends the process;
 * those in Wireshark's own dissectors do not. With IPMON_FUZZ_WITHOUT set in the environment the
 * plugin is never called: a fault that is still there is Wireshark's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_DISSECTION_H
#define IPMON_DISSECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DISSECTION_FRAMES_MAX = 24,
    DISSECTION_FIELDS_MAX = 2,
    DISSECTION_TREES = 4, /* of statistics */
};

/* The tree that a pass over the frames requests. */
enum dissection_pass {
    DISSECTION_WITHOUT_TREE,
    DISSECTION_INVISIBLE_TREE,
    DISSECTION_VISIBLE_TREE,
    DISSECTION_NO_PASS,
};

struct dissection_frame {
    const uint8_t *bytes;
    uint32_t captured_length;
    uint32_t wire_length;
    uint64_t time;  /* nanoseconds */
    bool has_flags; /* of the file: epb_flags */
    uint32_t flags;
    const char *interface; /* its name; NULL: not known */
    const char *comment;   /* NULL: none */
};

/* Who listens, and to what. */
struct dissection_demand {
    enum dissection_pass first;
    enum dissection_pass second;
    bool experts;
    bool columns;
    bool statistics[DISSECTION_TREES]; /* of headers, network events, socket errors and processes */
    bool connections;                          /* their table */
    const char *fields[DISSECTION_FIELDS_MAX]; /* of a display filter; NULL: none */
    bool summary;
    bool end_of_stream;
    const char *code_page;
};

struct dissection {
    int encapsulation; /* WTAP_ENCAP_... */
    struct dissection_demand demand;
    struct dissection_frame frames[DISSECTION_FRAMES_MAX];
    size_t frame_count;
};

/* Starts Wireshark. To be called once. */
void dissection_start(void);

/* Opens the file, dissects its frames as demanded and closes it. */
void dissection_run(const struct dissection *dissection);

/* Whether the plugin is called from now on. */
void dissection_enable_plugin(bool enabled);

#endif
