/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "print_error.h"

#include "error_hint.h"
#include "error_names.h"
#include "ip_names.h"

void print_endpoint(struct text *text, enum port_style style, uint8_t version,
                    const uint8_t *address, bool has_port, uint16_t port)
{
    if (style == PORT_BY_COLON) {
        ip_endpoint_text(version, address, has_port, port, text->end);
        text->end += strlen(text->end);
        return;
    }
    text_address(text, version, address);
    if (has_port) {
        text_char(text, '.');
        text_number(text, port);
    }
}

void print_packet_endpoint(struct text *text, enum port_style style, const struct ip_packet *packet,
                           enum ip_field field, uint32_t offset, enum ip_field port_field,
                           uint16_t port)
{
    if (ip_packet_has(packet, field))
        print_endpoint(text, style, packet->version, packet->bytes + offset,
                       ip_packet_has(packet, port_field), port);
    else
        text_char(text, '?');
}

void print_error_summary(struct text *text, const struct packet_error *error)
{
    error_summary(text->end, error);
    text->end += strlen(text->end);
}

static void put_side(struct text *text, enum port_style style, const struct packet_error *error,
                     bool local)
{
    const struct packet_error_socket *socket = &error->socket;

    print_endpoint(text, style, socket->version, local ? socket->local : socket->remote,
                   socket->has_ports, local ? socket->local_port : socket->remote_port);
}

void print_error_title(struct text *text, enum port_style style, const struct packet_error *error,
                       const struct socket_process *process)
{
    const char *reporter = error_reporter_kind(error->reporter);

    text_string(text, error->likely ? "likely " : "");
    text_string(text, error_name(error));
    text_string(text, " for ");
    if (process) {
        text_string(text, process->title);
        text_string(text, " to ");
    }
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
