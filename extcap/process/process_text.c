/*
 * Escapes, paths, and the names that container engines give their control groups.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_text.h"

#include <stdio.h>
#include <string.h>

#include "printable.h"

enum {
    ESCAPE_LENGTH = 4,    /* \xNN */
    CONTAINER_ID = 64,    /* hexadecimal digits */
    CONTAINER_SHOWN = 12, /* of them, as the engines print them */
    PATH_SIZE = PROCESS_PATH_PARTS * PROCESS_PART_SIZE,
    SERVICE_SIZE = PROCESS_GROUP_SIZE + 16,
};

static const char cut_mark[] = "...";

/* Whether the text up to its last character looks like one that was cut. */
static bool is_mark(const char *text, const char *last)
{
    const size_t before = sizeof cut_mark - 2;

    return (size_t)(last - text) >= before && strcmp(last - before, cut_mark) == 0;
}

/* Bytes at a place of a text that stand for themselves; 0: the first one must be escaped. */
static size_t plain_length(const char *text, const char *at, bool is_cut)
{
    const bool is_last = at[1] == '\0' && !is_cut;

    if (*at == '\\' || (*at == ' ' && (at == text || is_last)) || (is_last && is_mark(text, at)))
        return 0;
    return printable_character_length(at);
}

static void escape(char *copy, size_t size, const char *text, bool is_cut)
{
    size_t used = 0;
    size_t kept = 0; /* up to there the mark still fits behind */

    for (const char *at = text; *at;) {
        const size_t plain = plain_length(text, at, is_cut);
        const size_t needed = plain != 0 ? plain : ESCAPE_LENGTH;

        if (used + needed >= size) {
            memcpy(copy + kept, cut_mark, sizeof cut_mark);
            return;
        }
        if (plain != 0)
            memcpy(copy + used, at, plain);
        else
            snprintf(copy + used, size - used, "\\x%02x", (unsigned)(unsigned char)*at);
        used += needed;
        at += plain != 0 ? plain : 1;
        if (used + sizeof cut_mark <= size)
            kept = used;
    }
    copy[used] = '\0';
    if (is_cut)
        memcpy(copy + kept, cut_mark, sizeof cut_mark);
}

void process_text_escape(char *copy, size_t size, const char *text)
{
    escape(copy, size, text, false);
}

void process_text_arguments(char *copy, size_t size, const char *arguments, size_t length,
                            bool is_cut)
{
    char joined[PROCESS_ARGUMENTS_SIZE + 1];
    size_t used = length < PROCESS_ARGUMENTS_SIZE ? length : PROCESS_ARGUMENTS_SIZE;

    memcpy(joined, arguments, used);
    while (used > 0 && joined[used - 1] == '\0')
        used--;
    for (size_t i = 0; i < used; i++)
        if (joined[i] == '\0')
            joined[i] = ' ';
    joined[used] = '\0';
    escape(copy, size, joined, is_cut);
}

/* Not if a part of it was left out or may have been cut. */
static bool is_path_whole(const struct process_record *record)
{
    for (size_t i = 0; i < PROCESS_PATH_PARTS; i++)
        if (strnlen(record->path[i], PROCESS_PART_SIZE) >= PROCESS_PART_SIZE - 1)
            return false;
    return record->path_whole != 0;
}

void process_text_command(char *copy, size_t size, const struct process_record *record)
{
    char path[PATH_SIZE] = "";
    size_t used = 0;

    for (size_t i = is_path_whole(record) ? PROCESS_PATH_PARTS : 0; i-- > 0;)
        if (record->path[i][0] != '\0')
            used += (size_t)snprintf(path + used, sizeof path - used, "/%.*s",
                                     PROCESS_PART_SIZE - 1, record->path[i]);
    if (used == 0)
        snprintf(path, sizeof path, "%.*s", PROCESS_NAME_SIZE, record->name);
    process_text_escape(copy, size, path);
}

static bool is_container_id(const char *text)
{
    return strspn(text, "0123456789abcdef") >= CONTAINER_ID;
}

/* A name that begins with an engine's prefix; engine NULL: the group above names it. */
static const struct {
    const char *prefix;
    const char *engine;
} engines[] = {
    {"docker-", "docker"},
    {"libpod-", "podman"},
    {"cri-containerd-", "containerd"},
    {"crio-", "crio"},
    {"", NULL},
};

/* Without a prefix: docker/ID, and containerd below kubepods or a namespace. */
static const char *engine_above(const struct process_record *record, size_t part)
{
    for (size_t above = part + 1; above < PROCESS_GROUP_PARTS; above++)
        if (strcmp(record->group[above], "docker") == 0)
            return "docker";
    return "containerd";
}

static bool find_container(char *copy, size_t size, const struct process_record *record,
                           size_t part)
{
    const char *name = record->group[part];

    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        const size_t length = strlen(engines[i].prefix);

        if (strncmp(name, engines[i].prefix, length) != 0 || !is_container_id(name + length))
            continue;
        snprintf(copy, size, "%s:%.*s",
                 engines[i].engine ? engines[i].engine : engine_above(record, part),
                 CONTAINER_SHOWN, name + length);
        return true;
    }
    return false;
}

/* lxc.payload.NAME, or lxc/NAME before LXC 4. */
static const char *lxc_name(const struct process_record *record, size_t part)
{
    static const char payload[] = "lxc.payload.";

    if (strncmp(record->group[part], payload, sizeof payload - 1) == 0)
        return record->group[part] + sizeof payload - 1;
    if (part + 1 < PROCESS_GROUP_PARTS && record->group[part][0] != '\0' &&
        strcmp(record->group[part + 1], "lxc") == 0)
        return record->group[part];
    return NULL;
}

static bool is_service(const char *name)
{
    static const char suffix[] = ".service";
    const size_t length = strlen(name);

    return length >= sizeof suffix && strcmp(name + length - (sizeof suffix - 1), suffix) == 0;
}

static bool find_named(char *copy, size_t size, const struct process_record *record, size_t part)
{
    const char *lxc = lxc_name(record, part);
    char text[SERVICE_SIZE];

    if (!lxc && !is_service(record->group[part]))
        return false;
    snprintf(text, sizeof text, "%s:%s", lxc ? "lxc" : "systemd", lxc ? lxc : record->group[part]);
    process_text_escape(copy, size, text);
    return true;
}

void process_text_container(char *copy, size_t size, const struct process_record *record)
{
    copy[0] = '\0';
    for (size_t part = 0; part < PROCESS_GROUP_PARTS; part++)
        if (find_container(copy, size, record, part))
            return;
    for (size_t part = 0; part < PROCESS_GROUP_PARTS; part++)
        if (find_named(copy, size, record, part))
            return;
}
