/* queue.h - the spool sensor: a message as it lies in Exim's spool, turned into a fact. Here it is
 * decided who is responsible for a message. */
#ifndef STANCH_SENSORS_QUEUE_H
#define STANCH_SENSORS_QUEUE_H

#include "base/attribute.h"
#include "facts/queued.h"
#include "systems/exim/scan.h"

/* The order of trust, strongest first:
 *   1. -host_auth with -auth_id: the client proved to be that mailbox.
 *   2. -localerror, or the null sender from a local process of Exim's own: a bounce made here.
 *   3. no client address: the login that Exim wrote into line 2.
 *   4. the client's address.
 * -auth_id alone proves nothing: Exim writes it for local mail, too. Headers and ACL variables are
 * never looked at. exim_login is the login that Exim itself runs as (owner of the spool). */
void queue_attribute(const struct exim_header *header, const char *exim_login, struct source *ret);

/* What turning messages into facts needs again and again; one for each thread. */
struct queue_sensor;
struct queue_sensor *queue_sensor_new(const char *exim_login);
void queue_sensor_free(struct queue_sensor *s); /* NULL is fine */
AUTO_FREE(queue_sensor)

/* m as a fact, valid until the sensor is used again or m ends. Delivered recipients are those in
 * the tree or in -J, compared byte for byte as Exim does. false when not even the envelope sender
 * could be read: then only ret->id, queue, damaged and source (unknown) are set. */
bool queue_sense(struct queue_sensor *s, const struct scanned *m, struct queued *ret);

#endif
