#include "sensors/feedback_facts.h"

static size_t facts_of_notice(const struct relay_notice *notice, struct slice our_host,
	int64_t at_us, struct source accused[FEEDBACK_ACCUSED], struct fact *ret)
{
	struct slice sender = slice_of(notice->sender);
	size_t at = slice_find_last(sender, '@'), n = 0;
	struct slice domain = slice_after(sender, at < sender.len ? at + 1 : at);

	source_set(&accused[n++], SOURCE_MAILBOX, sender);
	if (at == sender.len || slice_equal_nocase(domain, our_host))
		source_set(&accused[n++], SOURCE_LOGIN, slice_first(sender, at));
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct fact){
			.kind = FACT_COMPLAINED, .at_us = at_us, .source = &accused[i]};
	return n;
}

size_t feedback_facts_of(const struct feedback_report *report, struct slice our_host, int64_t at_us,
	struct source accused[FEEDBACK_ACCUSED], struct fact ret[REPORT_FACTS_MAX])
{
	const struct exim_id *id = &report->original.exim_id;
	const struct fact begun = {.at_us = at_us, .id = {id->text, id->len}};
	size_t n = 0;

	if (report->kind == FEEDBACK_NOTICE)
		return facts_of_notice(&report->notice, our_host, at_us, accused, ret);
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
