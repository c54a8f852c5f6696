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

/* Into the groups that the messages belong to. */
static int read_some(struct held_choice *c, struct journal *journal,
	const struct journal_choice *choice, size_t *ret_found, struct problem *problem)
{
	struct kept_list list = {0};
	int err = kept_list_read(&list, journal, choice, problem);

	for (size_t i = 0; i < list.count && err == 0; i++) {
		struct held_group *group = group_of(c, list.at[i].hold);
		struct kept_list *into;

		if (group == NULL)
			continue;
		into = &group->messages;
		if (into->count == into->room) {
			into->room = into->room * 2 + 64;
			into->at = memory_grow(into->at, into->room, sizeof(into->at[0]));
		}
		into->at[into->count++] = list.at[i];
	}
	*ret_found = list.count;
	kept_list_clear(&list);
	return err;
}

int held_choice_read(struct held_choice *c, const struct context *context, struct journal *journal,
	const struct command_arguments *words, int64_t held_before, size_t *ret_unknown,
	struct problem *problem)
{
	struct journal_choice choice = {.states = 1U << MESSAGE_HELD, .held_before = held_before};
	size_t found;
	int err = held_choice_check(words, problem);

	*ret_unknown = 0;
	if (err == 0)
		err = journal_each_hold(journal, 0, add_group, c, problem);
	if (err == 0 && words->count == 0)
		err = read_some(c, journal, &choice, &found, problem);
	for (size_t i = 0; i < words->count && err == 0; i++) {
		uint64_t hold = 0;
		struct exim_id id;

		if (read_word(words->at[i], &hold, &id) < 0)
			continue; /* checked above */
		choice.hold = (int64_t)hold;
		choice.id = hold == 0 ? &id : NULL;
		err = read_some(c, journal, &choice, &found, problem);
		if (err < 0 || found > 0)
			continue;
		++*ret_unknown;
		if (hold == 0)
			context_warn(context, "%s is not held", id.text);
		else
			context_warn(context, "hold %llu holds nothing%s", (unsigned long long)hold,
				group_of(c, (int64_t)hold) == NULL ? ": there is no such hold"
				: held_before != 0                 ? " that is so old"
								   : "");
	}
	tidy(c);
	return err;
}
