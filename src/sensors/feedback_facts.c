#include "sensors/feedback_facts.h"

size_t feedback_facts_of(
	const struct feedback_report *report, int64_t at_us, struct fact ret[REPORT_FACTS_MAX])
{
	const struct exim_id *id = &report->original.exim_id;
	const struct fact begun = {.at_us = at_us, .id = {id->text, id->len}};
	size_t n = 0;

	if (!report->original.has_exim_id)
		return 0;
	if (report->kind == FEEDBACK_COMPLAINT && feedback_type_accuses(report->type)) {
		ret[n] = begun;
		ret[n++].kind = FACT_COMPLAINED;
	}
	for (size_t i = 0; i < report->recipient_count; i++) {
		const struct feedback_recipient *to = &report->recipients[i];

		if (to->action != FEEDBACK_FAILED || to->address[0] == '\0')
			continue;
		ret[n] = begun;
		ret[n].kind = FACT_FAILED;
		ret[n].recipient = slice_of(to->address);
		ret[n].failure = failure_of_text(slice_of(to->text));
		ret[n++].is_reported = true;
	}
	return n;
}
