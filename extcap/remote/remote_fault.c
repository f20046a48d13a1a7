/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "socket_error.h"

enum {
    STATUS_NO_COMMAND = 127, /* of a shell */
    LINE_SIZE = 400,
};

#define INSTALL "install ipmon on that host, or give its path there: --remote-command PATH"
#define UPGRADE "the ipmon on that host is too old: install this version there"
#define REACH "see whether the host is up and a firewall lets ssh pass"

/* The first row whose text a line contains tells the cause. */
static const struct fault {
    const char *text;
    int code;           /* of the catalogue; 0: that of errno_value */
    int errno_value;    /* 0: see code */
    const char *remedy; /* NULL: the line says it all */
} faults[] = {
    {"IDENTIFICATION HAS CHANGED", 0, EACCES,
     "the host shows another key than the known one: if it was installed anew, remove the old key "
     "with ssh-keygen -R"},
    {"Host key verification failed", 0, EACCES,
     "run ssh to that host once in a terminal, compare the fingerprint and accept its key"},
    {"Permission denied (", 0, EACCES,
     "ssh may not ask a question here: give the host a key of yours with ssh-copy-id, and "
     "ssh-agent "
     "its passphrase with ssh-add"},
    {"Could not resolve hostname", SOCKET_ERROR_HOST_NOT_FOUND, 0, NULL},
    {"Connection refused", 0, ECONNREFUSED, "see whether a server for ssh runs on that host"},
    {"timed out", 0, ETIMEDOUT, REACH},
    {"not responding", 0, ETIMEDOUT, REACH},
    {"No route to host", 0, EHOSTUNREACH, REACH},
    {"Network is unreachable", 0, ENETUNREACH, REACH},
    {"Connection closed by", 0, ECONNRESET, NULL},
    {"Connection reset by", 0, ECONNRESET, NULL},
    {"cannot run ssh", 0, ENOENT, "install the client of OpenSSH (package openssh-client)"},
    {"a password is required", 0, EACCES,
     "let sudo run ipmon there without a password (NOPASSWD in sudoers)"},
    {"sudo: ", 0, EACCES, NULL},
    {"ipmon: error 10022: unknown option", 0, EOPNOTSUPP, UPGRADE},
    {"ipmon: error ", 0, EIO, NULL},
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

static const struct fault *find_fault(const char *said, const char **line)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *found = strstr(said, faults[i].text);

        if (!found)
            continue;
        *line = line_of(said, found);
        return &faults[i];
    }
    return NULL;
}

/* All lines, without empty ones, as one. */
static void join_lines(char *joined, size_t size, const char *said)
{
    size_t used = 0;

    joined[0] = '\0';
    while (*said && used < size - 1) {
        const size_t length = line_length(said);

        if (length != 0) {
            const int added = snprintf(joined + used, size - used, "%s%.*s", used ? " / " : "",
                                       (int)length, said);
            used += added > 0 ? (size_t)added : 0;
        }
        said += length;
        said += strspn(said, "\r\n");
    }
}

/* Without a known line: what there is, or what the status tells. */
static bool set_unknown(struct failure *failure, const char *host, const char *said, int status)
{
    char lines[LINE_SIZE];

    join_lines(lines, sizeof lines, said);
    if (status == STATUS_NO_COMMAND)
        return failure_set_errno(failure, ENOENT, "%s: %s; " INSTALL, host,
                                 lines[0] != '\0' ? lines : "there is no such command");
    if (lines[0] != '\0')
        return failure_set_errno(failure, EIO, "%s: %s", host, lines);
    if (status >= 0)
        return failure_set_errno(failure, EIO, "%s: ssh ended with status %d and gave no reason",
                                 host, status);
    return failure_set_errno(failure, EIO, "%s: ssh ended and gave no reason", host);
}

bool remote_fault_set(struct failure *failure, const char *host, const char *said, int status)
{
    const char *line = NULL;
    const struct fault *fault = find_fault(said, &line);
    char text[LINE_SIZE];

    if (!fault)
        return set_unknown(failure, host, said, status);
    snprintf(text, sizeof text, "%.*s", (int)line_length(line), line);
    if (fault->errno_value == 0)
        return failure_set(failure, fault->code, "%s: %s%s%s", host, text,
                           fault->remedy ? "; " : "", fault->remedy ? fault->remedy : "");
    return failure_set_errno(failure, fault->errno_value, "%s: %s%s%s", host, text,
                             fault->remedy ? "; " : "", fault->remedy ? fault->remedy : "");
}
