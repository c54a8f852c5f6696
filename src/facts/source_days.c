#include "facts/source_days.h"

static uint32_t *count_of(struct source_day *d, enum source_count what)
{
	switch (what) {
	case COUNT_MESSAGES:
		return &d->messages;
	case COUNT_RECIPIENTS:
		return &d->recipients;
	case COUNT_FAILED:
		return &d->failed;
	default:
		return &d->complaints;
	}
}

bool source_days_add(struct source_days *d, uint16_t day, enum source_count what, uint64_t n,
	struct source_day *ret_over)
{
	struct source_day *at = &d->at[day & 1];

	*ret_over = (struct source_day){0};
	if (day == 0 || day < at->day)
		return false;
	if (day > at->day) {
		*ret_over = *at;
		*at = (struct source_day){.day = day};
	}
	uint32_t *count = count_of(at, what);
	*count = n < SOURCE_DAY_MOST - *count ? *count + (uint32_t)n : SOURCE_DAY_MOST;
	return true;
}

static void code_day(struct source_day *d, struct codec *c)
{
	codec_u16(c, &d->day);
	codec_count(c, &d->messages, SOURCE_DAY_MOST);
	codec_count(c, &d->recipients, SOURCE_DAY_MOST);
	codec_count(c, &d->failed, SOURCE_DAY_MOST);
	codec_count(c, &d->complaints, SOURCE_DAY_MOST);
}

void source_days_code(struct source_days *d, struct codec *c)
{
	for (size_t i = 0; i < 2; i++) {
		code_day(&d->at[i], c);
		if (d->at[i].day != 0 && (d->at[i].day & 1) != i)
			codec_fail(c);
	}
}
