/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "remote_host.h"
#include "source_name.h"

/* The source of all that -i names by HOST:SOURCE; no other string has its address. */
static const char source_of_hosts[] = SOURCE_PREFIX SOURCE_REMOTE;

/* The host and the source of a word. */
struct remote_word {
    char host[REMOTE_HOST_SIZE]; /* without the brackets of an address */
    const char *source;
};

bool option_source_is_address(const char *word)
{
    struct in6_addr bytes;
    char number[INET6_ADDRSTRLEN];

    snprintf(number, sizeof number, "%.*s", (int)strcspn(word, "%"), word);
    return inet_pton(AF_INET, number, &bytes) == 1 || inet_pton(AF_INET6, number, &bytes) == 1;
}

/* The name of the source for a word that has no prefix; the next call replaces it. */
static const char *make_source_name(const char *text)
{
    static char *made;

    if (strcasecmp(text, "any") == 0) /* tcpdump's and libpcap's word */
        return SOURCE_PREFIX SOURCE_ALL;
    if (strncasecmp(text, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) == 0)
        return text;
    free(made);
    if (asprintf(&made, SOURCE_PREFIX "%s", text) < 0)
        made = NULL;
    return made;
}

/* The colon between the host and its source, or NULL. */
static const char *find_colon(const char *text)
{
    const char *bracket = strstr(text, "]:");

    return bracket && strchr(text, '[') ? bracket + 1 : strchr(text, ':');
}

/* Whether the text in front of the colon could be the beginning of a mistyped IPv6 address. */
static bool is_like_address(const char *text, const char *colon)
{
    return strspn(text, "0123456789abcdefABCDEF") == (size_t)(colon - text) &&
           strchr(colon + 1, ':');
}

/* Whether the part in front of the colon is an interface, as that of a label such as eth0:1. */
static bool is_interface(const char *text, const char *colon)
{
    char name[IFNAMSIZ];

    if ((size_t)(colon - text) >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(colon - text), text);
    return if_nametoindex(name) != 0;
}

/* Whether a word is HOST:SOURCE. */
static bool names_host(const char *text)
{
    const char *colon = find_colon(text);

    return colon && colon != text && strncasecmp(text, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) != 0 &&
           !option_source_is_address(text) && !is_like_address(text, colon) &&
           !is_interface(text, colon);
}

/* Splits HOST:SOURCE. */
static bool split(struct remote_word *word, const char *text, struct failure *failure)
{
    const char *colon = find_colon(text);
    size_t used = 0;

    if (strncmp(colon, "://", strlen("://")) == 0)
        return failure_set_errno(failure, EINVAL,
                                 "'%s' is an address of the web; a port of ssh is given by "
                                 "--remote-host ssh://HOST:PORT with -i remote",
                                 text);
    word->source = colon + 1;
    if (word->source[0] == '\0')
        return failure_set_errno(failure, EINVAL,
                                 "'%s' names no source of that host: an address, an interface or "
                                 "all follows the colon",
                                 text);
    for (; text < colon && used < sizeof word->host - 1; text++)
        if (*text != '[' && *text != ']')
            word->host[used++] = *text;
    word->host[used] = '\0';
    return remote_host_check(word->host, strlen(word->host), failure);
}

static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);

    for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
        if (strcspn(list, " ") == length && strncmp(list, word, length) == 0)
            return true;
    return false;
}

/* Adds the host and HOST=SOURCE to the lists; a new command line begins them anew. */
static bool add_host(struct settings *settings, const struct remote_word *word)
{
    static char *hosts;
    static char *sources;
    const char *old_hosts = settings->remote_hosts ? settings->remote_hosts : "";
    const char *old_sources = settings->remote_source ? settings->remote_source : "";
    const bool is_known = has_word(old_hosts, word->host);
    char *new_hosts = NULL;
    char *new_sources = NULL;

    if (asprintf(&new_hosts, "%s%s%s", old_hosts, is_known || !*old_hosts ? "" : " ",
                 is_known ? "" : word->host) < 0)
        return false;
    if (asprintf(&new_sources, "%s%s%s=%s", old_sources, *old_sources ? " " : "", word->host,
                 word->source) < 0) {
        free(new_hosts);
        return false;
    }
    free(hosts);
    free(sources);
    settings->remote_hosts = hosts = new_hosts;
    settings->remote_source = sources = new_sources;
    return true;
}

bool option_source_names_host(const struct settings *settings)
{
    return settings->interface == source_of_hosts;
}

static bool set_host(struct settings *settings, const char *text, struct failure *failure)
{
    struct remote_word word = {.source = ""};

    if (!split(&word, text, failure))
        return false;
    if (!add_host(settings, &word))
        return failure_set_errno(failure, ENOMEM, "no memory for the remote hosts");
    settings->interface = source_of_hosts;
    return true;
}

bool option_source_set(struct settings *settings, const char *typed, const char *text,
                       bool is_first, struct failure *failure)
{
    const bool is_remote = names_host(text);

    if (!is_first && is_remote != option_source_names_host(settings))
        return failure_set_errno(failure, EINVAL,
                                 "%s names a source of this machine and HOST:SOURCE: a capture has "
                                 "either one or the other",
                                 typed);
    if (!is_first && !is_remote)
        return failure_set_errno(failure, EINVAL,
                                 "%s is given twice, and a capture has one source: an address, an "
                                 "interface, or all of them with -i all",
                                 typed);
    if (is_remote)
        return set_host(settings, text, failure);
    settings->interface = make_source_name(text);
    return true;
}
