#include "base/codec.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct codec codec_writer(void)
{
	return (struct codec){0};
}

struct codec codec_reader(struct slice input)
{
	return (struct codec){.reads = true, .input = input};
}

void codec_clear(struct codec *c)
{
	free(c->output);
	*c = (struct codec){0};
}

char *codec_take(struct codec *c, size_t *ret_len)
{
	char *output = c->output != NULL ? c->output : memory_new(1, 1);

	*ret_len = c->len;
	*c = (struct codec){0};
	return output;
}

void codec_fail(struct codec *c)
{
	c->failed = true;
	c->input.len = 0;
}

bool codec_is_done(const struct codec *c)
{
	return !c->failed && c->input.len == 0;
}

void codec_bytes(struct codec *c, void *at, size_t len)
{
	if (len == 0)
		return;
	if (!c->reads) {
		if (c->room - c->len < len) {
			c->room = 2 * c->room + len + 4096;
			c->output = memory_grow(c->output, c->room, 1);
		}
		memcpy(c->output + c->len, at, len);
		c->len += len;
		return;
	}
	if (c->failed || c->input.len < len) {
		codec_fail(c);
		memset(at, 0, len);
		return;
	}
	memcpy(at, c->input.at, len);
	c->input = slice_after(c->input, len);
}

void codec_u64(struct codec *c, uint64_t *v)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(*v >> (8 * i));
	codec_bytes(c, b, sizeof(b));
	if (!c->reads)
		return;
	*v = 0;
	for (unsigned i = 0; i < 8; i++)
		*v |= (uint64_t)b[i] << (8 * i);
}

void codec_u32(struct codec *c, uint32_t *v)
{
	uint8_t b[4] = {(uint8_t)*v, (uint8_t)(*v >> 8), (uint8_t)(*v >> 16), (uint8_t)(*v >> 24)};

	codec_bytes(c, b, sizeof(b));
	if (c->reads)
		*v = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

void codec_u16(struct codec *c, uint16_t *v)
{
	uint8_t b[2] = {(uint8_t)*v, (uint8_t)(*v >> 8)};

	codec_bytes(c, b, sizeof(b));
	if (c->reads)
		*v = (uint16_t)(b[0] | b[1] << 8);
}

void codec_u8(struct codec *c, uint8_t *v)
{
	codec_bytes(c, v, 1);
}

void codec_i64(struct codec *c, int64_t *v)
{
	uint64_t bits = (uint64_t)*v;

	codec_u64(c, &bits);
	*v = (int64_t)bits;
}

void codec_bool(struct codec *c, bool *v)
{
	uint8_t byte = *v ? 1 : 0;

	codec_u8(c, &byte);
	if (byte > 1)
		codec_fail(c);
	*v = byte == 1;
}

void codec_f64(struct codec *c, double *v)
{
	uint64_t bits;

	memcpy(&bits, v, sizeof(bits));
	codec_u64(c, &bits);
	memcpy(v, &bits, sizeof(bits));
	if (!isfinite(*v)) {
		codec_fail(c);
		*v = 0;
	}
}

void codec_f32(struct codec *c, float *v)
{
	uint32_t bits;

	memcpy(&bits, v, sizeof(bits));
	codec_u32(c, &bits);
	memcpy(v, &bits, sizeof(bits));
	if (!isfinite(*v)) {
		codec_fail(c);
		*v = 0;
	}
}

void codec_count(struct codec *c, uint32_t *v, uint32_t most)
{
	codec_u32(c, v);
	if (*v <= most)
		return;
	codec_fail(c);
	*v = 0;
}

void codec_text(struct codec *c, char *at, size_t size)
{
	codec_bytes(c, at, size);
	if (memchr(at, '\0', size) != NULL)
		return;
	codec_fail(c);
	at[0] = '\0';
}
