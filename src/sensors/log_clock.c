#include "sensors/log_clock.h"

#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR 3600
#define DAY  86400

/* How far from UTC a local time may be: once, or twice in the hour that comes twice. */
struct offsets {
	int64_t early, late; /* early: that of the first of the two times, the larger offset */
};

/* The hour that the last line was in. */
struct hour {
	uint16_t year;
	uint8_t month, day, hour;
	bool known;
	bool even;     /* the offsets hold for the whole hour */
	int64_t local; /* seconds from 1970 to its beginning, as if it were UTC */
	struct offsets offsets;
};

struct log_clock {
	char *zone; /* owned; NULL: the system's or a fixed one */
	bool is_fixed;
	int64_t fixed; /* seconds east of UTC */
	struct hour hour;
	int64_t last; /* seconds of the latest line */
	bool has_last;
};

/* ---- zones ---- */

/* "+0130" in seconds; false when it is none. */
static bool read_fixed(const char *zone, int64_t *ret)
{
	if (strspn(zone + 1, "0123456789") != 4 || strlen(zone) != 5)
		return false;

	int hours = (zone[1] - '0') * 10 + (zone[2] - '0');
	int minutes = (zone[3] - '0') * 10 + (zone[4] - '0');
	if (hours > 23 || minutes > 59)
		return false;
	*ret = (int64_t)(hours * 60 + minutes) * 60 * (zone[0] == '-' ? -1 : 1);
	return true;
}

/* "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX): letters, and how far from UTC. */
static bool is_rule(const char *zone)
{
	size_t n = strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (n < 3)
		return false;
	n += zone[n] == '+' || zone[n] == '-' ? 1 : 0;
	return zone[n] >= '0' && zone[n] <= '9';
}

/* The C library takes a name it does not know for UTC, without a word. */
static bool zone_exists(const char *zone)
{
	const char *folder = getenv("TZDIR");
	char path[PATH_MAX];

	if (zone[0] == '/' || zone[0] == ':' || strstr(zone, "..") != NULL)
		return false;
	int n = snprintf(
		path, sizeof(path), "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo", zone);
	return n > 0 && n < (int)sizeof(path) && access(path, R_OK) == 0;
}

int log_clock_new(const char *zone, struct log_clock **ret_clock)
{
	int64_t fixed = 0;
	bool is_utc = strcasecmp(zone, "UTC") == 0;
	bool is_number = zone[0] == '+' || zone[0] == '-';

	if (is_number && !read_fixed(zone, &fixed))
		return -EINVAL;
	if (zone[0] != '\0' && !is_utc && !is_number && !zone_exists(zone) && !is_rule(zone))
		return -ENOENT;

	struct log_clock *c = memory_new(1, sizeof(*c));
	c->is_fixed = is_utc || is_number;
	c->fixed = fixed;
	if (zone[0] != '\0' && !c->is_fixed)
		c->zone = memory_copy(zone, strlen(zone));
	else
		tzset();
	*ret_clock = c;
	return 0;
}

void log_clock_free(struct log_clock *c)
{
	if (c == NULL)
		return;
	free(c->zone);
	free(c);
}

/* Puts the clock's zone in the place of the environment's; the answer goes to take_back(). */
static char *lend_zone(const struct log_clock *c)
{
	const char *ours = getenv("TZ");
	char *kept = ours != NULL ? memory_copy(ours, strlen(ours)) : NULL;

	setenv("TZ", c->zone, 1);
	tzset();
	return kept;
}

static void take_back_zone(char *kept)
{
	if (kept != NULL)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
}

/* Seconds east of UTC at that moment. */
static int64_t offset_at(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm t;

	return localtime_r(&at, &t) != NULL ? t.tm_gmtoff : 0;
}

/* The offsets of a day before and of a day behind are those that may hold; each is asked whether it
 * does. */
static struct offsets find_offsets(int64_t local)
{
	int64_t before = offset_at(local - DAY), behind = offset_at(local + DAY);
	bool first = offset_at(local - before) == before;
	bool second = offset_at(local - behind) == behind;

	if (!first && second)
		return (struct offsets){behind, behind};
	if (!second)
		return (struct offsets){before, before};
	return before >= behind ? (struct offsets){before, behind}
				: (struct offsets){behind, before};
}

static struct offsets offsets_of(const struct log_clock *c, int64_t local)
{
	if (c->is_fixed)
		return (struct offsets){c->fixed, c->fixed};
	if (c->zone == NULL)
		return find_offsets(local);

	char *kept = lend_zone(c);
	struct offsets found = find_offsets(local);
	take_back_zone(kept);
	return found;
}

/* ---- times ---- */

static bool same_hour(const struct hour *h, const struct exim_log_time *t)
{
	return h->known && h->hour == t->hour && h->day == t->day && h->month == t->month &&
	       h->year == t->year;
}

static void begin_hour(struct log_clock *c, const struct exim_log_time *t)
{
	struct tm at = {.tm_year = t->year - 1900,
		.tm_mon = t->month - 1,
		.tm_mday = t->day,
		.tm_hour = t->hour};
	int64_t local = timegm(&at);
	struct offsets first = offsets_of(c, local), last = offsets_of(c, local + HOUR - 1);

	c->hour = (struct hour){.year = t->year,
		.month = t->month,
		.day = t->day,
		.hour = t->hour,
		.known = true,
		.even = first.early == last.early && first.late == last.late,
		.local = local,
		.offsets = first};
}

/* The earlier of two times, unless the log has passed it. */
static int64_t choose(const struct log_clock *c, int64_t local, struct offsets o)
{
	int64_t early = local - o.early;

	if (o.early != o.late && c->has_last && early + LOG_CLOCK_DISORDER < c->last)
		return local - o.late;
	return early;
}

int64_t log_clock_seconds(struct log_clock *c, const struct exim_log_time *t)
{
	if (!same_hour(&c->hour, t))
		begin_hour(c, t);

	int64_t local = c->hour.local + (int64_t)t->minute * 60 + t->second, seconds;
	if (t->has_zone)
		seconds = local - (int64_t)t->zone_minutes * 60;
	else
		seconds = choose(c, local, c->hour.even ? c->hour.offsets : offsets_of(c, local));
	if (!c->has_last || seconds > c->last)
		log_clock_set(c, seconds);
	return seconds;
}

void log_clock_set(struct log_clock *c, int64_t seconds)
{
	c->last = seconds;
	c->has_last = true;
}
