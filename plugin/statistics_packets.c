/*
 * Wireshark's own statistics leave out packets that have a packet inside, as ICMP errors have,
 * which the snapshot length has cut off: it marks them, and a listener must ask for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "statistics_packets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <wsutil/report_message.h>

#include "compat.h"

static const char command[] = "ipmon_packets";

/* One statistic: there may be several, with different filters. */
struct packet_count {
    char *filter; /* NULL: none */
    uint64_t packets;
    uint64_t captured; /* bytes in the file */
    uint64_t bytes;    /* on the wire */
};

static void reset(void *listener)
{
    struct packet_count *counted = listener;

    counted->packets = 0;
    counted->captured = 0;
    counted->bytes = 0;
}

static tap_packet_status count(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                               const void *data _U_, tap_flags_t flags _U_)
{
    struct packet_count *counted = listener;

    counted->packets++;
    counted->captured += pinfo->fd->cap_len;
    counted->bytes += pinfo->fd->pkt_len;
    return TAP_PACKET_REDRAW;
}

static void print(void *listener)
{
    static const char line[] =
        "===================================================================";
    const struct packet_count *counted = listener;

    printf("\n%s\nIP Monitor Packet Count\nFilter: %s\n\n", line,
           counted->filter ? counted->filter : "");
    printf("Packets         %20" PRIu64 "\n", counted->packets);
    printf("Bytes           %20" PRIu64 "\n", counted->bytes);
    printf("Captured bytes  %20" PRIu64 "\n%s\n", counted->captured, line);
}

static void end(void *listener)
{
    struct packet_count *counted = listener;

    g_free(counted->filter);
    g_free(counted);
}

/* `option` is all that follows -z. */
static bool start(const char *option)
{
    const char *rest = option + strlen(command);
    struct packet_count *counted;
    GString *error;

    if (rest[0] != ',' && rest[0] != '\0') {
        report_failure("Invalid -z argument \"%s\"", option);
        return false;
    }
    counted = g_new0(struct packet_count, 1);
    if (rest[0] == ',' && rest[1] != '\0')
        counted->filter = g_strdup(rest + 1);
    error = register_tap_listener("frame", counted, counted->filter, TL_REQUIRES_ERROR_PACKETS,
                                  reset, count, print, end);
    if (!error)
        return true;
    report_failure("Couldn't register the statistic %s: %s", command, error->str);
    g_string_free(error, TRUE);
    end(counted);
    return false;
}

void statistics_packets_register(void)
{
    static struct compat_statistic statistic = {start};
    static tap_param filter[] = {{PARAM_FILTER, "filter", "Filter", NULL, TRUE}};
    static stat_tap_ui ui = {
        .group = REGISTER_STAT_GROUP_GENERIC,
        .cli_string = command,
        .tap_init_cb = compat_start_statistic,
        .nparams = G_N_ELEMENTS(filter),
        .params = filter,
    };

    register_stat_tap_ui(&ui, &statistic);
}
