/*
 * The code pages of the preference 'Code page': which identifiers of the specification's list can
 * be shown, by which charset of iconv, and the conversion of a payload to UTF-8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CODE_PAGE_H
#define IPMON_CODE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include <wsutil/wmem/wmem.h>

enum {
    CODE_PAGE_UTF8 = 65001, /* the specification's default */
};

/* A code page that can be shown. */
struct code_page {
    unsigned identifier; /* of the specification's list */
    const char *charset; /* name of it in iconv */
    const char *name;    /* for people, in English */
};

/* An identifier of the specification's list that iconv has no charset for. */
struct code_page_unsupported {
    unsigned identifier;
    const char *name; /* for people, in English */
};

/* The code pages that can be shown, in ascending order of identifier. *count: rows. */
const struct code_page *code_pages(size_t *count);

/* The code page of that identifier, or NULL when it cannot be shown. */
const struct code_page *code_page_find(unsigned identifier);

/* The specification's other identifiers, in ascending order. *count: rows. */
const struct code_page_unsupported *code_pages_unsupported(size_t *count);

/*
 * The name of a code page that is in the specification's list but cannot be shown. NULL for every
 * other identifier: one that can be shown, or one that is not in the list.
 */
const char *code_page_unsupported_name(unsigned identifier);

/*
 * Converts `length` bytes of text in the code page to valid UTF-8, NUL-terminated, allocated in
 * `scope`. Each call starts in the charset's initial shift state. `bytes` may be NULL when length
 * is 0. U+FFFD stands for each byte (UTF-16, UTF-32: each code unit) that cannot be decoded, and
 * once for a character cut off at the end; U+2400 stands for U+0000. Other control characters stay
 * as they are. Takes time linear in `length`.
 * Returns NULL when the iconv of this system lacks the charset. Not thread-safe.
 */
char *code_page_to_utf8(wmem_allocator_t *scope, const struct code_page *page, const uint8_t *bytes,
                        size_t length);

/* Frees what code_page_to_utf8() keeps between calls. May be called at any time. */
void code_page_close(void);

#endif
