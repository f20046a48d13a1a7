/*
 * A comment is read line by line; each key is a row of a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_information.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

enum {
    TITLE_NAME_SIZE = 256, /* bytes of a name in a title with its NUL */
    TITLE_USER_SIZE = 64,

    ESCAPE_LENGTH = 4, /* of "\xNN" */
};

#define DOTS "..." /* behind what was cut off */

enum kind {
    KIND_NUMBER,
    KIND_STRING,
    KIND_WORD,
    KIND_END, /* what follows may be a part of the value, which is not read */
};

/*
 * When a key counts. ptcpdump has a comment for the process, which ends with the arguments, and
 * others for the rest.
 */
enum {
    KEY_OF_PROCESS = 1, /* in ptcpdump's comment about a process */
    KEY_OF_DETAIL = 2,  /* in its other comments */
    KEY_OF_IPMON = 4,
};

static const struct key {
    const char *name;
    uint8_t kind;
    uint8_t index; /* by kind: enum process_number, process_string or process_word */
    uint8_t where;
} keys[] = {
    {"PID", KIND_NUMBER, PROCESS_ID, KEY_OF_PROCESS | KEY_OF_IPMON},
    {"ThreadId", KIND_NUMBER, PROCESS_THREAD, KEY_OF_DETAIL | KEY_OF_IPMON},
    {"TID", KIND_NUMBER, PROCESS_THREAD, KEY_OF_DETAIL},
    {"ThreadName", KIND_END, 0, KEY_OF_DETAIL},
    {"ParentPID", KIND_END, 0, KEY_OF_DETAIL},
    {"Cmd", KIND_STRING, PROCESS_EXECUTABLE, KEY_OF_PROCESS | KEY_OF_IPMON},
    {"Command", KIND_STRING, PROCESS_EXECUTABLE, KEY_OF_PROCESS},
    {"Args", KIND_STRING, PROCESS_COMMAND_LINE, KEY_OF_PROCESS | KEY_OF_IPMON},
    {"UserId", KIND_NUMBER, PROCESS_USER, KEY_OF_DETAIL | KEY_OF_IPMON},
    {"ContainerId", KIND_STRING, PROCESS_CONTAINER, KEY_OF_DETAIL},
    {"Name", KIND_STRING, PROCESS_NAME, KEY_OF_IPMON},
    {"User", KIND_STRING, PROCESS_USER_NAME, KEY_OF_IPMON},
    {"Container", KIND_STRING, PROCESS_CONTAINER, KEY_OF_IPMON},
    {"Role", KIND_WORD, PROCESS_ROLE, KEY_OF_IPMON},
    {"How", KIND_WORD, PROCESS_HOW, KEY_OF_IPMON},
    {"Certainty", KIND_WORD, PROCESS_CERTAINTY, KEY_OF_IPMON},
};

enum { WORD_VALUES = 10 }; /* of the word with the most */

static const char *const words[PROCESS_WORDS][WORD_VALUES] = {
    [PROCESS_ROLE] =
        {
            [PROCESS_ROLE_SENDER] = "sender",
            [PROCESS_ROLE_RECEIVER] = "receiver",
            [PROCESS_ROLE_LISTENER] = "listener",
        },
    [PROCESS_HOW] =
        {
            [PROCESS_HOW_CONNECT] = "connect",
            [PROCESS_HOW_ACCEPT] = "accept",
            [PROCESS_HOW_PORT] = "port",
            [PROCESS_HOW_RAW] = "raw",
            [PROCESS_HOW_USE] = "use",
            [PROCESS_HOW_LISTEN] = "listen",
            [PROCESS_HOW_EXISTING] = "existing",
            [PROCESS_HOW_KERNEL] = "kernel",
            [PROCESS_HOW_NONE] = "none",
        },
    [PROCESS_CERTAINTY] =
        {
            [PROCESS_CERTAINTY_UNKNOWN] = "unknown",
            [PROCESS_CERTAINTY_EXACT] = "exact",
            [PROCESS_CERTAINTY_LISTENER] = "listener",
            [PROCESS_CERTAINTY_UNCERTAIN] = "uncertain",
        },
    [PROCESS_SOURCE] =
        {
            [PROCESS_SOURCE_IPMON] = "ipmon",
            [PROCESS_SOURCE_PTCPDUMP] = "ptcpdump",
            [PROCESS_SOURCE_ETL2PCAPNG] = "etl2pcapng",
            [PROCESS_SOURCE_OPTION] = "epb_processid_threadid",
            [PROCESS_SOURCE_DARWIN] = "darwin",
        },
};

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct process_span trimmed(const char *start, const char *end)
{
    while (start < end && is_space(*start))
        start++;
    while (start < end && is_space(end[-1]))
        end--;
    return (struct process_span){start, (size_t)(end - start)};
}

/* Most words differ in their first letter. */
static bool equals(const struct process_span *span, const char *name)
{
    return span->length != 0 && span->start[0] == name[0] && strlen(name) == span->length &&
           memcmp(span->start, name, span->length) == 0;
}

/* What lines of ptcpdump's comments begin with that are about no process, but details of it. */
static const char *const details[] = {
    "ThreadId",        "TID",          "ThreadName",     "UserId",    "GroupId",
    "ParentPID",       "ParentCmd",    "ParentArgs",     "PodName",   "ContainerName",
    "ParentCommand",   "ContainerId",  "PodUID",         "PodLabels", "ContainerImage",
    "ContainerLabels", "PodNamespace", "PodAnnotations",
};

struct line {
    const struct key *key; /* NULL: none of the table */
    bool is_detail;
    struct process_span value;
};

static const struct key *key_of(const struct process_span *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (equals(name, keys[i].name))
            return &keys[i];
    return NULL;
}

static bool is_detail(const struct process_span *name)
{
    for (size_t i = 0; i < sizeof details / sizeof *details; i++)
        if (equals(name, details[i]))
            return true;
    return false;
}

/* Takes the first line off a text; false at its end. */
static bool next_line(struct process_span *text, struct line *line)
{
    const char *end = text->start + text->length;
    const char *newline = memchr(text->start, '\n', text->length);
    const char *stop = newline ? newline : end;
    const char *colon = memchr(text->start, ':', (size_t)(stop - text->start));
    struct process_span name;

    if (text->length == 0)
        return false;
    *line = (struct line){.value = {stop, 0}};
    if (colon) {
        name = trimmed(text->start, colon);
        line->key = key_of(&name);
        line->is_detail = is_detail(&name);
        line->value = trimmed(colon + 1, stop);
    }
    text->start = newline ? newline + 1 : end;
    text->length = (size_t)(end - text->start);
    return true;
}

/* Takes a decimal number off a text; false when it does not begin with one of 32 bits. */
static bool take_number(struct process_span *text, uint32_t *number)
{
    uint64_t value = 0;
    size_t digits = 0;

    for (; digits < text->length && text->start[digits] >= '0' && text->start[digits] <= '9';
         digits++) {
        value = value * 10 + (uint64_t)(text->start[digits] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    text->start += digits;
    text->length -= digits;
    return digits > 0;
}

static void set_number(struct process *process, enum process_number number, uint32_t value)
{
    process->numbers[number] = value;
    process->known |= (uint8_t)(1U << number);
}

static void read_number(struct process *process, enum process_number number,
                        struct process_span value)
{
    uint32_t read;

    if (!process_has(process, number) && take_number(&value, &read) && value.length == 0)
        set_number(process, number, read);
}

/* 0 is the value of a word that is not stated. */
static void read_word(struct process *process, enum process_word word, struct process_span value)
{
    for (uint8_t i = 1; i < WORD_VALUES && process->words[word] == 0; i++)
        if (words[word][i] && equals(&value, words[word][i]))
            process->words[word] = i;
}

/* Of lines with the same key the first one counts. */
static void read_value(struct process *process, const struct line *line)
{
    const uint8_t index = line->key->index;

    if (line->key->kind == KIND_NUMBER)
        read_number(process, (enum process_number)index, line->value);
    else if (line->key->kind == KIND_WORD)
        read_word(process, (enum process_word)index, line->value);
    else if (line->key->kind == KIND_STRING && process->strings[index].length == 0)
        process->strings[index] = line->value;
}

static bool is_key(const struct line *line, uint8_t kind, uint8_t index)
{
    return line->key && line->key->kind == kind && line->key->index == index;
}

static bool has_arguments(struct process_span text)
{
    struct line line;

    while (next_line(&text, &line))
        if (is_key(&line, KIND_STRING, PROCESS_COMMAND_LINE))
            return true;
    return false;
}

/*
 * Whose lines follow the one with the process id. In a comment of ptcpdump there are always
 * arguments, and never a thread before them.
 */
static uint8_t writer_of(struct process_span text)
{
    struct process_span rest = text;
    struct line line;

    if (next_line(&rest, &line) && is_key(&line, KIND_NUMBER, PROCESS_THREAD))
        return KEY_OF_IPMON;
    return has_arguments(text) ? KEY_OF_PROCESS : KEY_OF_IPMON;
}

/* ptcpdump escapes nothing: whatever follows its arguments may be a part of them. */
static bool is_end(const struct line *line, uint8_t writer)
{
    return line->key->kind == KIND_END ||
           (writer == KEY_OF_PROCESS && is_key(line, KIND_STRING, PROCESS_COMMAND_LINE));
}

/* The lines of a writer. */
static void read_lines(struct process *process, struct process_span text, uint8_t writer)
{
    struct line line;

    while (next_line(&text, &line)) {
        if (!line.key || (line.key->where & writer) == 0)
            continue;
        read_value(process, &line);
        if (is_end(&line, writer))
            return;
    }
}

/* The executable is stated by its path or, if that is not known, by a name. */
static void complete_name(struct process *process)
{
    struct process_span *path = &process->strings[PROCESS_EXECUTABLE];
    struct process_span *name = &process->strings[PROCESS_NAME];
    size_t start = path->length;

    while (start > 0 && path->start[start - 1] != '/')
        start--;
    if (name->length == 0 && start < path->length)
        *name = (struct process_span){path->start + start, path->length - start};
    if (start == 0)
        path->length = 0;
}

static bool is_stated(const struct process *process)
{
    return process->words[PROCESS_ROLE] != 0 || process->words[PROCESS_HOW] != 0 ||
           process->words[PROCESS_CERTAINTY] != 0;
}

/* A process by its id, which the first line states. text: what follows that line. */
static bool read_process(struct process *process, const struct line *first,
                         struct process_span text)
{
    uint8_t writer;

    read_value(process, first);
    if (!process_has(process, PROCESS_ID))
        return false;
    writer = writer_of(text);
    read_lines(process, text, writer);
    complete_name(process);
    process->words[PROCESS_SOURCE] = writer == KEY_OF_IPMON && is_stated(process)
                                         ? PROCESS_SOURCE_IPMON
                                         : PROCESS_SOURCE_PTCPDUMP;
    return true;
}

static bool begins_process(const struct line *line)
{
    return is_key(line, KIND_NUMBER, PROCESS_ID) || is_key(line, KIND_WORD, PROCESS_ROLE);
}

/*
 * A packet that no process sends or receives: its comment has a role first, and no id. It ends
 * where another one may begin, so that no line is read twice.
 */
static bool read_kernel(struct process *process, const struct line *first, struct process_span text)
{
    struct line line;

    read_value(process, first);
    while (next_line(&text, &line) && !begins_process(&line))
        if (line.key && line.key->kind == KIND_WORD)
            read_value(process, &line);
    process->words[PROCESS_SOURCE] = PROCESS_SOURCE_IPMON;
    return process->words[PROCESS_ROLE] != 0 &&
           (process->words[PROCESS_HOW] == PROCESS_HOW_KERNEL ||
            process->words[PROCESS_HOW] == PROCESS_HOW_NONE);
}

/*
 * The lines are skipped up to the one that a process begins with: a user may have put a note first.
 * Not those of ptcpdump, which could contain such a line.
 */
static bool read_comment(struct process *process, struct process_span text)
{
    struct line line;

    while (next_line(&text, &line)) {
        *process = (struct process){.known = 0};
        if (line.is_detail)
            return false;
        if (is_key(&line, KIND_NUMBER, PROCESS_ID) && read_process(process, &line, text))
            return true;
        if (is_key(&line, KIND_WORD, PROCESS_ROLE) && read_kernel(process, &line, text))
            return true;
    }
    return false;
}

/* Takes a word off a text. */
static bool take(struct process_span *text, const char *word)
{
    const size_t length = strlen(word);

    if (text->length < length || memcmp(text->start, word, length) != 0)
        return false;
    text->start += length;
    text->length -= length;
    return true;
}

/* Takes a number off a text with what is before it; the end of the text or a blank follows. */
static bool take_named(struct process_span *text, const char *name, uint32_t *number)
{
    return take(text, name) && take_number(text, number) &&
           (text->length == 0 || is_space(*text->start));
}

/* ETW has -1 for a process that it does not know. */
static bool read_etl2pcapng(struct process *process, struct process_span text)
{
    uint32_t number;

    if (!take_named(&text, "PID=", &number))
        return false;
    set_number(process, PROCESS_ID, number);
    if (take_named(&text, " TID=", &number))
        set_number(process, PROCESS_THREAD, number);
    process->words[PROCESS_SOURCE] = PROCESS_SOURCE_ETL2PCAPNG;
    return true;
}

static void add(struct process_list *list, const struct process *process)
{
    size_t at = list->count;

    if (list->count == PROCESSES_MAX)
        return;
    for (; at > 0 && process->words[PROCESS_ROLE] == PROCESS_ROLE_SENDER &&
           list->processes[at - 1].words[PROCESS_ROLE] != PROCESS_ROLE_SENDER;
         at--)
        list->processes[at] = list->processes[at - 1];
    list->processes[at] = *process;
    list->count++;
}

void process_list_add_comment(struct process_list *list, const char *text, size_t length)
{
    const struct process_span comment = {text, length};
    struct process read = {.known = 0};

    if (read_comment(&read, comment) || read_etl2pcapng(&read, trimmed(text, text + length))) {
        add(list, &read);
    } else if (list->count > 0 &&
               list->processes[list->count - 1].words[PROCESS_SOURCE] == PROCESS_SOURCE_PTCPDUMP) {
        read_lines(&list->processes[list->count - 1], comment, KEY_OF_DETAIL);
    }
}

static void add_by_id(struct process_list *list, const struct process *process)
{
    for (size_t i = 0; i < list->count; i++)
        if (process_has(&list->processes[i], PROCESS_ID) &&
            list->processes[i].numbers[PROCESS_ID] == process->numbers[PROCESS_ID])
            return;
    add(list, process);
}

void process_list_add_option(struct process_list *list, uint32_t id, uint32_t thread)
{
    struct process process = {.words[PROCESS_SOURCE] = PROCESS_SOURCE_OPTION};

    set_number(&process, PROCESS_ID, id);
    set_number(&process, PROCESS_THREAD, thread);
    add_by_id(list, &process);
}

void process_list_add_darwin(struct process_list *list, uint32_t id, const char *name)
{
    struct process process = {.words[PROCESS_SOURCE] = PROCESS_SOURCE_DARWIN};

    set_number(&process, PROCESS_ID, id);
    if (name)
        process.strings[PROCESS_NAME] = (struct process_span){name, strlen(name)};
    add_by_id(list, &process);
}

const char *process_word_name(const struct process *process, enum process_word word)
{
    return words[word][process->words[word]];
}

/* U+FFFE and U+FFFF: XML can have neither (XML 1.0, section 2.2). */
static bool is_noncharacter(const char *text, size_t length)
{
    return length == 3 && memcmp(text, "\xEF\xBF", 2) == 0 && (uint8_t)text[2] >= 0xBE;
}

/*
 * Writes at most `limit` bytes of text, or somewhat less and DOTS; then a NUL. Returns how many
 * bytes stand before it.
 */
static size_t write_span(char *text, size_t limit, const struct process_span *span)
{
    const char *end = span->start + span->length;
    size_t used = 0;

    for (const char *at = span->start; at < end;) {
        const size_t length = utf8_printable_length(at, (size_t)(end - at));
        const bool is_plain = length != 0 && !is_noncharacter(at, length);
        const size_t taken = is_plain ? length : ESCAPE_LENGTH;

        if (used + taken + (sizeof DOTS - 1) > limit) {
            memcpy(text + used, DOTS, sizeof DOTS);
            return used + sizeof DOTS - 1;
        }
        if (is_plain)
            memcpy(text + used, at, length);
        else
            snprintf(text + used, ESCAPE_LENGTH + 1, "\\x%02x", (unsigned)(uint8_t)*at);
        used += taken;
        at += is_plain ? length : 1;
    }
    text[used] = '\0';
    return used;
}

bool process_text(char text[PROCESS_TEXT_SIZE], const struct process *process,
                  enum process_string string)
{
    const struct process_span *span = &process->strings[string];

    if (span->length != 0)
        write_span(text, PROCESS_TEXT_SIZE - 1, span);
    return span->length != 0;
}

/* ", alice"; nothing when the user is not known. */
static void write_user(char text[TITLE_USER_SIZE], const struct process *process)
{
    const struct process_span *name = &process->strings[PROCESS_USER_NAME];

    text[0] = '\0';
    if (name->length != 0) {
        text[0] = ',';
        text[1] = ' ';
        write_span(text + 2, TITLE_USER_SIZE - 3, name);
    } else if (process_has(process, PROCESS_USER)) {
        snprintf(text, TITLE_USER_SIZE, ", user %u", (unsigned)process->numbers[PROCESS_USER]);
    }
}

static bool is_uncertain(const struct process *process)
{
    return process->words[PROCESS_CERTAINTY] == PROCESS_CERTAINTY_UNCERTAIN;
}

bool process_is_certain(const struct process *process)
{
    return process_has(process, PROCESS_ID) && !is_uncertain(process);
}

void process_title(char text[PROCESS_TITLE_SIZE], const struct process *process)
{
    const bool uncertain = is_uncertain(process);
    char name[TITLE_NAME_SIZE] = "process";
    char user[TITLE_USER_SIZE];

    if (!process_has(process, PROCESS_ID)) {
        snprintf(text, PROCESS_TITLE_SIZE, "%s%s",
                 process->words[PROCESS_HOW] == PROCESS_HOW_KERNEL ? "kernel" : "no process",
                 uncertain ? " (uncertain)" : "");
        return;
    }
    if (process->strings[PROCESS_NAME].length != 0)
        write_span(name, TITLE_NAME_SIZE - 1, &process->strings[PROCESS_NAME]);
    write_user(user, process);
    snprintf(text, PROCESS_TITLE_SIZE, "%s (pid %u%s%s)", name,
             (unsigned)process->numbers[PROCESS_ID], user, uncertain ? ", uncertain" : "");
}

void process_list_title(char text[PROCESS_LIST_TITLE_SIZE], const struct process_list *list)
{
    static const char *const roles[] = {
        [PROCESS_ROLE_UNKNOWN] = "",
        [PROCESS_ROLE_SENDER] = "from ",
        [PROCESS_ROLE_RECEIVER] = "to ",
        [PROCESS_ROLE_LISTENER] = "listener ",
    };
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct process *process = &list->processes[i];
        char title[PROCESS_TITLE_SIZE];

        process_title(title, process);
        used += (size_t)snprintf(text + used, PROCESS_LIST_TITLE_SIZE - used, "%s%s%s",
                                 used == 0 ? "" : ", ", roles[process->words[PROCESS_ROLE]], title);
    }
}
