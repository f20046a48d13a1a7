/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socket_error.h"

enum {
    STATUS_NO_COMMAND = 127, /* of a shell */
    LINES_SIZE = 400,        /* bytes of lines of which none is known to be the reason */
    CODE_MAX = 65535,
};

/* What the other ipmon prints in front of the code of its failure (console.c). */
#define OWN "ipmon: error "

#define INSTALL "install ipmon on that host, or give its path there: --remote-command PATH"
#define UPGRADE "the ipmon on that host is too old: install this version there"
#define REACH "see whether the host is up and a firewall lets ssh pass"

/* The first row whose text a line contains tells the cause; of several such lines the last. */
static const struct fault {
    const char *text;
    int code;           /* of the catalogue; 0: that of errno_value */
    int errno_value;    /* 0: see code; if that is 0, too, the line has the code */
    const char *remedy; /* NULL: the line says it all */
} faults[] = {
    {OWN "10022: unknown option", 0, EOPNOTSUPP, UPGRADE},
    {OWN, 0, 0, NULL},
    {"IDENTIFICATION HAS CHANGED", 0, EACCES,
     "the host shows another key than the known one: if it was installed anew, remove the old key "
     "with ssh-keygen -R"},
    {"Host key verification failed", 0, EACCES,
     "run ssh to that host once in a terminal, compare the fingerprint and accept its key"},
    {"Permission denied (", 0, EACCES,
     "ssh may not ask a question here: give the host a key of yours with ssh-copy-id, and "
     "ssh-agent its passphrase with ssh-add"},
    {"Could not resolve hostname", SOCKET_ERROR_HOST_NOT_FOUND, 0, NULL},
    {"Connection refused", 0, ECONNREFUSED, "see whether a server for ssh runs on that host"},
    {"timed out", 0, ETIMEDOUT, REACH},
    {"not responding", 0, ETIMEDOUT, REACH},
    {"No route to host", 0, EHOSTUNREACH, REACH},
    {"Network is unreachable", 0, ENETUNREACH, REACH},
    {"kex_exchange_identification", 0, ECONNRESET,
     "the server for ssh refuses connections before the login when too many begin at a time "
     "(MaxStartups in sshd_config), or those of this machine"},
    {"Connection closed by", 0, ECONNRESET, NULL},
    {"closed by remote host", 0, ECONNRESET, NULL},
    {"Connection reset by", 0, ECONNRESET, NULL},
    {"cannot run ssh", 0, ENOENT, "install the client of OpenSSH (package openssh-client)"},
    {"a password is required", 0, EACCES,
     "let sudo run ipmon there without a password (NOPASSWD in sudoers)"},
    {"sudo: ", 0, EACCES, NULL},
    {"ommand not found", 0, ENOENT, INSTALL},
    {": not found", 0, ENOENT, INSTALL},
    {"nknown command", 0, ENOENT, INSTALL},
    {"No such file or directory", 0, ENOENT, INSTALL},
};

/* Bytes of the line that a text begins with. */
static size_t line_length(const char *text)
{
    return strcspn(text, "\r\n");
}

/* The line of a text that holds the part, which stands in it. */
static const char *line_of(const char *text, const char *part)
{
    while (part > text && part[-1] != '\n')
        part--;
    return part;
}

static const char *find_last(const char *text, const char *part)
{
    const char *last = NULL;

    for (const char *found = strstr(text, part); found; found = strstr(found + 1, part))
        last = found;
    return last;
}

static const struct fault *find_fault(const char *said, const char **line)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *found = find_last(said, faults[i].text);

        if (!found)
            continue;
        *line = line_of(said, found);
        return &faults[i];
    }
    return NULL;
}

/* Whether a line has text, and not only what frames one. */
static bool is_of_frame(char character)
{
    return strchr("@ \t", character) != NULL;
}

static bool is_of_end(char character)
{
    return character == '.' || is_of_frame(character);
}

/*
 * Copies a line without the frame that ssh makes of '@' around warnings, and without a full stop:
 * it becomes part of a sentence.
 */
static void copy_line(char text[FAILURE_TEXT_SIZE], const char *line)
{
    size_t length = line_length(line);

    while (length > 0 && is_of_frame(line[0])) {
        line++;
        length--;
    }
    while (length > 0 && is_of_end(line[length - 1]))
        length--;
    snprintf(text, FAILURE_TEXT_SIZE, "%.*s", (int)length, line);
}

static void replace(char text[FAILURE_TEXT_SIZE], const char *old, const char *new)
{
    char whole[2 * FAILURE_TEXT_SIZE];
    const char *found = strstr(text, old);

    if (!found)
        return;
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)(found - text), text, new, found + strlen(old));
    whole[FAILURE_TEXT_SIZE - 1] = '\0';
    memcpy(text, whole, FAILURE_TEXT_SIZE);
}

/* What is about "this" machine there is about another one here. */
static void adapt(char text[FAILURE_TEXT_SIZE], const char *host)
{
    char list[FAILURE_TEXT_SIZE];

    snprintf(list, sizeof list, "'ipmon -D --remote-host %s'", host);
    replace(text, "'ipmon --list-addresses'", list);
    replace(text, "is not a numeric IP address", "is no interface or address there");
    replace(text, "an address of this machine", "an address of that machine");
}

/* Separates the errno's name, which is the last word of a failure's text, and returns it, or "". */
static const char *take_name(char *text)
{
    char *last = strrchr(text, ' ');

    if (!last || last[1] != '(' || last[2] != 'E' || last[strlen(last) - 1] != ')')
        return "";
    *last = '\0';
    return last + 1;
}

/*
 * Takes the other ipmon's code and errno's name from its line, and leaves its text. Returns the
 * code; 0: it is none of its lines.
 */
static int take_code(char text[FAILURE_TEXT_SIZE], const char **name)
{
    const char *found = strstr(text, OWN);
    char *end = text;
    const long code = found ? strtol(found + strlen(OWN), &end, 10) : 0;

    *name = "";
    if (code <= 0 || code > CODE_MAX || strncmp(end, ": ", 2) != 0)
        return 0;
    memmove(text, end + 2, strlen(end + 2) + 1);
    *name = take_name(text);
    return (int)code;
}

#define BETWEEN_LINES " / "

/* Where the last lines begin that have room when joined; of a longer one there is the beginning. */
static const char *last_lines(const char *said, size_t size)
{
    const char *start = said + strlen(said);
    size_t joined = 0;

    while (start > said) {
        const char *line = line_of(said, start - 1);

        joined += (size_t)(start - line) + strlen(BETWEEN_LINES);
        if (joined >= size && start[strspn(start, "\r\n")] != '\0')
            break;
        start = line;
    }
    return start;
}

/* All lines, without empty ones, as one. */
static void join_lines(char *joined, size_t size, const char *said)
{
    size_t used = 0;

    joined[0] = '\0';
    while (*said && used < size - 1) {
        const size_t length = line_length(said);

        if (length != 0) {
            const int added = snprintf(joined + used, size - used, "%s%.*s",
                                       used ? BETWEEN_LINES : "", (int)length, said);
            used += added > 0 ? (size_t)added : 0;
        }
        said += length;
        said += strspn(said, "\r\n");
    }
}

/* Without a known line: the last ones, or what the status tells. */
static bool set_unknown(struct failure *failure, const struct remote_reason *reason)
{
    const char *host = reason->host;
    const char *more = reason->more;
    char lines[LINES_SIZE];

    join_lines(lines, sizeof lines, last_lines(reason->said, sizeof lines));
    if (reason->status == STATUS_NO_COMMAND)
        return failure_set_errno(failure, ENOENT, "%s: %s; " INSTALL "%s", host,
                                 lines[0] != '\0' ? lines : "there is no such command", more);
    if (lines[0] != '\0')
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ, "%s: %s%s", host, lines, more);
    if (reason->status == 0)
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ,
                           "%s: the command there printed nothing%s", host, more);
    if (reason->status > 0)
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ,
                           "%s: ssh ended with status %d and gave no reason%s", host,
                           reason->status, more);
    return failure_set(failure, SOCKET_ERROR_CANNOT_READ, "%s: ssh ended and gave no reason%s",
                       host, more);
}

bool remote_fault_set(struct failure *failure, const struct remote_reason *reason)
{
    const char *line = NULL;
    const struct fault *fault = find_fault(reason->said, &line);
    const char *remedy = fault && fault->remedy ? fault->remedy : "";
    const char *before = remedy[0] != '\0' ? "; " : "";
    char text[FAILURE_TEXT_SIZE];
    const char *name;
    int code;

    if (!fault)
        return set_unknown(failure, reason);
    copy_line(text, line);
    code = take_code(text, &name);
    adapt(text, reason->destination);
    if (fault->code != 0)
        code = fault->code;
    if (fault->errno_value == 0 && code != 0)
        return failure_set(failure, code, "%s: %s%s%s%s%s%s", reason->host, text, before, remedy,
                           reason->more, name[0] != '\0' ? " " : "", name);
    if (fault->errno_value == 0)
        return failure_set(failure, SOCKET_ERROR_CANNOT_READ, "%s: %s%s", reason->host, text,
                           reason->more);
    return failure_set_errno(failure, fault->errno_value, "%s: %s%s%s%s", reason->host, text,
                             before, remedy, reason->more);
}

bool remote_fault_is_of_host(const char *said)
{
    const char *line;
    const struct fault *fault = find_fault(said, &line);

    return fault && (fault->code == SOCKET_ERROR_HOST_NOT_FOUND ||
                     fault->errno_value == ECONNREFUSED || fault->errno_value == ETIMEDOUT ||
                     fault->errno_value == EHOSTUNREACH || fault->errno_value == ENETUNREACH);
}
