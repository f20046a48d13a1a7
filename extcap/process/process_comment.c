/*
 * The lines of the comment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_comment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const hows[PROCESS_EVENTS] = {
    [PROCESS_EVENT_CONNECT] = "connect", [PROCESS_EVENT_ACCEPT] = "accept",
    [PROCESS_EVENT_PORT] = "port",       [PROCESS_EVENT_RAW] = "raw",
    [PROCESS_EVENT_SEND] = "use",        [PROCESS_EVENT_RECEIVE] = "use",
    [PROCESS_EVENT_LISTEN] = "listen",   [PROCESS_EVENT_EXISTING] = "existing",
    [PROCESS_EVENT_KERNEL] = "kernel",
};

static const char *const certainties[] = {
    [PROCESS_KERNEL] = "exact",
    [PROCESS_UNCERTAIN] = "uncertain",
    [PROCESS_LISTENER] = "listener",
    [PROCESS_EXACT] = "exact",
};

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, PROCESS_COMMENT_SIZE - used, format, arguments);
    va_end(arguments);
}

static void add_text(char *text, const char *key, const char *value)
{
    if (value && *value)
        add(text, "%s: %s\n", key, value);
}

static void add_text_or_blank(char *text, const char *key, const char *value, bool is_blank)
{
    if (is_blank)
        add(text, "%s: \n", key);
    else
        add_text(text, key, value);
}

unsigned process_comment_blanks(const struct process_names *names,
                                const struct process_names *names_before)
{
    unsigned blanks = 0;

    if (names_before && !names)
        blanks |= PROCESS_COMMENT_NO_COMMAND;
    if (names_before && *names_before->arguments && !(names && *names->arguments))
        blanks |= PROCESS_COMMENT_NO_ARGUMENTS;
    return blanks;
}

static const char *role_name(const struct process_answer *answer, enum process_role role)
{
    if (answer->is_listener)
        return "listener";
    return role == PROCESS_SENDER ? "sender" : "receiver";
}

static const char *user_of(const struct process_answer *answer, const struct process_names *names)
{
    return names && names->users ? user_names_find(names->users, answer->user) : NULL;
}

void process_comment_write(char text[PROCESS_COMMENT_SIZE], const struct process_answer *answer,
                           enum process_role role, const struct process_names *names,
                           unsigned blanks)
{
    text[0] = '\0';
    if (answer->process != 0) {
        add(text, "PID: %u\nThreadId: %u\n", answer->process, answer->thread);
        add_text_or_blank(text, "Cmd", names ? names->command : NULL,
                          blanks & PROCESS_COMMENT_NO_COMMAND);
        add_text_or_blank(text, "Args", names ? names->arguments : NULL,
                          blanks & PROCESS_COMMENT_NO_ARGUMENTS);
        add(text, "UserId: %u\n", answer->user);
        add_text(text, "Name", names ? names->name : NULL);
        add_text(text, "User", user_of(answer, names));
        add_text(text, "Container", names ? names->container : NULL);
    }
    add(text, "Role: %s\nHow: %s\nCertainty: %s", role_name(answer, role), hows[answer->how],
        certainties[answer->certainty]);
}
