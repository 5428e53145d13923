//go:build ignore

/*
 * msgpack.c finds the ends of msgpack objects in untrusted bytes, and writes the few that this host
 * makes up itself. It neither recurses nor reads past what it is given.
 */
#include "host.h"

#include <string.h>

/* A length of n bytes, big endian. */
static uint64_t number(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    while (n--) {
        v = v << 8 | *p++;
    }
    return v;
}

/* What an object's first byte says: the bytes of its head, of its body, and the objects inside. */
struct head {
    uint64_t bytes, children;
};

/* Types whose head is followed by a length of 1, 2 or 4 bytes. */
static bool sized(uint8_t type, unsigned *width, unsigned *extra, unsigned *children)
{
    static const struct {
        uint8_t first, count, log, extra, children;
    } kinds[] = {
        {0xc4, 3, 0, 0, 0}, /* bin 8, 16, 32 */
        {0xc7, 3, 0, 1, 0}, /* ext 8, 16, 32: a type byte besides */
        {0xd9, 3, 0, 0, 0}, /* str 8, 16, 32 */
        {0xdc, 2, 1, 0, 1}, /* array 16, 32 */
        {0xde, 2, 1, 0, 2}, /* map 16, 32 */
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (type >= kinds[i].first && type < kinds[i].first + kinds[i].count) {
            *width = 1u << (kinds[i].log + (type - kinds[i].first));
            *extra = kinds[i].extra;
            *children = kinds[i].children;
            return true;
        }
    }
    return false;
}

/* Types whose size is fixed; 0 for what is none. */
static unsigned fixed(uint8_t type)
{
    static const uint8_t sizes[] = {
        5, 9, 2, 3, 5, 9, 2, 3, 5, 9, /* ca float 32 ... d3 int 64 */
        3, 4, 6, 10, 18,              /* d4 fixext 1 ... d8 fixext 16 */
    };

    if (type <= 0x7f || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3) {
        return 1;
    }
    return type >= 0xca && type <= 0xd8 ? sizes[type - 0xca] : 0;
}

/* Reads one head; false when it is cut off or no msgpack. */
static bool read_head(const uint8_t *data, size_t size, struct head *h)
{
    uint8_t type = data[0];
    unsigned width, extra, children;

    *h = (struct head){.bytes = fixed(type)};
    if (h->bytes) {
        return true;
    }
    if (type < 0xa0) { /* fixmap, fixarray */
        *h = (struct head){1, (uint64_t) (type & 0x0f) * (type < 0x90 ? 2 : 1)};
        return true;
    }
    if (type < 0xc0) { /* fixstr */
        h->bytes = 1u + (type & 0x1f);
        return true;
    }
    if (!sized(type, &width, &extra, &children) || size < 1 + width) {
        return false;
    }
    *h = (struct head){1 + width + extra, 0};
    if (children) {
        h->children = number(data + 1, width) * children;
    }
    else {
        h->bytes += number(data + 1, width);
    }
    return true;
}

size_t msgpack_skip(const uint8_t *data, size_t size)
{
    size_t pos = 0;
    uint64_t left = 1;
    struct head h;

    while (left) {
        /* An object has a byte at least, so more objects than bytes cannot be whole. */
        if (left > size - pos || !read_head(data + pos, size - pos, &h) || h.bytes > size - pos) {
            return 0;
        }
        pos += h.bytes;
        left += h.children - 1;
    }
    return pos;
}

/* Group markers have the seconds -1 and -2: flb_log_event_decoder.c:188-. They are no records. */
int msgpack_group(const uint8_t *data, size_t size)
{
    static const uint8_t head[] = {0x92, 0x92, 0xd7, 0x00, 0xff, 0xff, 0xff};
    static const uint8_t nanoseconds[4];

    if (size < 12 || memcmp(data, head, sizeof(head)) != 0 || memcmp(data + 8, nanoseconds, 4) != 0) {
        return 0;
    }
    return data[7] == 0xff ? 1 : data[7] == 0xfe ? -1 : 0;
}

static void big_endian(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t) (v >> (24 - 8 * i));
    }
}

/* [[EventTime, {}], ... */
size_t msgpack_time(uint8_t *out, int64_t sec, uint32_t nsec)
{
    memcpy(out, "\x92\x92\xd7\x00", 4);
    big_endian(out + 4, (uint32_t) sec);
    big_endian(out + 8, nsec);
    out[12] = 0x80;
    return 13;
}

size_t msgpack_str(uint8_t *out, const char *s, size_t len)
{
    size_t head;

    if (len < 32) {
        out[0] = (uint8_t) (0xa0 | len);
        head = 1;
    }
    else if (len < 256) {
        out[0] = 0xd9;
        out[1] = (uint8_t) len;
        head = 2;
    }
    else {
        out[0] = 0xdb;
        big_endian(out + 1, (uint32_t) len);
        head = 5;
    }
    memcpy(out + head, s, len);
    return head + len;
}

size_t msgpack_map(uint8_t *out, unsigned count)
{
    out[0] = (uint8_t) (0x80 | count);
    return 1;
}
