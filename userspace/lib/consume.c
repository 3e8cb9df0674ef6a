// SPDX-License-Identifier: GPL-2.0-only
/* The records of a session: waited for and taken, from the mapped ring or by read(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "session.h"

#define NS_PER_SECOND	1000000000

/* Reads what has come if nothing is left of before; with the lock. 0 or the error. */
static int refill(struct usertime_session *session)
{
	const size_t size = sizeof(struct usertime_record);
	ssize_t length;

	if (session->first < session->filled)
		return 0;
	do
		length = read(session->fd, session->buffer, USERTIME_READ_RECORDS * size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return errno == EAGAIN ? 0 : errno;
	session->first = 0;
	session->filled = length / size;
	usertime_add_lost(&session->lost, session->buffer, session->filled);
	return 0;
}

/* With the lock. 0 or the error. */
static int peek(struct usertime_session *session, const struct usertime_record **records,
		size_t *count)
{
	int error;

	if (session->consumer_page) {
		*count = usertime_ring_peek(&session->ring, records);
		return 0;
	}
	error = refill(session);
	*records = session->buffer + session->first;
	*count = session->filled - session->first;
	return error;
}

/* With the lock. */
static bool consume(struct usertime_session *session, size_t count)
{
	if (session->consumer_page)
		return usertime_ring_consume(&session->ring, count);
	if (count > session->filled - session->first)
		return false;
	session->first += count;
	return true;
}

ssize_t usertime_session_peek(struct usertime_session *session,
			      const struct usertime_record **records)
{
	size_t count;
	int error;

	pthread_mutex_lock(&session->lock);
	error = peek(session, records, &count);
	pthread_mutex_unlock(&session->lock);
	if (!error)
		return count;
	usertime_set_message_errno(error, "cannot read records");
	return -1;
}

int usertime_session_consume(struct usertime_session *session, size_t count)
{
	bool done;

	pthread_mutex_lock(&session->lock);
	done = consume(session, count);
	pthread_mutex_unlock(&session->lock);
	if (done)
		return 0;
	usertime_set_message(EINVAL, "%zu records cannot be taken: there are not so many", count);
	return -1;
}

int usertime_session_next(struct usertime_session *session, struct usertime_record *record)
{
	const struct usertime_record *records;
	size_t count;
	int error;

	pthread_mutex_lock(&session->lock);
	error = peek(session, &records, &count);
	if (!error && count) {
		*record = records[0];
		consume(session, 1);
	}
	pthread_mutex_unlock(&session->lock);
	if (!error)
		return count > 0;
	usertime_set_message_errno(error, "cannot read records");
	return -1;
}

/* Records that the kernel does not know to be unread. */
static bool has_buffered(struct usertime_session *session)
{
	bool has;

	if (session->consumer_page)
		return false;
	pthread_mutex_lock(&session->lock);
	has = session->first < session->filled;
	pthread_mutex_unlock(&session->lock);
	return has;
}

int usertime_session_wait(struct usertime_session *session, int64_t timeout)
{
	struct pollfd pollfd = { .fd = session->fd, .events = POLLIN };
	struct timespec limit = { .tv_sec = timeout / NS_PER_SECOND,
				  .tv_nsec = timeout % NS_PER_SECOND };
	int ret;

	if (has_buffered(session))
		return USERTIME_READY;
	ret = ppoll(&pollfd, 1, timeout < 0 ? NULL : &limit, NULL);
	if (ret < 0) {
		usertime_set_message_errno(errno, "cannot wait for records");
		return -1;
	}
	if (pollfd.revents & (POLLERR | POLLNVAL)) {
		usertime_set_message_errno(EBADF, "cannot wait for records");
		return -1;
	}
	return (pollfd.revents & POLLIN ? USERTIME_READY : 0) |
	       (pollfd.revents & POLLHUP ? USERTIME_END : 0);
}

void usertime_session_drops(struct usertime_session *session, struct usertime_drops *drops)
{
	pthread_mutex_lock(&session->lock);
	*drops = session->lost;
	pthread_mutex_unlock(&session->lock);
	if (session->producer_pages)
		usertime_ring_drops(&session->ring, drops);
	else
		drops->missed_periods = USERTIME_UNKNOWN;
}
