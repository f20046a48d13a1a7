/*
 * Wireshark walks over all lines of a parent for each new one, and its window over all lines, so
 * their number is limited: the first processes have one, and all others share one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "statistics_processes.h"

#include <string.h>

#include <epan/packet.h>
#include <epan/stats_tree.h>
#include <epan/stats_tree_priv.h>

#include "compat.h"
#include "error_names.h"
#include "frame_processes.h"
#include "process_history.h"

enum {
    SHOWN_IN_TEXT = 2000, /* processes */
    SHOWN_IN_WINDOW = 200,

    LARGEST_FIRST = ST_SORT_COL_COUNT << ST_FLG_SRTCOL_SHIFT | ST_FLG_SORT_DESC,
};

static const char unknown[] = "unknown";

/* A process of the packet and what it does with it. */
struct part {
    const char *process;
    const char *action;
};

struct statistics_process {
    guint32 bytes; /* of the frame on the wire */
    size_t count;  /* parts; 0: no packet to count */
    struct part parts[PROCESSES_MAX];
    const char *error;     /* name; NULL: there is none */
    const char *erroneous; /* the process that gets it */
};

/* The lines at the top, and below each the processes. */
enum root { ROOT_PACKETS, ROOT_BYTES, ROOT_ERRORS, ROOTS };

static const char *const root_names[ROOTS] = {
    [ROOT_PACKETS] = "Packets",
    [ROOT_BYTES] = "Bytes",
    [ROOT_ERRORS] = "Socket errors",
};

static struct part part_of(packet_info *pinfo, const struct process_list *list,
                           const struct process *process)
{
    static const char *const actions[] = {
        [PROCESS_END_UNKNOWN] = "of unknown direction",
        [PROCESS_END_SOURCE] = "sent",
        [PROCESS_END_DESTINATION] = "received",
    };
    char title[PROCESS_TITLE_SIZE];

    process_title(title, process);
    return (struct part){
        .process = wmem_strdup(pinfo->pool, title),
        .action = actions[frame_process_end(pinfo, list, process)],
    };
}

static void set_parts(struct statistics_process *tapped, packet_info *pinfo,
                      const struct process_list *list)
{
    tapped->bytes = pinfo->fd->pkt_len;
    tapped->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        tapped->parts[i] = part_of(pinfo, list, &list->processes[i]);
    if (list->count == 0)
        tapped->parts[tapped->count++] = (struct part){unknown, NULL};
}

static void set_error(struct statistics_process *tapped, const packet_info *pinfo,
                      const struct header_place *place, const struct packet_error *error)
{
    const struct socket_process *process = process_history_find(pinfo, place, error);

    tapped->error = error_name(error);
    tapped->erroneous = process ? wmem_strdup(pinfo->pool, process->title) : unknown;
}

const struct statistics_process *statistics_process_of(packet_info *pinfo,
                                                       const struct header_place *place,
                                                       const struct process_list *processes,
                                                       const struct packet_error *error)
{
    struct statistics_process *tapped;

    if (place->layer != 0 && !error)
        return NULL;
    tapped = wmem_new0(pinfo->pool, struct statistics_process);
    if (place->layer == 0)
        set_parts(tapped, pinfo, processes);
    if (error)
        set_error(tapped, pinfo, place, error);
    return tapped;
}

static stat_node *line_of(const stats_tree *tree, int line)
{
    return g_ptr_array_index(tree->parents, (guint)line);
}

/* Adds to a line, as much as its counter can have. Returns it. */
static int add(stats_tree *tree, int parent, const char *name, guint amount)
{
    const int line = stats_tree_manip_node_int(MN_INCREASE, tree, name, parent, TRUE, 0);
    const guint left = (guint)(G_MAXINT - line_of(tree, line)->counter);

    stats_tree_manip_node_int(MN_INCREASE, tree, name, parent, TRUE, (gint)MIN(amount, left));
    return line;
}

/* A window has a function that it is told of each new line by. */
static guint lines_shown(const stats_tree *tree)
{
    return tree->cfg->setup_node_pr ? SHOWN_IN_WINDOW : SHOWN_IN_TEXT;
}

/* Adds to the line of a process, or to that of others. Returns it. */
static int add_process(stats_tree *tree, int root, const char *process, guint amount)
{
    GHashTable *lines = line_of(tree, root)->hash;
    const bool has_line =
        g_hash_table_contains(lines, process) || g_hash_table_size(lines) < lines_shown(tree);

    return add(tree, root, has_line ? process : "other processes", amount);
}

/* Whether the process of a part is that of one before: both ends of the packet are its. */
static bool is_again(const struct statistics_process *packet, size_t part)
{
    for (size_t i = 0; i < part; i++)
        if (strcmp(packet->parts[i].process, packet->parts[part].process) == 0)
            return true;
    return false;
}

/* A packet counts once for a process, but sent and received if it is at both ends. */
static void add_parts(stats_tree *tree, int root, const struct statistics_process *packet,
                      guint amount)
{
    for (size_t i = 0; i < packet->count; i++) {
        const struct part *part = &packet->parts[i];
        const int line = add_process(tree, root, part->process, is_again(packet, i) ? 0 : amount);

        if (part->action)
            add(tree, line, part->action, amount);
    }
}

static void count_packet(stats_tree *tree, const struct statistics_process *packet)
{
    add_parts(tree, add(tree, 0, root_names[ROOT_PACKETS], 1), packet, 1);
    add_parts(tree, add(tree, 0, root_names[ROOT_BYTES], packet->bytes), packet, packet->bytes);
}

static void count_error(stats_tree *tree, const struct statistics_process *tapped)
{
    const int errors = add(tree, 0, root_names[ROOT_ERRORS], 1);

    add(tree, add_process(tree, errors, tapped->erroneous, 1), tapped->error, 1);
}

static tap_packet_status count(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                               const void *data, tap_flags_t flags _U_)
{
    const struct statistics_process *tapped = data;

    if (tapped->count != 0)
        count_packet(tree, tapped);
    if (tapped->error)
        count_error(tree, tapped);
    return TAP_PACKET_REDRAW;
}

/* In this order, whatever counts first. */
static void begin(stats_tree *tree)
{
    for (enum root i = 0; i < ROOTS; i++)
        stats_tree_create_node(tree, root_names[i], 0, STAT_DT_INT, TRUE);
}

void statistics_processes_register(void)
{
    /* It requests a tree, so that the numbers are the same in every kind of run. */
    stats_tree_register_plugin(STATISTICS_PROCESSES_TAP, "ipmon_processes",
                               STATISTICS_MENU "Processes", TL_REQUIRES_PROTO_TREE | LARGEST_FIRST,
                               count, begin, NULL);
}
