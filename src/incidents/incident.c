#include "incidents/incident.h"

#include <stddef.h>
#include <string.h>

static const struct {
	enum incident_state from;
	enum incident_event event;
	enum incident_state to;
} steps[] = {
	{INCIDENT_SUSPECTED, INCIDENT_VERDICT, INCIDENT_CONTAINED},
	{INCIDENT_SUSPECTED, INCIDENT_ASK, INCIDENT_WAITING},
	{INCIDENT_SUSPECTED, INCIDENT_APPROVE, INCIDENT_CONTAINED},
	{INCIDENT_SUSPECTED, INCIDENT_QUIET, INCIDENT_CLOSED},
	{INCIDENT_SUSPECTED, INCIDENT_DISMISS, INCIDENT_DISMISSED},
	{INCIDENT_SUSPECTED, INCIDENT_CLOSE, INCIDENT_CLOSED},

	{INCIDENT_WAITING, INCIDENT_VERDICT, INCIDENT_CONTAINED},
	{INCIDENT_WAITING, INCIDENT_APPROVE, INCIDENT_CONTAINED},
	{INCIDENT_WAITING, INCIDENT_QUIET, INCIDENT_CLOSED},
	{INCIDENT_WAITING, INCIDENT_DISMISS, INCIDENT_DISMISSED},
	{INCIDENT_WAITING, INCIDENT_CLOSE, INCIDENT_CLOSED},

	{INCIDENT_CONTAINED, INCIDENT_HOLD, INCIDENT_CLEANING},
	{INCIDENT_CONTAINED, INCIDENT_RELEASE, INCIDENT_RELEASED},
	{INCIDENT_CONTAINED, INCIDENT_DISMISS, INCIDENT_DISMISSED},
	{INCIDENT_CONTAINED, INCIDENT_CLOSE, INCIDENT_CLOSED},

	{INCIDENT_CLEANING, INCIDENT_FOUND, INCIDENT_CLEANING},
	{INCIDENT_CLEANING, INCIDENT_NOTHING, INCIDENT_CLEAN},
	{INCIDENT_CLEANING, INCIDENT_RELEASE, INCIDENT_RELEASED},
	{INCIDENT_CLEANING, INCIDENT_CLOSE, INCIDENT_CLOSED},

	{INCIDENT_CLEAN, INCIDENT_NEW_MAIL, INCIDENT_CLEANING},
	{INCIDENT_CLEAN, INCIDENT_QUIET, INCIDENT_CLOSED},
	{INCIDENT_CLEAN, INCIDENT_RELEASE, INCIDENT_RELEASED},
	{INCIDENT_CLEAN, INCIDENT_CLOSE, INCIDENT_CLOSED},

	{INCIDENT_CLOSED, INCIDENT_RELEASE, INCIDENT_RELEASED},
};

bool incident_step(enum incident_state from, enum incident_event event, enum incident_state *ret)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].from == from && steps[i].event == event) {
			*ret = steps[i].to;
			return true;
		}
	return false;
}

bool incident_is_open(enum incident_state state)
{
	return state <= INCIDENT_CLEAN;
}

bool incident_is_acted_on(enum incident_state state)
{
	return state == INCIDENT_CONTAINED || state == INCIDENT_CLEANING || state == INCIDENT_CLEAN;
}

const char *incident_state_name(enum incident_state state)
{
	static const char *const names[INCIDENT_STATES] = {"suspected", "waiting", "contained",
		"cleaning", "clean", "closed", "dismissed", "released"};

	return names[state];
}

const char *incident_event_name(enum incident_event event)
{
	static const char *const names[INCIDENT_EVENTS] = {"verdict", "ask", "approve", "hold",
		"found", "nothing", "new-mail", "quiet", "dismiss", "release", "close"};

	return names[event];
}

bool incident_state_read(const char *name, enum incident_state *ret)
{
	for (int i = 0; i < INCIDENT_STATES; i++)
		if (strcmp(incident_state_name((enum incident_state)i), name) == 0) {
			*ret = (enum incident_state)i;
			return true;
		}
	return false;
}

bool incident_event_read(const char *name, enum incident_event *ret)
{
	for (int i = 0; i < INCIDENT_EVENTS; i++)
		if (strcmp(incident_event_name((enum incident_event)i), name) == 0) {
			*ret = (enum incident_event)i;
			return true;
		}
	return false;
}
