#include "programs/moment_option.h"

#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <time.h>

int moment_option_read(const char *typed, const char *option, int64_t none, int64_t *ret_seconds,
	struct problem *problem)
{
	char shown[64];

	if (typed == NULL) {
		*ret_seconds = none;
		return 0;
	}
	if (units_read_moment(slice_of(typed), (int64_t)time(NULL), ret_seconds) == 0)
		return 0;
	return problem_set(problem, -EINVAL,
		"--%s \"%s\" is no time: write 2026-11-23, \"2026-11-23 12:05\" or 3d", option,
		printable_text(slice_of(typed), shown, sizeof(shown)));
}
