/*
 * The differences between the libwiretaps of Wireshark 4.0, 4.4 and 4.6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_WIRETAP_COMPAT_H
#define IPMON_WIRETAP_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <wiretap/wtap.h>
#include <wsutil/wslog.h>
#include <ws_version.h>

#define WIRETAP_SINCE(major, minor)                                                                \
    (WIRESHARK_VERSION_MAJOR > (major) ||                                                          \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* What callbacks return. */
#if WIRETAP_SINCE(4, 3)
typedef bool wiretap_bool;
#else
typedef gboolean wiretap_bool;
#endif

/* A record of a file and the bytes of its packet, which libwiretap keeps in the record since 4.5.
 */
struct wiretap_record {
    wtap_rec record;
#if !WIRETAP_SINCE(4, 5)
    Buffer bytes;
#endif
};

/* packet_size: bytes to allocate at first. Release with wiretap_record_cleanup. */
static inline void wiretap_record_init(struct wiretap_record *record, size_t packet_size)
{
#if WIRETAP_SINCE(4, 5)
    wtap_rec_init(&record->record, packet_size);
#else
    wtap_rec_init(&record->record);
    ws_buffer_init(&record->bytes, packet_size);
#endif
}

/* Reads the next record of the file; as wtap_read. */
static inline bool wiretap_record_read(struct wiretap_record *record, wtap *file, int *error,
                                       char **reason)
{
    gint64 offset;

    wtap_rec_reset(&record->record);
#if WIRETAP_SINCE(4, 5)
    return wtap_read(file, &record->record, error, reason, &offset);
#else
    return wtap_read(file, &record->record, &record->bytes, error, reason, &offset);
#endif
}

static inline const uint8_t *wiretap_record_bytes(struct wiretap_record *record)
{
#if WIRETAP_SINCE(4, 5)
    return ws_buffer_start_ptr(&record->record.data);
#else
    return ws_buffer_start_ptr(&record->bytes);
#endif
}

static inline void wiretap_record_cleanup(struct wiretap_record *record)
{
    wtap_rec_cleanup(&record->record);
#if !WIRETAP_SINCE(4, 5)
    ws_buffer_free(&record->bytes);
#endif
}

/* Limits the library's messages on standard error to critical ones. */
static inline void wiretap_silence(void)
{
#if WIRETAP_SINCE(4, 6)
    ws_log_init(NULL);
#else
    ws_log_init("ipmon", NULL);
#endif
    ws_log_set_level(LOG_LEVEL_CRITICAL);
}

#endif
