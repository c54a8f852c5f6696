/* hosted.h - whether a domain is one of this server's own. */
#ifndef STANCH_FACTS_HOSTED_H
#define STANCH_FACTS_HOSTED_H

enum hosted {
	HOSTED_UNKNOWN, /* nobody could say: never to be shown as "no" */
	HOSTED_NO,
	HOSTED_YES,
};

#endif
