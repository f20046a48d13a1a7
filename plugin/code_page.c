/*
 * Code page identifiers and their charsets in iconv, as glibc 2.36 has them, and the conversion to
 * UTF-8. Where the vendor's table of an identifier is published, the charset was compared with it;
 * comments and corrections below say where the two differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "code_page.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

/*
 * Ascending by identifier. "Superset" means: the same for all the bytes the code page defines, and
 * more characters beside them.
 */
static const struct code_page pages[] = {
    /* 1 to 30: NSStringEncoding numbers, for Mac OS only in the specification. */
    {1, "US-ASCII", "ASCII (Mac OS)"},
    {3, "EUC-JP", "Japanese EUC (Mac OS)"},
    {4, "UTF-8", "Unicode UTF-8 (Mac OS)"},
    {5, "ISO-8859-1", "ISO Latin 1 (Mac OS)"},
    {8, "CP932", "Japanese Shift-JIS (Mac OS)"},
    {9, "ISO-8859-2", "ISO Latin 2 (Mac OS)"},
    /* In the list twice, as Unicode and as UTF16String: one encoding. */
    {10, "UTF-16", "Unicode UTF-16, byte order mark or host order (Mac OS)"},
    {11, "CP1251", "Windows Cyrillic (Mac OS)"},
    {12, "CP1252", "Windows Western European (Mac OS)"},
    {13, "CP1253", "Windows Greek (Mac OS)"},
    {14, "CP1254", "Windows Turkish (Mac OS)"},
    {15, "CP1250", "Windows Central European (Mac OS)"},
    {21, "ISO-2022-JP", "Japanese ISO 2022 (Mac OS)"},
    {30, "MACINTOSH", "Macintosh Roman (Mac OS)"},

    {37, "IBM037", "IBM EBCDIC US/Canada"},
    {437, "IBM437", "DOS United States"},
    {500, "IBM500", "IBM EBCDIC International"},
    /* The standard. Microsoft's own table puts box drawing and French letters in its gaps. */
    {708, "ASMO-708", "Arabic ASMO 708"},
    {737, "CP737", "DOS Greek"},
    {775, "CP775", "DOS Baltic"},
    {850, "IBM850", "DOS Western European"},
    {852, "IBM852", "DOS Central European"},
    {855, "IBM855", "DOS Cyrillic, mainly Russian"},
    {857, "IBM857", "DOS Turkish"},
    {858, "IBM858", "DOS Western European with euro"},
    {860, "IBM860", "DOS Portuguese"},
    {861, "IBM861", "DOS Icelandic"},
    {862, "IBM862", "DOS Hebrew"},
    {863, "IBM863", "DOS Canadian French"},
    {864, "IBM864", "DOS Arabic"},
    {865, "IBM865", "DOS Nordic"},
    {866, "IBM866", "DOS Russian"},
    {869, "IBM869", "DOS Modern Greek"},
    {870, "IBM870", "IBM EBCDIC Latin 2"},
    {874, "CP874", "Windows Thai"},
    {875, "CP875", "IBM EBCDIC Modern Greek"},
    {932, "CP932", "Windows Japanese, Shift-JIS"},
    {936, "CP936", "Windows Simplified Chinese, GBK"},
    {949, "CP949", "Windows Korean, Unified Hangul"},
    {950, "CP950", "Windows Traditional Chinese, Big5"}, /* superset: the ETEN characters */
    {1026, "IBM1026", "IBM EBCDIC Turkish"},
    {1047, "IBM1047", "IBM EBCDIC Open Systems Latin 1"},
    {1140, "IBM1140", "IBM EBCDIC US/Canada with euro"},
    {1141, "IBM1141", "IBM EBCDIC Germany with euro"},
    {1142, "IBM1142", "IBM EBCDIC Denmark/Norway with euro"},
    {1143, "IBM1143", "IBM EBCDIC Finland/Sweden with euro"},
    {1144, "IBM1144", "IBM EBCDIC Italy with euro"},
    {1145, "IBM1145", "IBM EBCDIC Spain/Latin America with euro"},
    {1146, "IBM1146", "IBM EBCDIC United Kingdom with euro"},
    {1147, "IBM1147", "IBM EBCDIC France with euro"},
    {1148, "IBM1148", "IBM EBCDIC International with euro"},
    {1149, "IBM1149", "IBM EBCDIC Iceland with euro"},
    /* Superset of UCS-2: surrogate pairs too. */
    {1200, "UTF-16LE", "Unicode UTF-16/UCS-2, little-endian"},
    {1201, "UTF-16BE", "Unicode UTF-16/UCS-2, big-endian"},
    {1250, "CP1250", "Windows Central European"},
    {1251, "CP1251", "Windows Cyrillic"},
    {1252, "CP1252", "Windows Western European"},
    {1253, "CP1253", "Windows Greek"},
    {1254, "CP1254", "Windows Turkish"},
    {1255, "CP1255", "Windows Hebrew"},
    {1256, "CP1256", "Windows Arabic"},
    {1257, "CP1257", "Windows Baltic"},
    {1258, "CP1258", "Windows Vietnamese"},
    /* KS X 1001 annex 3: 0x5C is the won sign, single jamo are compatibility letters. */
    {1361, "JOHAB", "Korean Johab"},

    {10000, "MACINTOSH", "Macintosh Roman"},
    {10003, "EUC-KR", "Macintosh Korean"},
    {10007, "CP10007", "Macintosh Cyrillic"},
    {10008, "EUC-CN", "Macintosh Simplified Chinese"},
    {10017, "MAC-UK", "Macintosh Ukrainian"},
    {10029, "MAC-CENTRALEUROPE", "Macintosh Central European"},
    {10079, "MAC-IS", "Macintosh Icelandic"},
    {12000, "UTF-32LE", "Unicode UTF-32/UCS-4, little-endian"},
    {12001, "UTF-32BE", "Unicode UTF-32/UCS-4, big-endian"},
    {20105, "ISO_646.IRV:1991", "IA5 International Reference Version, 7-bit"},
    {20106, "ISO646-DE", "IA5 German, 7-bit"},
    {20107, "ISO646-SE2", "IA5 Swedish, 7-bit"},
    {20108, "ISO646-NO2", "IA5 Norwegian, 7-bit"},
    {20127, "US-ASCII", "ASCII, 7-bit"},
    {20261, "T.61-8BIT", "Teletex T.61"}, /* accents on the letters T.61 allows them for */
    /* The edition with $ and # at 0xA4 and 0xA6, as the vendor's table has them. */
    {20269, "ISO_6937-2", "ISO 6937 with non-spacing accents"},
    {20273, "IBM273", "IBM EBCDIC Germany"},
    {20277, "IBM277", "IBM EBCDIC Denmark/Norway"},
    {20278, "IBM278", "IBM EBCDIC Finland/Sweden"},
    {20280, "IBM280", "IBM EBCDIC Italy"},
    {20284, "IBM284", "IBM EBCDIC Spain/Latin America"},
    {20285, "IBM285", "IBM EBCDIC United Kingdom"},
    {20290, "IBM930", "IBM EBCDIC Japanese Katakana"}, /* superset: double bytes behind SO */
    {20297, "IBM297", "IBM EBCDIC France"},
    {20420, "IBM420", "IBM EBCDIC Arabic"}, /* letters as such, not their presentation forms */
    {20423, "IBM423", "IBM EBCDIC Greek"},
    {20424, "IBM12712", "IBM EBCDIC Hebrew"},        /* superset of 424: euro, new sheqel */
    {20833, "IBM933", "IBM EBCDIC Korean Extended"}, /* superset: double bytes behind SO */
    {20838, "IBM9030", "IBM EBCDIC Thai"},           /* superset of 838 */
    {20866, "KOI8-R", "Russian KOI8-R"},
    {20871, "IBM871", "IBM EBCDIC Iceland"},
    {20880, "IBM880", "IBM EBCDIC Cyrillic, Russian"},
    {20905, "IBM905", "IBM EBCDIC Turkish, Latin 3"},
    /* JIS X 0212 by the EUC prefix 0x8F, not by Microsoft's two bytes. */
    {20932, "EUC-JP", "Japanese JIS X 0208 and JIS X 0212, EUC"},
    {20936, "EUC-CN", "Simplified Chinese GB 2312"},
    {21025, "IBM1025", "IBM EBCDIC Cyrillic, Serbian/Bulgarian"},
    {21027, "IBM939", "IBM EBCDIC Japanese Latin"}, /* superset of 1027: double bytes behind SO */
    {21866, "KOI8-U", "Ukrainian KOI8-U"},          /* RFC 2319 */
    {28591, "ISO-8859-1", "ISO 8859-1 Western European"},
    {28592, "ISO-8859-2", "ISO 8859-2 Central European"},
    {28593, "ISO-8859-3", "ISO 8859-3 South European"},
    {28594, "ISO-8859-4", "ISO 8859-4 Baltic"},
    {28595, "ISO-8859-5", "ISO 8859-5 Cyrillic"},
    {28596, "ISO-8859-6", "ISO 8859-6 Arabic"},
    {28597, "ISO-8859-7", "ISO 8859-7 Greek"},
    {28598, "ISO-8859-8", "ISO 8859-8 Hebrew, visual order"},
    {28599, "ISO-8859-9", "ISO 8859-9 Turkish"},
    {28605, "ISO-8859-15", "ISO 8859-15 Western European with euro"},
    {38598, "ISO-8859-8", "ISO 8859-8 Hebrew, logical order"},
    {50220, "ISO-2022-JP", "Japanese ISO 2022, no half-width Katakana"},
    /* Superset: glibc reads the half-width Katakana of ESC ( I here. */
    {50221, "ISO-2022-JP-2", "Japanese ISO 2022 with half-width Katakana"},
    {50225, "ISO-2022-KR", "Korean ISO 2022"},
    {50227, "ISO-2022-CN", "Simplified Chinese ISO 2022"},  /* superset: both scripts */
    {50229, "ISO-2022-CN", "Traditional Chinese ISO 2022"}, /* superset: both scripts */
    {50930, "IBM930", "IBM EBCDIC Japanese Katakana, mixed"},
    {50933, "IBM933", "IBM EBCDIC Korean, mixed"},
    {50935, "IBM935", "IBM EBCDIC Simplified Chinese, mixed"},
    {50937, "IBM937", "IBM EBCDIC Traditional Chinese, mixed"},
    {50939, "IBM939", "IBM EBCDIC Japanese Latin, mixed"},
    {51932, "EUC-JP", "Japanese EUC"},        /* the standard, no vendor row 13 */
    {51936, "GBK", "Simplified Chinese EUC"}, /* superset of GB 2312, as Microsoft reads it */
    {51949, "EUC-KR", "Korean EUC"},
    {51950, "EUC-TW", "Traditional Chinese EUC"},
    {54936, "GB18030", "Simplified Chinese GB 18030"},
    {65000, "UTF-7", "Unicode UTF-7"},
    {CODE_PAGE_UTF8, "UTF-8", "Unicode UTF-8"},

    /* NSStringEncoding numbers again. */
    {0x8c000100, "UTF-32", "Unicode UTF-32, byte order mark or host order (Mac OS)"},
    {0x90000100, "UTF-16BE", "Unicode UTF-16, big-endian (Mac OS)"},
    {0x94000100, "UTF-16LE", "Unicode UTF-16, little-endian (Mac OS)"},
    {0x98000100, "UTF-32BE", "Unicode UTF-32, big-endian (Mac OS)"},
    {0x9c000100, "UTF-32LE", "Unicode UTF-32, little-endian (Mac OS)"},
};

/* Ascending by identifier. Where iconv has a relative, it is named with what keeps it from use. */
static const struct code_page_unsupported unsupported_pages[] = {
    {2, "NeXTSTEP (Mac OS)"},
    {6, "Symbol font (Mac OS)"},
    {7, "Non-lossy ASCII (Mac OS)"},
    {709, "Arabic ASMO 449+, BCON V4"}, /* ASMO_449: the 7-bit set without the "+" */
    {710, "Arabic, transparent"},
    {720, "DOS Arabic, transparent ASMO"},
    {10001, "Macintosh Japanese"},            /* SJIS: other signs, single bytes missing */
    {10002, "Macintosh Traditional Chinese"}, /* BIG5: single bytes missing */
    {10004, "Macintosh Arabic"},
    {10005, "Macintosh Hebrew"},
    {10006, "Macintosh Greek"},
    {10010, "Macintosh Romanian"},
    {10021, "Macintosh Thai"}, /* TIS-620: without the quotation marks and signs */
    {10081, "Macintosh Turkish"},
    {10082, "Macintosh Croatian"},
    {20000, "Taiwan CNS"}, /* EUC-TW: plane 2 is coded in another way */
    {20001, "Taiwan TCA"},
    {20002, "Taiwan ETEN"},
    {20003, "Taiwan IBM 5550"},
    {20004, "Taiwan Teletext"},
    {20005, "Taiwan Wang"},
    {20924, "IBM EBCDIC Open Systems Latin 1 with euro"},
    {29001, "Europa 3"},
    {50222, "Japanese ISO 2022, JIS X 0201 by shift codes"}, /* ISO-2022-JP: no SO and SI */
    {50931, "IBM EBCDIC US/Canada and Japanese, mixed"},
    {50936, "IBM EBCDIC Simplified Chinese"},
    {52936, "Simplified Chinese HZ"},
    {57002, "ISCII Devanagari"},
    {57003, "ISCII Bengali"},
    {57004, "ISCII Tamil"},
    {57005, "ISCII Telugu"},
    {57006, "ISCII Assamese"},
    {57007, "ISCII Oriya"},
    {57008, "ISCII Kannada"},
    {57009, "ISCII Malayalam"},
    {57010, "ISCII Gujarati"},
    {57011, "ISCII Punjabi"},
    {65536, "Proprietary (Mac OS)"},
};

/*
 * Bytes that glibc's charset leaves out or gives another character than the vendor's table of the
 * code page. Single-byte code pages only; ascending by identifier.
 */
static const struct correction {
    unsigned identifier;
    uint8_t byte;
    gunichar character;
} corrections[] = {
    {30, 0xc6, 0x2206},

    {870, 0xb0, 0x02d9},

    {875, 0x6a, 0x007c},   {875, 0x74, 0x00a0},   {875, 0xdd, 0x0387},

    {1026, 0x9d, 0x00b8},  {1026, 0xbc, 0x00af},

    {10000, 0xc6, 0x2206},

    {10007, 0xb6, 0x2202},

    {10079, 0xa0, 0x00dd}, {10079, 0xc6, 0x2206}, {10079, 0xd0, 0x2013}, {10079, 0xd1, 0x2014},
    {10079, 0xd7, 0x25ca}, {10079, 0xdc, 0x00d0}, {10079, 0xdd, 0x00f0}, {10079, 0xe0, 0x00fd},
    {10079, 0xf6, 0x02c6}, {10079, 0xf7, 0x02dc},

    {20105, 0x24, 0x00a4}, {20105, 0x7e, 0x203e},

    {20278, 0x71, 0x005c}, {20278, 0xe0, 0x00c9},

    {20285, 0xa1, 0x00af},

    {20423, 0x6a, 0x007c}, {20423, 0x74, 0x00a0}, {20423, 0xaf, 0x03c3}, {20423, 0xba, 0x03c2},
    {20423, 0xca, 0x00ad}, {20423, 0xcc, 0x00e2},

    {20871, 0x4a, 0x00de}, {20871, 0xc0, 0x00fe},

    {20880, 0x41, 0x00a0}, {20880, 0x45, 0x0454}, {20880, 0x55, 0x045e}, {20880, 0x64, 0x0404},
    {20880, 0x6a, 0x007c}, {20880, 0x73, 0x00ad}, {20880, 0x74, 0x040e}, {20880, 0x79, 0x0060},
    {20880, 0xa1, 0x007e}, {20880, 0xc0, 0x007b}, {20880, 0xd0, 0x007d},

    {20905, 0x41, 0x00a0}, {20905, 0x9d, 0x00b8}, {20905, 0xb0, 0x02d9}, {20905, 0xb7, 0x00b7},
};

/* Charsets whose converter needs more care than the others'. */
static const struct trait {
    const char *charset;
    size_t unit;      /* bytes per code unit: skipped together when they can not be decoded */
    bool composes;    /* holds a letter back until it has seen the mark behind it */
    bool keeps_order; /* a reset leaves the byte order of the last mark in force */
} traits[] = {
    {"CP1255", 1, true, false},    {"CP1258", 1, true, false},    {"UTF-16", 2, false, true},
    {"UTF-16BE", 2, false, false}, {"UTF-16LE", 2, false, false}, {"UTF-32", 4, false, true},
    {"UTF-32BE", 4, false, false}, {"UTF-32LE", 4, false, false},
};

static const struct trait plain = {NULL, 1, false, false};

enum {
    REPLACEMENT_CHARACTER = 0xfffd,
    SYMBOL_FOR_NULL = 0x2400,
};

/* The converter of the code page used last; page is NULL while there is none. */
static struct {
    const struct code_page *page;
    GIConv iconv;
    const struct trait *trait;
    bool corrects;
    gunichar corrected[256]; /* 0: as iconv has it */
} converter;

/* Both row types begin with their identifier. */
static int compare_identifier(const void *key, const void *row)
{
    unsigned wanted = *(const unsigned *)key;
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): every row is filled */
    unsigned found = *(const unsigned *)row;

    return (wanted > found) - (wanted < found);
}

const struct code_page *code_pages(size_t *count)
{
    *count = G_N_ELEMENTS(pages);
    return pages;
}

const struct code_page *code_page_find(unsigned identifier)
{
    return bsearch(&identifier, pages, G_N_ELEMENTS(pages), sizeof pages[0], compare_identifier);
}

const struct code_page_unsupported *code_pages_unsupported(size_t *count)
{
    *count = G_N_ELEMENTS(unsupported_pages);
    return unsupported_pages;
}

const char *code_page_unsupported_name(unsigned identifier)
{
    const struct code_page_unsupported *row =
        bsearch(&identifier, unsupported_pages, G_N_ELEMENTS(unsupported_pages),
                sizeof unsupported_pages[0], compare_identifier);

    return row ? row->name : NULL;
}

void code_page_close(void)
{
    if (!converter.page)
        return;
    g_iconv_close(converter.iconv);
    converter.page = NULL;
}

static const struct trait *trait_of(const char *charset)
{
    for (size_t i = 0; i < G_N_ELEMENTS(traits); i++) {
        if (strcmp(traits[i].charset, charset) == 0)
            return &traits[i];
    }
    return &plain;
}

static bool converter_open(const struct code_page *page)
{
    GIConv iconv;

    if (converter.page == page && !converter.trait->keeps_order)
        return true;
    iconv = g_iconv_open("UTF-8", page->charset);
    if (iconv == (GIConv)-1)
        return false;
    code_page_close();
    converter.page = page;
    converter.iconv = iconv;
    converter.trait = trait_of(page->charset);
    converter.corrects = false;
    memset(converter.corrected, 0, sizeof converter.corrected);
    for (size_t i = 0; i < G_N_ELEMENTS(corrections); i++) {
        if (corrections[i].identifier != page->identifier)
            continue;
        converter.corrected[corrections[i].byte] = corrections[i].character;
        converter.corrects = true;
    }
    return true;
}

/*
 * The length of the valid UTF-8 at the start of `length` bytes, as far as XML 1.0 (section 2.2) has
 * its characters, too: that leaves out U+FFFE and U+FFFF, which would break `tshark -T pdml`. A NUL
 * ends it. (Wireshark escapes control characters.)
 */
static size_t valid_length(const char *bytes, size_t length)
{
    static const char lead[] = "\xEF\xBF"; /* of U+FFC0 to U+FFFF */
    const size_t lead_length = sizeof lead - 1;
    const char *fault;
    size_t valid;

    g_utf8_validate_len(bytes, length, &fault);
    valid = (size_t)(fault - bytes);
    for (size_t i = 0; i + lead_length < valid; i++) {
        const char *found = memchr(bytes + i, (unsigned char)lead[0], valid - i);

        if (!found || (size_t)(found - bytes) + lead_length >= valid)
            break;
        i = (size_t)(found - bytes);
        if (found[1] == lead[1] && (unsigned char)found[2] >= 0xBE)
            return i;
    }
    return valid;
}

/* The replacement of a character or byte that is not valid, whose length is in *skipped. */
static gunichar substitute(const char *bytes, size_t length, size_t *skipped)
{
    const gunichar character = g_utf8_get_char_validated(bytes, (gssize)length);
    enum { BAD = -1, CUT_OFF = -2 }; /* of this function; a NUL within looks cut off, too */

    *skipped = 1;
    if (*bytes == '\0')
        return SYMBOL_FOR_NULL;
    if (character == (gunichar)CUT_OFF && !memchr(bytes, '\0', length))
        *skipped = length;
    else if (character != (gunichar)BAD && character != (gunichar)CUT_OFF)
        *skipped = (size_t)g_unichar_to_utf8(character, NULL);
    return REPLACEMENT_CHARACTER;
}

/*
 * Appends what iconv wrote. glibc passes code points above U+10FFFF on from UTF-8, so the validity
 * is checked here.
 */
static void append_checked(wmem_strbuf_t *text, const char *at, size_t length)
{
    while (length > 0) {
        size_t valid = valid_length(at, length);

        wmem_strbuf_append_len(text, at, valid);
        at += valid;
        length -= valid;
        if (length == 0)
            break;
        wmem_strbuf_append_unichar(text, substitute(at, length, &valid));
        at += valid;
        length -= valid;
    }
}

/* One call of iconv; input NULL: what it still holds back, and to the initial shift state. */
static int convert_step(wmem_strbuf_t *text, char **input, size_t *input_left, bool *progress)
{
    char output[1024];
    char *output_end = output;
    size_t output_left = sizeof output;
    size_t before = input ? *input_left : 0;
    size_t result = g_iconv(converter.iconv, input, input_left, &output_end, &output_left);
    int error = result == (size_t)-1 ? errno : 0;

    append_checked(text, output, (size_t)(output_end - output));
    *progress = output_end != output || (input && *input_left != before);
    return error;
}

static void flush(wmem_strbuf_t *text)
{
    bool progress;

    convert_step(text, NULL, NULL, &progress);
}

/* Converts `length` bytes without a corrected byte among them. */
static void convert_run(wmem_strbuf_t *text, const uint8_t *bytes, size_t length)
{
    char *input = (char *)bytes;
    size_t left = length;

    while (left > 0) {
        bool progress;
        int error = convert_step(text, &input, &left, &progress);
        size_t bad;

        if (progress && (error == 0 || error == E2BIG))
            continue;
        bad = error == EINVAL ? left : MIN(converter.trait->unit, left);
        if (converter.trait->composes)
            flush(text);
        wmem_strbuf_append_unichar(text, REPLACEMENT_CHARACTER);
        input += bad;
        left -= bad;
    }
}

/* How many bytes stand before the first corrected one. */
static size_t uncorrected_length(const uint8_t *bytes, size_t length)
{
    size_t run = 0;

    if (!converter.corrects)
        return length;
    while (run < length && !converter.corrected[bytes[run]])
        run++;
    return run;
}

/* The length of the ASCII without a NUL at the start of `length` bytes. */
static size_t ascii_length(const char *bytes, size_t length)
{
    const uint64_t ones = UINT64_MAX / 0xFF; /* 1 in each byte */
    const uint64_t highest = ones << 7;
    size_t ascii = 0;

    for (uint64_t word; length - ascii >= sizeof word; ascii += sizeof word) {
        memcpy(&word, bytes + ascii, sizeof word);
        if ((word | (word - ones)) & highest) /* a byte that is not ASCII, or a 0 that borrows */
            break;
    }
    while (ascii < length && (signed char)bytes[ascii] > 0)
        ascii++;
    return ascii;
}

/* UTF-8 needs no conversion, only its faults mended; this is the default, so it must be quick. */
static char *mend_utf8(wmem_allocator_t *scope, const char *bytes, size_t length)
{
    enum { GROWTH = 3 }; /* bytes of UTF-8 that stand for a bad byte or a zero */
    char *text = wmem_alloc(scope, length * GROWTH + 1);
    char *at = text;

    while (length > 0) {
        size_t taken = ascii_length(bytes, length);

        if (taken == 0)
            taken = valid_length(bytes, length);
        if (taken != 0) {
            memcpy(at, bytes, taken);
            at += taken;
        } else {
            at += g_unichar_to_utf8(substitute(bytes, length, &taken), at);
        }
        bytes += taken;
        length -= taken;
    }
    *at = '\0';
    return text;
}

char *code_page_to_utf8(wmem_allocator_t *scope, const struct code_page *page, const uint8_t *bytes,
                        size_t length)
{
    wmem_strbuf_t *text;
    size_t done = 0;

    if (page->identifier == CODE_PAGE_UTF8)
        return mend_utf8(scope, (const char *)bytes, length);
    if (!converter_open(page))
        return NULL;
    g_iconv(converter.iconv, NULL, NULL, NULL, NULL);
    text = wmem_strbuf_new(scope, "");
    while (done < length) {
        size_t run = uncorrected_length(bytes + done, length - done);

        convert_run(text, bytes + done, run);
        done += run;
        if (done < length)
            wmem_strbuf_append_unichar(text, converter.corrected[bytes[done++]]);
    }
    flush(text);
    return wmem_strbuf_finalize(text);
}
