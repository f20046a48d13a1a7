/*
 * The processes that send and receive a packet, as comments of the packet in a pcap-ng file name
 * them: those of ipmon, of ptcpdump and of etl2pcapng.
 *
 * A comment of ipmon or ptcpdump consists of lines "KEY: VALUE". ptcpdump reads every line, and of
 * equal keys the last one; here a line counts only where its writer puts it, since ptcpdump does
 * not escape names and arguments, and they could contain lines that look like others. A comment of
 * etl2pcapng is "PID=1234 TID=5678", perhaps with more behind it. Anything else, also what a user
 * typed, names no process.
 * Sources: ptcpdump, internal/types/context.go and internal/writer/pcapng.go; etl2pcapng,
 * src/main.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_INFORMATION_H
#define IPMON_PROCESS_INFORMATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROCESSES_MAX = 4,              /* of a packet that are kept */
    PROCESS_TEXT_SIZE = 4096,       /* bytes of the longest process_text with its NUL */
    PROCESS_LIST_TITLE_SIZE = 2048, /* bytes of the longest process_list_title with its NUL */
    PROCESS_TITLE_SIZE = 384,       /* bytes of the longest process_title with its NUL */
};

enum process_number {
    PROCESS_ID,
    PROCESS_THREAD, /* the id of the thread */
    PROCESS_USER,   /* the id of the user */
    PROCESS_NUMBERS,
};

enum process_string {
    PROCESS_NAME,
    PROCESS_EXECUTABLE,   /* its path */
    PROCESS_COMMAND_LINE, /* joined by blanks */
    PROCESS_USER_NAME,    /* on the host that captured */
    PROCESS_CONTAINER,    /* "docker:0123456789ab", or the id alone */
    PROCESS_STRINGS,
};

/* What has a few values with names, all of which are 0 when the comment does not state it. */
enum process_word {
    PROCESS_ROLE,
    PROCESS_HOW,
    PROCESS_CERTAINTY,
    PROCESS_SOURCE, /* never 0 */
    PROCESS_WORDS,
};

enum process_role_value {
    PROCESS_ROLE_UNKNOWN,
    PROCESS_ROLE_SENDER,
    PROCESS_ROLE_RECEIVER,
    PROCESS_ROLE_LISTENER, /* at either end of a connection that it has not accepted yet */
};

/* By what the process came to be known. */
enum process_how_value {
    PROCESS_HOW_UNKNOWN,
    PROCESS_HOW_CONNECT,
    PROCESS_HOW_ACCEPT,
    PROCESS_HOW_PORT,
    PROCESS_HOW_RAW,
    PROCESS_HOW_USE,
    PROCESS_HOW_LISTEN,
    PROCESS_HOW_EXISTING,
    PROCESS_HOW_KERNEL, /* it is no process but the kernel */
    PROCESS_HOW_NONE,   /* there is none */
};

enum process_certainty_value {
    PROCESS_CERTAINTY_UNKNOWN,
    PROCESS_CERTAINTY_EXACT,
    PROCESS_CERTAINTY_LISTENER,
    PROCESS_CERTAINTY_UNCERTAIN,
};

/* Who named the process, or where. */
enum process_source_value {
    PROCESS_SOURCE_UNKNOWN,
    PROCESS_SOURCE_IPMON,
    PROCESS_SOURCE_PTCPDUMP,
    PROCESS_SOURCE_ETL2PCAPNG,
    PROCESS_SOURCE_OPTION, /* epb_processid_threadid */
    PROCESS_SOURCE_DARWIN, /* a Darwin process information block */
};

/* A part of a comment, without a NUL; a length of 0 means that it is not known. */
struct process_span {
    const char *start;
    size_t length; /* bytes */
};

struct process {
    uint8_t known; /* bit set of numbers, 1 << enum process_number */
    uint8_t words[PROCESS_WORDS];
    uint32_t numbers[PROCESS_NUMBERS];
    struct process_span strings[PROCESS_STRINGS]; /* as in the comment, of any bytes */
};

/*
 * Those of one packet, the senders first, otherwise in the order of its comments. More than
 * PROCESSES_MAX are left out.
 */
struct process_list {
    size_t count;
    struct process processes[PROCESSES_MAX];
};

static inline bool process_has(const struct process *process, enum process_number number)
{
    return (process->known >> number & 1) != 0;
}

/*
 * Adds the process that a comment of the packet names; to one that a comment of ptcpdump named
 * before, what another comment of ptcpdump adds. A comment about anything else changes nothing.
 * text: must stay valid as long as the list.
 */
void process_list_add_comment(struct process_list *list, const char *text, size_t length);

/* Adds the process of the packet option epb_processid_threadid unless a comment named it. */
void process_list_add_option(struct process_list *list, uint32_t id, uint32_t thread);

/* The same for a Darwin process. name: a string that must stay valid, or NULL. */
void process_list_add_darwin(struct process_list *list, uint32_t id, const char *name);

/* "sender"; NULL when it is not known. Of the certainty that is a value, "unknown". */
const char *process_word_name(const struct process *process, enum process_word word);

/*
 * Writes a string of a process as text: UTF-8 in which invalid bytes and control characters are
 * \xNN each. What is too long is cut and ends with "...". False when the string is not known.
 */
bool process_text(char text[PROCESS_TEXT_SIZE], const struct process *process,
                  enum process_string string);

/* Whether it is a process, and the comment does not say that it may as well be another one. */
bool process_is_certain(const struct process *process);

/*
 * Writes who a process is in a few words: "curl (pid 1234, alice)", "process (pid 1234, user
 * 1000)", "curl (pid 1234, alice, uncertain)", "kernel", "no process".
 */
void process_title(char text[PROCESS_TITLE_SIZE], const struct process *process);

/* Writes all in one line, "from curl (pid 1234, alice), to nginx (pid 80)"; nothing if empty. */
void process_list_title(char text[PROCESS_LIST_TITLE_SIZE], const struct process_list *list);

#endif
