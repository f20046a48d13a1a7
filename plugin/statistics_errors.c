/*
 * Wireshark walks over all lines of a parent for each new one, and its window over all lines, so
 * their number is limited. What has no line of its own counts in one for all others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "statistics_errors.h"

#include <epan/packet.h>
#include <epan/stats_tree.h>
#include <epan/stats_tree_priv.h>

#include "compat.h"
#include "error_names.h"
#include "error_sockets.h"
#include "error_tree.h"

/* How many lines there can be at each level. */
static const struct limits {
    guint remotes;
    guint causes;
    guint locals;
} limits[ERROR_SOCKETS_PLACES] = {
    [ERROR_SOCKETS_IN_TEXT] = {ERROR_REMOTES_IN_TEXT_SHOWN, 4000, ERROR_SOCKETS_IN_TEXT_SHOWN},
    [ERROR_SOCKETS_IN_WINDOW] = {ERROR_REMOTES_IN_WINDOW_SHOWN, 200, ERROR_SOCKETS_IN_WINDOW_SHOWN},
};

enum { LARGEST_FIRST = ST_SORT_COL_COUNT << ST_FLG_SRTCOL_SHIFT | ST_FLG_SORT_DESC };

struct statistics_error {
    bool is_timeout_change; /* only `change` and `key` are valid; otherwise only the others */
    enum timeout_change change;
    gsize key;

    const char *name;   /* "ECONNREFUSED" */
    const char *remote; /* "10.9.0.2:9" */
    const char *cause;  /* "ECONNREFUSED: port unreachable, from target 10.9.0.2" */
    const char *reason; /* the same without its reporter */
    const char *local;  /* "UDP 10.9.0.1:4000"; NULL: the socket is unknown */

    /* One of the endpoints, and of the sockets, with the most errors, as far as is known by now. */
    bool remote_shown[ERROR_SOCKETS_PLACES];
    bool local_shown[ERROR_SOCKETS_PLACES];
};

static const char *reason_of(wmem_allocator_t *pool, const struct packet_error *error)
{
    const char *name = error_name(error);

    if (name == error->text)
        return name;
    return wmem_strdup_printf(pool, "%s%s: %s", error->likely ? "likely " : "", name, error->text);
}

static const char *cause_of(wmem_allocator_t *pool, const struct packet_error *error,
                            const char *reason)
{
    const char *reporter = error_tree_reporter(pool, error);

    return reporter ? wmem_strdup_printf(pool, "%s, from %s", reason, reporter) : reason;
}

const struct statistics_error *statistics_error_of(wmem_allocator_t *pool,
                                                   const struct packet_error *error, bool visited)
{
    struct statistics_error *tapped = wmem_new0(pool, struct statistics_error);

    tapped->name = error_name(error);
    tapped->remote = error_tree_remote(pool, error);
    tapped->reason = reason_of(pool, error);
    tapped->cause = cause_of(pool, error, tapped->reason);
    tapped->local = error->socket.known ? error_tree_local(pool, error) : NULL;
    for (enum error_sockets_place i = 0; i < ERROR_SOCKETS_PLACES; i++) {
        tapped->remote_shown[i] = !visited || error_sockets_is_remote_shown(&error->socket, i);
        tapped->local_shown[i] = !visited || error_sockets_is_shown(&error->socket, i);
    }
    return tapped;
}

const struct statistics_error *statistics_timeout_of(wmem_allocator_t *pool,
                                                     enum timeout_change change, gsize key)
{
    struct statistics_error *tapped = wmem_new0(pool, struct statistics_error);

    tapped->is_timeout_change = true;
    tapped->change = change;
    tapped->key = key;
    return tapped;
}

static const char remotes_name[] = "Remote endpoint";

static int names_node = -1;
static int remotes_node = -1;

/* The lines that say what two passes would report otherwise. */
enum { NOTE, NOTE_DUE, NOTE_REPEATED, NOTES };

static const char *const notes[NOTES] = {
    [NOTE] = "One pass is not enough: use -2",
    [NOTE_DUE] = "likely timeouts that only the end of the capture shows",
    [NOTE_REPEATED] = "timeouts that were followed by a repetition or an answer",
};

/* What is known of one tree apart from its lines. */
struct tree_state {
    guint causes; /* lines */
    guint locals;
    GHashTable *due; /* keys of timeouts that are due */
    guint repeated;  /* timeouts that were reported too early */
    struct {
        stat_node *line; /* NULL before it is needed for the first time */
        bool shown;      /* it is in the tree, and its memory is the tree's */
    } notes[NOTES];
};

static GHashTable *states; /* tree to its state, while there are trees */

/* A line that never had others below it, nor more than one point in time. */
static void free_line(stat_node *line)
{
    g_hash_table_destroy(line->hash);
    g_free(line->bh);
    g_free(line->name);
    g_free(line);
}

static void free_state(gpointer data)
{
    struct tree_state *state = data;

    for (size_t i = 0; i < NOTES; i++)
        if (state->notes[i].line && !state->notes[i].shown)
            free_line(state->notes[i].line);
    g_hash_table_destroy(state->due);
    g_free(state);
}

static void begin(stats_tree *tree)
{
    struct tree_state *state = g_new0(struct tree_state, 1);

    if (!states)
        states = g_hash_table_new_full(NULL, NULL, NULL, free_state);
    state->due = g_hash_table_new(NULL, NULL);
    g_hash_table_replace(states, tree, state);
    names_node = stats_tree_create_pivot(tree, "Error", 0);
    remotes_node = stats_tree_create_pivot(tree, remotes_name, 0);
}

static void end(stats_tree *tree)
{
    if (states)
        g_hash_table_remove(states, tree);
}

static stat_node *parent_of(const stats_tree *tree, int node)
{
    return g_ptr_array_index(tree->parents, (guint)node);
}

static bool has_line(const stats_tree *tree, int parent, const char *name)
{
    return g_hash_table_contains(parent_of(tree, parent)->hash, name);
}

/* Returns the line, below which there can be others. */
static int count_line(stats_tree *tree, int parent, const char *name)
{
    return stats_tree_manip_node_int(MN_INCREASE, tree, name, parent, TRUE, 1);
}

/* A window has a function that it is told of each new line by. */
static enum error_sockets_place place_of(const stats_tree *tree)
{
    return tree->cfg->setup_node_pr ? ERROR_SOCKETS_IN_WINDOW : ERROR_SOCKETS_IN_TEXT;
}

static const struct limits *limits_of(const stats_tree *tree)
{
    return &limits[place_of(tree)];
}

/* A window without a filter has an empty one. */
static bool has_filter(const stats_tree *tree)
{
    return tree->filter && *tree->filter;
}

/*
 * Whether a line may be added. With a filter the errors that pass it are not counted before, so the
 * first ones are shown instead of the most frequent.
 */
static bool may_add(const stats_tree *tree, guint lines, guint limit, const bool *shown)
{
    return lines < limit && (shown[place_of(tree)] || has_filter(tree));
}

static void count_local(stats_tree *tree, struct tree_state *state, int cause,
                        const struct statistics_error *error)
{
    if (!error->local)
        return;
    if (has_line(tree, cause, error->local)) {
        count_line(tree, cause, error->local);
    } else if (may_add(tree, state->locals, limits_of(tree)->locals, error->local_shown)) {
        state->locals++;
        count_line(tree, cause, error->local);
    } else {
        count_line(tree, cause, "other sockets");
    }
}

static void count_cause(stats_tree *tree, struct tree_state *state, int remote,
                        const struct statistics_error *error)
{
    const bool is_new = !has_line(tree, remote, error->cause);

    if (is_new && state->causes >= limits_of(tree)->causes) {
        count_line(tree, remote, "other errors");
        return;
    }
    state->causes += is_new;
    count_local(tree, state, count_line(tree, remote, error->cause), error);
}

static void count_remote(stats_tree *tree, struct tree_state *state,
                         const struct statistics_error *error)
{
    static const char *const others = "other endpoints";
    const guint lines = g_hash_table_size(parent_of(tree, remotes_node)->hash) -
                        has_line(tree, remotes_node, others);

    if (has_line(tree, remotes_node, error->remote) ||
        may_add(tree, lines, limits_of(tree)->remotes, error->remote_shown))
        count_cause(tree, state, count_line(tree, remotes_node, error->remote), error);
    else
        count_line(tree, count_line(tree, remotes_node, others), error->reason);
}

/* Takes a line out of the list of its parent's lines, in which it need not be. */
static void take_out(stat_node *line)
{
    stat_node **link = &line->parent->children;

    while (*link && *link != line)
        link = &(*link)->next;
    if (*link)
        *link = line->next;
}

/* Sets what a note counts; while that is 0, it is not in the tree. Returns its line. */
static int set_note(stats_tree *tree, struct tree_state *state, int parent, unsigned note,
                    guint count)
{
    const int number =
        stats_tree_manip_node_int(MN_SET, tree, notes[note], parent, TRUE, (gint)count);
    stat_node *line = parent_of(tree, number);

    state->notes[note].line = line;
    state->notes[note].shown = count != 0;
    take_out(line);
    if (count == 0)
        return number;
    line->next = line->parent->children;
    line->parent->children = line;
    return number;
}

static void set_notes(stats_tree *tree, struct tree_state *state)
{
    const guint due = g_hash_table_size(state->due);
    const int line = set_note(tree, state, 0, NOTE, due + state->repeated);

    set_note(tree, state, line, NOTE_DUE, due);
    set_note(tree, state, line, NOTE_REPEATED, state->repeated);
}

static void change_timeouts(stats_tree *tree, struct tree_state *state,
                            const struct statistics_error *tapped)
{
    gpointer key = (gpointer)tapped->key;

    if (tapped->change == TIMEOUT_DUE)
        g_hash_table_add(state->due, key);
    else if (tapped->change == TIMEOUT_SETTLED)
        g_hash_table_remove(state->due, key);
    else
        state->repeated++;
    set_notes(tree, state);
}

static tap_packet_status count(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                               const void *data, tap_flags_t flags _U_)
{
    const struct statistics_error *error = data;
    struct tree_state *state = g_hash_table_lookup(states, tree);

    if (error->is_timeout_change) {
        change_timeouts(tree, state, error);
        return TAP_PACKET_REDRAW;
    }
    stats_tree_tick_pivot(tree, names_node, error->name);
    count_line(tree, 0, remotes_name);
    count_remote(tree, state, error);
    return TAP_PACKET_REDRAW;
}

void statistics_errors_register(void)
{
    /* It requests a tree, so that the numbers are the same in every kind of run. */
    stats_tree_register_plugin(STATISTICS_ERRORS_TAP, "ipmon_errors",
                               STATISTICS_MENU "Socket errors",
                               TL_REQUIRES_PROTO_TREE | LARGEST_FIRST, count, begin, end);
}
