/*
 * One row for each connection, which each of its packets brings up to date. A table needs no
 * protocol tree, and Wireshark asks for none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "statistics_connections.h"

#include <epan/ipproto.h>
#include <epan/packet.h>
#include <epan/stat_tap_ui.h>

#include "error_tree.h"
#include "ip_address.h"
#include "socket_error.h"

enum { CONNECTIONS_SHOWN = 100000 }; /* rows; one more counts the packets of all others */

enum column {
    COLUMN_PROTOCOL,
    COLUMN_CLIENT,
    COLUMN_SERVER,
    COLUMN_VERDICT,
    COLUMN_REPORTER,
    COLUMN_PACKETS,
    COLUMN_FIRST,
    COLUMN_LAST,
    COLUMNS,
};

static stat_tap_table_item columns[COLUMNS] = {
    [COLUMN_PROTOCOL] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Protocol", "%-4s"},
    [COLUMN_CLIENT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Client", "%-21s"},
    [COLUMN_SERVER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Server", "%-21s"},
    [COLUMN_VERDICT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Verdict", "%-16s"},
    [COLUMN_REPORTER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Reporter", "%-22s"},
    [COLUMN_PACKETS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets", "%7u"},
    [COLUMN_FIRST] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "First frame", "%7u"},
    [COLUMN_LAST] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Last frame", "%7u"},
};

/* Rows by the numbers of their connections, which begin with 1; 0: none yet, otherwise row + 1. */
static GArray *rows;

static const char *const ends[] = {
    [CONNECTION_END_NONE] = "unknown",
    [CONNECTION_END_UNANSWERED] = "never answered",
    [CONNECTION_END_HALF_OPEN] = "half open",
    [CONNECTION_END_OPEN] = "still open",
    [CONNECTION_END_CLOSED] = "ok",
    [CONNECTION_END_REFUSED] = "refused",
    [CONNECTION_END_RESET] = "reset by ",
    [CONNECTION_END_TIMED_OUT] = "timed out",
    [CONNECTION_END_ICMP] = "",
};

static const char *errno_name(int value)
{
    const char *name = socket_error_errno_name(socket_error_by_errno(value), value);

    return name ? name : "ICMP error";
}

static char *verdict_text(const struct connection_outcome *outcome)
{
    GString *text = g_string_new(outcome->likely ? "likely " : "");
    const bool is_server = outcome->side == CONNECTION_SERVER;

    g_string_append(text, ends[outcome->end]);
    if (outcome->end == CONNECTION_END_RESET)
        g_string_append(text, is_server ? "server" : "client");
    if (outcome->end == CONNECTION_END_TIMED_OUT && is_server)
        g_string_append(text, " at server");
    if (outcome->end == CONNECTION_END_ICMP)
        g_string_append(text, errno_name(outcome->errno_value));
    else if (outcome->errno_value != 0)
        g_string_append_printf(text, " (%s)", errno_name(outcome->errno_value));
    return g_string_free(text, FALSE);
}

static char *endpoint_text(const struct connection_state *state, unsigned end)
{
    char text[IP_ENDPOINT_TEXT_SIZE];

    ip_endpoint_text(state->version, state->addresses[end], true, state->ports[end], text);
    return g_strdup(text);
}

static char *reporter_text(const struct connection_reporter *reporter)
{
    struct packet_error error = {.reporter = PACKET_ERROR_REPORTER_NONE};

    if (!reporter)
        return g_strdup("");
    error.reporter = (enum packet_error_reporter)reporter->kind;
    error.reporter_version = reporter->version;
    error.reporter_address = reporter->address;
    return (char *)error_tree_reporter(NULL, &error);
}

/* A text of a row, which owns it. */
static void set_text(stat_tap_table_item_type *item, char *text)
{
    g_free((char *)item->value.string_value);
    item->type = TABLE_ITEM_STRING;
    item->value.string_value = text;
}

static void set_number(stat_tap_table_item_type *item, guint number)
{
    item->type = TABLE_ITEM_UINT;
    item->value.uint_value = number;
}

/* An outcome in one word, to see whether it has changed. */
static guint packed(const struct connection_outcome *outcome)
{
    return 1U | (guint)outcome->likely << 1 | (guint)outcome->side << 2 | (guint)outcome->end << 8 |
           (guint)outcome->errno_value << 16;
}

static void set_outcome(stat_tap_table_item_type *row, const struct connection_state *state)
{
    const guint now = packed(&state->outcome);

    if (row[COLUMN_VERDICT].user_data.uint_value == now)
        return;
    row[COLUMN_VERDICT].user_data.uint_value = now;
    set_text(&row[COLUMN_VERDICT], verdict_text(&state->outcome));
    set_text(&row[COLUMN_REPORTER], reporter_text(state->reporter));
}

/* Adds an empty row. */
static stat_tap_table_item_type *add_row(stat_tap_table *table)
{
    const stat_tap_table_item_type nothing[COLUMNS] = {{.type = TABLE_ITEM_NONE}};

    stat_tap_init_table_row(table, table->num_elements, COLUMNS, nothing);
    return table->elements[table->num_elements - 1];
}

static stat_tap_table_item_type *add_connection(stat_tap_table *table,
                                                const struct connection_state *state, guint frame)
{
    stat_tap_table_item_type *row = add_row(table);

    set_text(&row[COLUMN_PROTOCOL], g_strdup(ipprotostr(state->protocol)));
    set_text(&row[COLUMN_CLIENT], endpoint_text(state, CONNECTION_CLIENT));
    set_text(&row[COLUMN_SERVER], endpoint_text(state, CONNECTION_SERVER));
    set_number(&row[COLUMN_PACKETS], 0);
    set_number(&row[COLUMN_FIRST], frame);
    return row;
}

/* The row of all connections that have none of their own. */
static stat_tap_table_item_type *add_others(stat_tap_table *table, guint frame)
{
    stat_tap_table_item_type *row = add_row(table);

    set_text(&row[COLUMN_PROTOCOL], g_strdup(""));
    set_text(&row[COLUMN_CLIENT], g_strdup("other connections"));
    set_text(&row[COLUMN_SERVER], g_strdup(""));
    set_text(&row[COLUMN_VERDICT], g_strdup(""));
    set_text(&row[COLUMN_REPORTER], g_strdup(""));
    set_number(&row[COLUMN_PACKETS], 0);
    set_number(&row[COLUMN_FIRST], frame);
    return row;
}

static guint *row_number(guint32 connection)
{
    if (rows->len <= connection)
        g_array_set_size(rows, connection + 1);
    return &g_array_index(rows, guint, connection);
}

static stat_tap_table_item_type *new_row(stat_tap_table *table,
                                         const struct connection_state *state, guint frame)
{
    if (table->num_elements < CONNECTIONS_SHOWN)
        return add_connection(table, state, frame);
    if (table->num_elements == CONNECTIONS_SHOWN)
        return add_others(table, frame);
    return table->elements[CONNECTIONS_SHOWN];
}

/* The row of a connection; NULL: it has none, and no packet to make it for. */
static stat_tap_table_item_type *row_of(stat_tap_table *table,
                                        const struct statistics_connection *connection, guint frame)
{
    guint *number = row_number(connection->state.number);
    stat_tap_table_item_type *row;

    if (*number != 0)
        return table->elements[*number - 1];
    if (!connection->is_packet)
        return NULL;
    row = new_row(table, &connection->state, frame);
    *number = table->num_elements;
    return row;
}

static bool has_outcome(const stat_tap_table *table, const stat_tap_table_item_type *row)
{
    return table->num_elements <= CONNECTIONS_SHOWN || row != table->elements[CONNECTIONS_SHOWN];
}

static tap_packet_status count(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                               const void *data, tap_flags_t flags _U_)
{
    const stat_data_t *statistics = listener;
    const struct statistics_connection *connection = data;
    stat_tap_table *table = g_array_index(statistics->stat_tap_data->tables, stat_tap_table *, 0);
    stat_tap_table_item_type *row = row_of(table, connection, pinfo->num);

    if (!row)
        return TAP_PACKET_DONT_REDRAW;
    if (has_outcome(table, row))
        set_outcome(row, &connection->state);
    if (connection->is_packet) {
        set_number(&row[COLUMN_PACKETS], row[COLUMN_PACKETS].value.uint_value + 1);
        set_number(&row[COLUMN_LAST], pinfo->num);
    }
    return TAP_PACKET_REDRAW;
}

static void free_item(stat_tap_table *table _U_, guint row _U_, guint column _U_,
                      stat_tap_table_item_type *item)
{
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
}

static void reset(stat_tap_table *table)
{
    for (guint row = 0; row < table->num_elements; row++) {
        for (guint column = 0; column < COLUMNS; column++)
            free_item(table, row, column, &table->elements[row][column]);
        g_free(table->elements[row]);
    }
    table->num_elements = 0;
    g_array_set_size(rows, 0);
}

static void begin(stat_tap_table_ui *statistics)
{
    static const char title[] = "Connections";
    stat_tap_table *table = stat_tap_find_table(statistics, title);

    if (!rows)
        rows = g_array_new(FALSE, TRUE, sizeof(guint));
    g_array_set_size(rows, 0);
    if (table)
        reset(table);
    else
        stat_tap_add_table(statistics, stat_tap_init_table(title, COLUMNS, 0, NULL));
}

void statistics_connections_register(void)
{
    static stat_tap_table_ui table = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = "IP Monitor Connections",
        .tap_name = STATISTICS_CONNECTIONS_TAP,
        .cli_string = "ipmon_connections",
        .stat_tap_init_cb = begin,
        .packet_func = count,
        .stat_tap_reset_table_cb = reset,
        .stat_tap_free_table_item_cb = free_item,
        .nfields = COLUMNS,
        .fields = columns,
    };

    register_stat_tap_table_ui(&table);
}
