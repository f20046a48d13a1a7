/*
 * --extcap-interfaces: the capture sources and the toolbar, for Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "action.h"
#include "console.h"
#include "host_address.h"
#include "printable.h"
#include "source_name.h"
#include "toolbar.h"

enum {
    LISTED_MAX = 32, /* Wireshark's start-up time grows with each source */
    NOTE_SIZE = 128,
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

int action_interfaces(const struct settings *settings)
{
    struct failure failure = {""};
    struct host_addresses host;
    char note[NOTE_SIZE];

    /*
     * A path without "file:": Wireshark's toolbar opens no URL of that kind, and both the toolbar
     * and the options dialog open a path.
     */
    printf("extcap {version=" IPMON_VERSION "}{display=IP Monitor}{help=" IPMON_MANUAL_URL "}\n");
    if (!host_addresses_read(&host, &failure)) {
        host_addresses_free(&host);
        return console_print_failure(&failure);
    }
    set_note(note, settings->version);
    print_source(SOURCE_ALL, "on all interfaces", "", note);
    for (size_t i = 0; i < host.address_count && i < LISTED_MAX; i++) {
        const struct host_address *address = &host.addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(&host, address->interface_index);

        if (interface)
            print_source(address->text, "on ", interface->shown, note);
    }
    print_source(SOURCE_REMOTE, "over ssh", "", note);
    print_source(SOURCE_FILE, "replay", "", note);
    toolbar_print_controls(stdout);
    host_addresses_free(&host);
    return 0;
}
