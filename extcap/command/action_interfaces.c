/*
 * --extcap-interfaces: the capture sources and the toolbar, for Wireshark; or every interface and
 * address, for another ipmon (remote_listing.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "console.h"
#include "host_address.h"
#include "option_source.h"
#include "printable.h"
#include "remote_listing.h"
#include "source_name.h"
#include "toolbar.h"

enum {
    LISTED_MAX = 32, /* Wireshark's start-up time grows with each source */
    NOTE_SIZE = 128,
    DISPLAY_SIZE = 64,
};

struct wireshark_version {
    unsigned long major;
    unsigned long minor;
};

static bool parse_version(struct wireshark_version *version, const char *text)
{
    char *end;

    if (!text)
        return false;
    version->major = strtoul(text, &end, 10);
    if (end == text || *end != '.')
        return false;
    text = end + 1;
    version->minor = strtoul(text, &end, 10);
    return end != text;
}

/*
 * Whether the Wireshark of that version has no plugin of ours, because ipmon was built for another
 * minor version. Wireshark does not report that.
 */
static bool lacks_plugin(const struct wireshark_version *version)
{
    struct wireshark_version built;
    char path[PATH_MAX];

    if (parse_version(&built, IPMON_WIRESHARK_VERSION) && built.major == version->major &&
        built.minor == version->minor)
        return false;
    snprintf(path, sizeof path, IPMON_PLUGIN_FOLDERS "/%lu.%lu/epan/ipmon.so", version->major,
             version->minor);
    return access(path, F_OK) != 0;
}

/* Sets what is displayed behind every source; text: of --extcap-version, may be NULL. */
static void set_note(char note[NOTE_SIZE], const char *text)
{
    struct wireshark_version version;

    note[0] = '\0';
    if (parse_version(&version, text) && lacks_plugin(&version))
        snprintf(note, NOTE_SIZE, " (no dissector for Wireshark %lu.%lu: install ipmon again)",
                 version.major, version.minor);
}

static void print_source(const char *name, const char *display_prefix, const char *display,
                         const char *note)
{
    printf("interface {value=" SOURCE_PREFIX "%s}{display=IP Monitor %s", name, display_prefix);
    printable_put_value(stdout, display);
    printf("%s}\n", note);
}

/* Whether -i HOST:NAME can name it; what it captures is otherwise only in SOURCE_ALL. */
static bool has_source(const struct host_interface *interface)
{
    return strcmp(interface->shown, interface->name) == 0 && !strpbrk(interface->name, "{}") &&
           remote_source_is_single(interface->name) && !option_source_is_address(interface->name);
}

static void print_interface(const struct host_interface *interface)
{
    printf("source {interface=%s}{display=", has_source(interface) ? interface->name : "");
    printable_put_value(stdout, interface->shown);
    printf("}{kind=");
    printable_put_value(stdout, interface->kind);
    puts("}");
}

/* Both lists are sorted by interface. *lines: how many more may be printed. */
static void print_addresses(const struct host_addresses *host, unsigned index, size_t *next,
                            size_t *lines)
{
    while (*next < host->address_count && host->addresses[*next].interface_index < index)
        (*next)++;
    for (; *next < host->address_count && host->addresses[*next].interface_index == index;
         (*next)++)
        if (*lines != 0) {
            printf("address {value=%s}\n", host->addresses[*next].text);
            (*lines)--;
        }
}

static void print_every_interface(const struct host_addresses *host)
{
    size_t lines = REMOTE_LISTED_MAX;
    size_t next = 0;

    printf("list {interfaces=%zu}{addresses=%zu}\n", host->interface_count, host->address_count);
    for (size_t i = 0; i < host->interface_count && lines != 0; i++) {
        print_interface(&host->interfaces[i]);
        lines--;
        print_addresses(host, host->interfaces[i].index, &next, &lines);
    }
}

/* Its options list every address. */
static void print_all(const struct host_addresses *host, const char *note)
{
    char display[DISPLAY_SIZE] = "";

    if (host->address_count > LISTED_MAX)
        snprintf(display, sizeof display, "; %zu more addresses in its options",
                 host->address_count - LISTED_MAX);
    print_source(SOURCE_ALL, "on all interfaces", display, note);
}

static void print_sources(const struct host_addresses *host, const struct settings *settings)
{
    char note[NOTE_SIZE];

    set_note(note, settings->version);
    print_all(host, note);
    for (size_t i = 0; i < host->address_count && i < LISTED_MAX; i++) {
        const struct host_address *address = &host->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(host, address->interface_index);

        if (interface)
            print_source(address->text, "on ", interface->shown, note);
    }
    print_source(SOURCE_REMOTE, "over ssh", "", note);
    print_source(SOURCE_FILE, "replay", "", note);
    toolbar_print_controls(stdout);
}

int action_interfaces(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    int status = 0;

    /*
     * A path without "file:": Wireshark's toolbar opens no URL of that kind, and both the toolbar
     * and the options dialog open a path.
     */
    printf("extcap {version=" IPMON_VERSION "}{display=IP Monitor}{help=" IPMON_MANUAL_URL "}\n");
    if (!host_addresses_read(&host, &failure))
        status = console_print_failure(&failure);
    else if (settings->every_interface)
        print_every_interface(&host);
    else
        print_sources(&host, settings);
    host_addresses_free(&host);
    return status;
}
