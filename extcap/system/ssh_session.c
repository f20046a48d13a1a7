/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ssh_session.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "caller_environment.h"

#define VARIABLE "SSH_CONNECTION="

enum {
    ANCESTORS_MAX = 16,                /* sudo, a shell or two, sshd */
    ENVIRONMENT_MAX = 2 * 1024 * 1024, /* bytes */
};

/* Copies an address without its zone; false when it is none. */
static bool take_address(char text[INET6_ADDRSTRLEN], const char *word)
{
    struct in6_addr bytes;

    snprintf(text, INET6_ADDRSTRLEN, "%.*s", (int)strcspn(word, "%"), word);
    return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1;
}

/* value: "CLIENT PORT SERVER PORT" */
static bool read_value(struct ssh_session *session, const char *value)
{
    char client[64];
    char server[64];
    char port[8];
    unsigned long number;

    if (sscanf(value, "%63s %*s %63s %7s", client, server, port) != 3)
        return false;
    number = strtoul(port, NULL, 10);
    session->server_port = (unsigned)number;
    return take_address(session->client, client) && take_address(session->server, server) &&
           number != 0 && number <= UINT16_MAX;
}

/* An entry of /proc/PID as strings that end with 0; NULL: it cannot be read. To be freed. */
static char *read_entry(pid_t pid, const char *name, size_t *length)
{
    char path[64];
    char *text = malloc(ENVIRONMENT_MAX + 1);
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    file = text ? fopen(path, "re") : NULL;
    if (!file) {
        free(text);
        return NULL;
    }
    *length = fread(text, 1, ENVIRONMENT_MAX, file);
    text[*length] = '\0';
    fclose(file);
    return text;
}

static bool find_in_process(struct ssh_session *session, pid_t pid)
{
    size_t length;
    char *text = read_entry(pid, "environ", &length);
    bool found = false;

    if (!text)
        return false;
    for (size_t at = 0; at < length && !found; at += strlen(text + at) + 1)
        if (strncmp(text + at, VARIABLE, strlen(VARIABLE)) == 0)
            found = read_value(session, text + at + strlen(VARIABLE));
    free(text);
    return found;
}

/* It follows the state, a letter, behind the name. 0: there is none, or it is not known. */
static pid_t parent_of(pid_t pid)
{
    size_t length;
    char *text = read_entry(pid, "stat", &length);
    const char *name_end = text ? strrchr(text, ')') : NULL;
    const char *state = name_end ? strpbrk(name_end, "RSDTtZXIWKP") : NULL;
    const pid_t parent = state ? (pid_t)strtol(state + 1, NULL, 10) : 0;

    free(text);
    return parent;
}

bool ssh_session_find(struct ssh_session *session)
{
    const char *own = caller_environment_get("SSH_CONNECTION");
    pid_t pid = getppid();

    if (own)
        return read_value(session, own);
    for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = parent_of(pid))
        if (find_in_process(session, pid))
            return true;
    return false;
}
