/* codec.h - values as bytes, little-endian, and back, by the same code: what is called in the same
 * order writes or reads, so that the two cannot differ. What is read is checked: a value out of its
 * bounds, or an end that comes too early, makes the codec fail, and from then on every value read
 * is 0. */
#ifndef STANCH_BASE_CODEC_H
#define STANCH_BASE_CODEC_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec {
	bool reads, failed;
	struct slice input; /* what is left to read */
	char *output;       /* owned by the codec until codec_take() */
	size_t len, room;
};

/* A codec that writes, or that reads borrowed bytes. */
struct codec codec_writer(void);
struct codec codec_reader(struct slice input);
void codec_clear(struct codec *c);

/* The bytes written: the caller frees them. */
char *codec_take(struct codec *c, size_t *ret_len);

void codec_fail(struct codec *c);

/* Whether all was read, soundly, and nothing is left. */
bool codec_is_done(const struct codec *c);

void codec_u8(struct codec *c, uint8_t *v);
void codec_u16(struct codec *c, uint16_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u64(struct codec *c, uint64_t *v);
void codec_i64(struct codec *c, int64_t *v);
void codec_bool(struct codec *c, bool *v); /* 0 or 1 */
void codec_f32(struct codec *c, float *v); /* finite */
void codec_f64(struct codec *c, double *v);

/* A number that must not be more than that. */
void codec_count(struct codec *c, uint32_t *v, uint32_t most);

/* len bytes as they are. */
void codec_bytes(struct codec *c, void *at, size_t len);

/* A text of at[size], with its NUL. */
void codec_text(struct codec *c, char *at, size_t size);

#endif
