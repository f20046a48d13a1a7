/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_printer.h"

#include "frame_passage.h"
#include "link_header.h"
#include "socket_error.h"

enum {
    TEXT_BUFFER_SIZE = 2 * 1024 * 1024, /* more than PRINT_RECORD_MAX */
    RECEPTION_SHIFT = 2,                /* in epb_flags */
};

bool capture_open_printer(struct capture *capture, enum record_format format)
{
    static print_function *const functions[] = {
        [RECORD_FORMAT_NONE] = NULL,
        [RECORD_FORMAT_TEXT] = print_line,
        [RECORD_FORMAT_DETAILS] = print_details,
        [RECORD_FORMAT_JSON] = print_json,
    };

    capture->printer.print = functions[format];
    return !capture->printer.print ||
           (print_history_init(&capture->printer.history) &&
            text_writer_init(&capture->printer.writer, -1, TEXT_BUFFER_SIZE, PRINT_RECORD_MAX));
}

void capture_close_printer(struct capture *capture)
{
    text_writer_free(&capture->printer.writer);
    print_history_free(&capture->printer.history);
}

/* As Wireshark names an interface. */
static const char *name_of(const struct pcapng_interface *block)
{
    if (block->name)
        return block->name;
    return block->description ? block->description : block->hardware;
}

uint32_t capture_print_interface(struct capture *capture, struct captured_interface *interface,
                                 const struct pcapng_interface *block)
{
    interface->printed = (struct print_interface){
        .link_type = block->link_type,
        .ticks_exponent = block->ticks_exponent,
        .loopback = frame_loopback_by_name(name_of(block)),
    };
    return capture->printer.interfaces++;
}

/* epb_flags: a file's, or what they would be in one. */
static uint32_t flags_of(const struct captured_packet *packet)
{
    if (packet->options)
        return packet->options->has_flags ? packet->options->flags : 0;
    return (uint32_t)packet->direction | (uint32_t)packet->reception << RECEPTION_SHIFT;
}

/* Once: the first failure counts. The capture goes on, for other interfaces may be known. */
static void refuse_link_type(const struct capture *capture, uint16_t link_type)
{
    if (capture->replay)
        failure_set(capture->failure, SOCKET_ERROR_CANNOT_READ,
                    "packets of link type %u are not printed; try tshark -r '%s'", link_type,
                    capture->settings->file);
    else
        failure_set(capture->failure, SOCKET_ERROR_CANNOT_READ,
                    "packets of link type %u are not printed; try tshark -i %s", link_type,
                    capture->settings->interface);
}

bool capture_print_packet(struct capture *capture, struct captured_interface *interface,
                          const struct captured_packet *packet)
{
    struct text_writer *writer = &capture->printer.writer;
    struct text text = {text_writer_begin(writer)};
    struct print_record record;
    const struct print_frame frame = {
        .interface = &interface->printed,
        .bytes = packet->bytes,
        .captured_length = packet->captured_length,
        .wire_length = packet->wire_length,
        .flags = flags_of(packet),
        .timestamp = packet->timestamp,
        .number = ++capture->printer.frames,
        .has_time = !packet->timeless,
        .comments = packet->options ? packet->options->comments.texts : NULL,
        .comment_count = packet->options ? packet->options->comments.count : 0,
    };

    if (print_record_read(&record, &frame, &capture->printer.history)) {
        capture->printer.print(&text, &record, &capture->printer.clock);
        text_writer_add(writer, text.end, interface->in[STREAM_OUTPUT].number);
        return true;
    }
    if (!link_type_is_known(interface->printed.link_type))
        refuse_link_type(capture, interface->printed.link_type);
    return false;
}
