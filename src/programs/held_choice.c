#include "programs/held_choice.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void held_choice_clear(struct held_choice *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->groups[i].spool);
		free(c->groups[i].queue);
		kept_list_clear(&c->groups[i].messages);
	}
	free(c->groups);
	*c = (struct held_choice){0};
}

static int read_word(const char *word, uint64_t *ret_hold, struct exim_id *ret_id)
{
	*ret_hold = 0;
	if (units_read_count(slice_of(word), INT64_MAX, ret_hold) == 0)
		return *ret_hold > 0 ? 0 : -EINVAL;
	return exim_id_parse(slice_of(word), ret_id);
}

int held_choice_check(const struct command_arguments *words, struct problem *problem)
{
	for (size_t i = 0; i < words->count; i++) {
		uint64_t hold;
		struct exim_id id;
		char text[80];

		if (read_word(words->at[i], &hold, &id) < 0)
			return problem_set(problem, -EINVAL,
				"\"%s\" is neither the number of a hold nor a message id",
				printable_text(slice_of(words->at[i]), text, sizeof(text)));
	}
	return 0;
}

static bool add_group(void *given, const struct journal_hold *hold)
{
	struct held_choice *c = given;

	c->groups = memory_grow(c->groups, c->count + 1, sizeof(c->groups[0]));
	c->groups[c->count++] = (struct held_group){.hold = hold->hold,
		.spool = memory_copy(hold->spool, strlen(hold->spool)),
		.queue = memory_copy(hold->queue, strlen(hold->queue))};
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return exim_id_compare(&x->id, &y->id);
}

/* A message named twice is meant once; a hold of which nothing is meant is dropped. */
static void tidy(struct held_choice *c)
{
	size_t groups = 0;

	for (size_t g = 0; g < c->count; g++) {
		struct kept_list *list = &c->groups[g].messages;
		size_t n = 0;

		if (list->count > 1)
			qsort(list->at, list->count, sizeof(list->at[0]), by_id);
		for (size_t i = 0; i < list->count; i++)
			if (n == 0 || by_id(&list->at[n - 1], &list->at[i]) != 0)
				list->at[n++] = list->at[i];
		list->count = n;
		c->messages += n;
		if (n > 0) {
			c->groups[groups++] = c->groups[g];
			continue;
		}
		free(c->groups[g].spool);
		free(c->groups[g].queue);
		kept_list_clear(list);
	}
	c->count = groups;
}

static struct held_group *group_of(struct held_choice *c, int64_t hold)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->groups[i].hold == hold)
			return &c->groups[i];
	return NULL;
}

static void add_kept(struct kept_list *into, const struct kept *kept)
{
	if (into->count == into->room) {
		into->room = into->room * 2 + 64;
		into->at = memory_grow(into->at, into->room, sizeof(into->at[0]));
	}
	into->at[into->count++] = *kept;
}

/* Into the groups that the messages belong to. */
static int read_some(struct held_choice *c, struct journal *journal,
	const struct journal_choice *choice, size_t *ret_found, struct problem *problem)
{
	struct kept_list list = {0};
	int err = journal == NULL ? 0 : kept_list_read(&list, journal, choice, problem);

	for (size_t i = 0; i < list.count && err == 0; i++) {
		struct held_group *group = group_of(c, list.at[i].hold);

		if (group != NULL)
			add_kept(&group->messages, &list.at[i]);
	}
	*ret_found = list.count;
	kept_list_clear(&list);
	return err;
}

static void add_stray(
	struct held_choice *c, const struct held_places *places, const struct exim_id *id)
{
	const struct kept kept = stray_kept(places->spool, id);

	add_kept(&group_of(c, 0)->messages, &kept);
}

/* All holds, and one for the strays: their holds are made when they are acted on. */
static int begin_groups(struct held_choice *c, const struct context *context,
	const struct held_places *places, struct problem *problem)
{
	const struct journal_hold strays = {
		.spool = places->spool_path, .queue = context->global.hold_queue};
	int err = places->journal == NULL
			  ? 0
			  : journal_each_hold(places->journal, 0, add_group, c, problem);

	if (err == 0 && places->strays != NULL)
		(void)add_group(c, &strays);
	return err;
}

static void tell_unknown(const struct context *context, const char *word, bool is_hold,
	bool is_known, bool is_too_young)
{
	if (!is_hold)
		context_warn(context, "%s is not held", word);
	else
		context_warn(context, "hold %s holds nothing%s", word,
			!is_known      ? ": there is no such hold"
			: is_too_young ? " that is so old"
				       : "");
}

static int read_words(struct held_choice *c, const struct context *context,
	const struct held_places *places, const struct command_arguments *words,
	struct journal_choice choice, size_t *ret_unknown, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < words->count && err == 0; i++) {
		uint64_t hold = 0;
		size_t found = 0;
		struct exim_id id;

		if (read_word(words->at[i], &hold, &id) < 0)
			continue; /* checked before */
		choice.hold = (int64_t)hold;
		choice.id = hold == 0 ? &id : NULL;
		err = read_some(c, places->journal, &choice, &found, problem);
		if (err < 0 || found > 0)
			continue;
		if (hold == 0 && places->strays != NULL && stray_list_has(places->strays, &id)) {
			add_stray(c, places, &id);
			continue;
		}
		++*ret_unknown;
		tell_unknown(context, words->at[i], hold != 0, group_of(c, (int64_t)hold) != NULL,
			choice.held_before != 0);
	}
	return err;
}

int held_choice_read(struct held_choice *c, const struct context *context,
	const struct held_places *places, const struct command_arguments *words,
	int64_t held_before, size_t *ret_unknown, struct problem *problem)
{
	const struct journal_choice choice = {
		.states = 1U << MESSAGE_HELD, .held_before = held_before};
	size_t found;
	int err = held_choice_check(words, problem);

	*ret_unknown = 0;
	if (err == 0)
		err = begin_groups(c, context, places, problem);
	if (err == 0 && words->count == 0)
		err = read_some(c, places->journal, &choice, &found, problem);
	if (err == 0 && words->count == 0 && places->strays != NULL)
		for (size_t i = 0; i < places->strays->count; i++)
			add_stray(c, places, &places->strays->at[i]);
	if (err == 0)
		err = read_words(c, context, places, words, choice, ret_unknown, problem);
	tidy(c);
	return err;
}
