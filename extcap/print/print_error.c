/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print_error.h"

#include "error_hint.h"
#include "ip_names.h"
#include "socket_error.h"

void print_endpoint(struct text *text, enum port_style style, uint8_t version,
                    const uint8_t *address, bool has_port, uint16_t port)
{
    const bool brackets = has_port && style == PORT_BY_COLON && version == 6; /* RFC 5952, 6 */

    if (brackets)
        text_char(text, '[');
    text_address(text, version, address);
    if (brackets)
        text_char(text, ']');
    if (has_port) {
        text_char(text, style == PORT_BY_COLON ? ':' : '.');
        text_number(text, port);
    }
}

static void put_number_in_parentheses(struct text *text, int number)
{
    text_bytes(text, " (", 2);
    text_number(text, (uint64_t)number);
    text_char(text, ')');
}

void print_error_summary(struct text *text, const struct packet_error *error)
{
    const struct socket_error *winsock = socket_error_by_code(error->winsock);

    if (error->errno_name) {
        text_string(text, error->errno_name);
        put_number_in_parentheses(text, error->errno_value);
    }
    if (winsock) {
        text_string(text, error->errno_name ? ", " : "");
        text_string(text, winsock->name);
        put_number_in_parentheses(text, winsock->code);
    }
    text_string(text, error->likely ? ", likely: " : ": ");
    text_string(text, error->text);
}

static void put_side(struct text *text, enum port_style style, const struct packet_error *error,
                     bool local)
{
    const struct packet_error_socket *socket = &error->socket;

    print_endpoint(text, style, socket->version, local ? socket->local : socket->remote,
                   socket->has_ports, local ? socket->local_port : socket->remote_port);
}

const char *print_error_reporter(const struct packet_error *error)
{
    static const char *const kinds[] = {
        [PACKET_ERROR_REPORTER_NONE] = NULL,
        [PACKET_ERROR_REPORTER_TARGET] = "target",
        [PACKET_ERROR_REPORTER_ROUTER] = "router",
        [PACKET_ERROR_REPORTER_CAPTURING_HOST] = "capturing host",
        [PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE] = "capturing host's neighbour table",
    };

    return kinds[error->reporter];
}

void print_error_title(struct text *text, enum port_style style, const struct packet_error *error)
{
    const char *reporter = print_error_reporter(error);

    text_string(text, error->likely ? "likely " : "");
    text_string(text, error->errno_name ? error->errno_name : error->text);
    text_string(text, " for ");
    if (error->socket.known)
        put_side(text, style, error, false);
    else
        text_string(text, "unknown");
    if (!reporter)
        return;
    text_string(text, " (from ");
    text_string(text, reporter);
    text_char(text, ' ');
    text_address(text, error->reporter_version, error->reporter_address);
    text_char(text, ')');
}

void print_error_hint(struct text *text, const struct packet_error *error)
{
    char reporter[IP_ADDRESS_TEXT_SIZE] = "";
    char target[IP_ADDRESS_TEXT_SIZE] = "";

    if (error->reporter_address)
        ip_address_text(error->reporter_version, error->reporter_address, reporter);
    if (error->socket.known)
        ip_address_text(error->socket.version, error->socket.remote, target);
    error_hint_write(text->end, ERROR_HINT_SIZE, error, reporter, target);
    text->end += strlen(text->end);
}

void print_error_socket(struct text *text, const struct packet_error *error)
{
    if (!error->socket.known) {
        text_string(text, "unknown");
        return;
    }
    text_string(text, ip_protocol_name(error->socket.protocol));
    text_char(text, ' ');
    put_side(text, PORT_BY_COLON, error, true);
    text_string(text, " → ");
    put_side(text, PORT_BY_COLON, error, false);
}
