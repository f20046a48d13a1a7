/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "source_name.h"

#define BLANKS " \t"
#define URI "ssh://"

/* Shell metacharacters; Windows domains are separated from a user by '\', not from a host. */
#define NOT_IN_USER "'`\";&<>|(){}$= \t"
#define NOT_IN_HOST NOT_IN_USER "\\"

struct word {
    const char *text;
    size_t length;
};

static const struct word every_source = {SOURCE_ALL, sizeof SOURCE_ALL - 1};

/* Takes the next word, which is empty at the end. */
static struct word next_word(const char **text)
{
    struct word word;

    *text += strspn(*text, BLANKS);
    word = (struct word){*text, strcspn(*text, BLANKS)};
    *text += word.length;
    return word;
}

static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return true;
    return false;
}

static bool has_one_of(const char *text, size_t length, const char *set)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\0' && strchr(set, text[i]))
            return true;
    return false;
}

/* What is wrong with a user or a host; NULL: nothing. */
static const char *part_fault(const char *text, size_t length, const char *refused)
{
    if (length == 0)
        return "is no destination of ssh, which is HOST or USER@HOST";
    if (text[0] == '-')
        return "begins with '-', as an option of ssh does";
    if (has_control(text, length))
        return "contains control characters";
    if (has_one_of(text, length, refused))
        return "contains characters of the shell, or '='";
    return NULL;
}

static const char *host_fault(const char *text, size_t length)
{
    const size_t scheme = strncmp(text, URI, strlen(URI)) == 0 ? strlen(URI) : 0;
    const char *user = text + scheme;
    const char *at = memrchr(text, '@', length);
    const char *host = at && at >= user ? at + 1 : user;
    const char *fault = NULL;

    if (length >= REMOTE_HOST_SIZE)
        return "is too long for a destination of ssh";
    if (host != user)
        fault = part_fault(user, (size_t)(at - user), NOT_IN_USER);
    return fault ? fault : part_fault(host, (size_t)(text + length - host), NOT_IN_HOST);
}

bool remote_host_check(const char *text, size_t length, struct failure *failure)
{
    const char *fault = host_fault(text, length);

    return !fault || failure_set_errno(failure, EINVAL, "the remote host '%.*s' %s", (int)length,
                                       text, fault);
}

static bool is_same(struct word left, struct word right)
{
    return left.length == right.length && strncmp(left.text, right.text, left.length) == 0;
}

/* The host of HOST or HOST=SOURCE. */
static struct word host_of(struct word word)
{
    const char *equals = memchr(word.text, '=', word.length);

    return equals ? (struct word){word.text, (size_t)(equals - word.text)} : word;
}

/* The source of HOST=SOURCE. */
static struct word source_of(struct word word)
{
    const size_t front = host_of(word).length + 1;

    return (struct word){word.text + front, word.length - front};
}

static bool names_source(struct word word)
{
    return host_of(word).length != word.length;
}

static bool has_word(const char *words, struct word wanted)
{
    for (struct word word = next_word(&words); word.length != 0; word = next_word(&words))
        if (is_same(word, wanted))
            return true;
    return false;
}

/* Whether the list of hosts has that one. */
static bool has_host(const char *hosts, struct word host)
{
    for (struct word word = next_word(&hosts); word.length != 0; word = next_word(&hosts))
        if (is_same(host_of(word), host))
            return true;
    return false;
}

static bool check_hosts(const char *hosts, struct failure *failure)
{
    const char *rest = hosts;
    struct word word = next_word(&rest);

    if (word.length == 0)
        return failure_set_errno(failure, EINVAL,
                                 "no remote host is given: --remote-host HOST, as ssh takes it");
    for (; word.length != 0; word = next_word(&rest)) {
        if (!remote_host_check(word.text, host_of(word).length, failure))
            return false;
        if (!names_source(word) && has_word(rest, word))
            return failure_set_errno(failure, EINVAL, "the remote host '%.*s' is given twice",
                                     (int)word.length, word.text);
    }
    return true;
}

/* Sources of files and of hosts further away are no addresses of that host. */
static bool is_local_word(const char *text, size_t length)
{
    static const char *const words[] = {SOURCE_FILE, SOURCE_REMOTE};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length == strlen(words[i]) && strncasecmp(text, words[i], length) == 0)
            return true;
    return false;
}

static struct word without_prefix(struct word source)
{
    const size_t prefix = strlen(SOURCE_PREFIX);

    if (source.length > prefix && strncasecmp(source.text, SOURCE_PREFIX, prefix) == 0)
        return (struct word){source.text + prefix, source.length - prefix};
    return source;
}

static bool check_source(struct word source, struct failure *failure)
{
    if (source.length == 0 || source.length >= REMOTE_SOURCE_SIZE || source.text[0] == '-' ||
        has_control(source.text, source.length) || is_local_word(source.text, source.length))
        return failure_set_errno(
            failure, EINVAL,
            "the remote source '%.*s' is neither an address nor an interface nor 'all'",
            (int)source.length, source.text);
    return true;
}

bool remote_source_is_single(const char *source)
{
    struct failure failure = {""};

    return strcasecmp(source, SOURCE_ALL) != 0 && strpbrk(source, BLANKS) == NULL &&
           check_source((struct word){source, strlen(source)}, &failure);
}

static bool is_target(const struct remote_targets *targets, struct word host, struct word source)
{
    for (size_t i = 0; i < targets->count; i++)
        if (strlen(targets->rows[i].host) == host.length &&
            strncmp(targets->rows[i].host, host.text, host.length) == 0 &&
            (strlen(targets->rows[i].source) == source.length &&
             strncmp(targets->rows[i].source, source.text, source.length) == 0))
            return true;
    return false;
}

static bool add_target(struct remote_targets *targets, struct word host, struct word source,
                       struct failure *failure)
{
    struct remote_target *target = &targets->rows[targets->count];

    source = without_prefix(source);
    if (!check_source(source, failure))
        return false;
    if (is_target(targets, host, source))
        return failure_set_errno(failure, EINVAL, "the remote source '%.*s=%.*s' is given twice",
                                 (int)host.length, host.text, (int)source.length, source.text);
    if (targets->count == REMOTE_TARGETS_MAX)
        return failure_set_errno(failure, ENOBUFS, "at most %d remote sources can be captured from",
                                 REMOTE_TARGETS_MAX);
    snprintf(target->host, sizeof target->host, "%.*s", (int)host.length, host.text);
    snprintf(target->source, sizeof target->source, "%.*s", (int)source.length, source.text);
    targets->count++;
    return true;
}

/* Adds the items of HOST=SOURCE in the list of hosts. */
static bool add_host_items(struct remote_targets *targets, const char *hosts,
                           struct failure *failure)
{
    for (struct word item = next_word(&hosts); item.length != 0; item = next_word(&hosts))
        if (names_source(item) && !add_target(targets, host_of(item), source_of(item), failure))
            return false;
    return true;
}

/* Adds the items of HOST=SOURCE. common: the SOURCE alone; empty: there is none. */
static bool add_items(struct remote_targets *targets, const char *hosts, const char *sources,
                      struct word *common, struct failure *failure)
{
    for (struct word item = next_word(&sources); item.length != 0; item = next_word(&sources)) {
        if (!names_source(item) && common->length != 0)
            return failure_set_errno(
                failure, EINVAL,
                "the remote sources '%.*s' and '%.*s' name no host: write HOST=SOURCE",
                (int)common->length, common->text, (int)item.length, item.text);
        if (!names_source(item)) {
            *common = item;
            continue;
        }
        if (!has_host(hosts, host_of(item)))
            return failure_set_errno(failure, EINVAL,
                                     "the host of the remote source '%.*s' is no remote host",
                                     (int)item.length, item.text);
        if (!add_target(targets, host_of(item), source_of(item), failure))
            return false;
    }
    return true;
}

static bool has_target(const struct remote_targets *targets, struct word host)
{
    for (size_t i = 0; i < targets->count; i++)
        if (strlen(targets->rows[i].host) == host.length &&
            strncmp(targets->rows[i].host, host.text, host.length) == 0)
            return true;
    return false;
}

/* Adds the hosts that no target names yet, each once. */
static bool add_hosts(struct remote_targets *targets, const char *hosts, struct word source,
                      struct failure *failure)
{
    for (struct word word = next_word(&hosts); word.length != 0; word = next_word(&hosts))
        if (!has_target(targets, host_of(word)) &&
            !add_target(targets, host_of(word), source, failure))
            return false;
    return true;
}

bool remote_hosts_read(struct remote_targets *targets, const char *hosts, struct failure *failure)
{
    targets->count = 0;
    hosts = hosts ? hosts : "";
    if (!check_hosts(hosts, failure) || !add_host_items(targets, hosts, failure))
        return false;
    targets->count = 0; /* their sources were only to be checked */
    return add_hosts(targets, hosts, every_source, failure);
}

static size_t count_of_host(const struct remote_targets *targets, const char *host)
{
    size_t count = 0;

    for (size_t i = 0; i < targets->count; i++)
        count += strcmp(targets->rows[i].host, host) == 0 ? 1 : 0;
    return count;
}

static void name_targets(struct remote_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        struct remote_target *target = &targets->rows[i];
        char name[sizeof target->name] = "";

        target->is_only = count_of_host(targets, target->host) == 1;
        snprintf(name, sizeof name, "%s%s%s", target->host, target->is_only ? "" : ":",
                 target->is_only ? "" : target->source);
        memcpy(target->name, name, sizeof name);
    }
}

/* Those of remote_targets_read, without their names. */
static bool read_targets(struct remote_targets *targets, const char *hosts, const char *sources,
                         struct failure *failure)
{
    struct word common = {"", 0};
    size_t of_hosts;
    size_t items;

    targets->count = 0;
    hosts = hosts ? hosts : "";
    if (!check_hosts(hosts, failure) || !add_host_items(targets, hosts, failure))
        return false;
    of_hosts = targets->count;
    if (!add_items(targets, hosts, sources ? sources : "", &common, failure))
        return false;
    items = targets->count;
    if (items != of_hosts && common.length == 0)
        return true;
    if (common.length == 0)
        common = every_source;
    if (!add_hosts(targets, hosts, common, failure))
        return false;
    /* tshark passes SOURCE_ALL, the default, also when all hosts have sources of their own. */
    return targets->count != items || (of_hosts != 0 && is_same(common, every_source)) ||
           failure_set_errno(failure, EINVAL,
                             "the remote source '%.*s' is of no host: write HOST=SOURCE",
                             (int)common.length, common.text);
}

bool remote_targets_read(struct remote_targets *targets, const char *hosts, const char *sources,
                         struct failure *failure)
{
    if (!read_targets(targets, hosts, sources, failure))
        return false;
    name_targets(targets);
    return true;
}
