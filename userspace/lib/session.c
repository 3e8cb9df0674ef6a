// SPDX-License-Identifier: GPL-2.0-only
/* Sampling sessions on /dev/urt: opened, told what to measure, closed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message.h"
#include "proc.h"
#include "session.h"

#define DEFAULT_RING	4096
#define LIBRARY_FLAGS	USERTIME_SESSION_READ

/* 0 or the error. */
static int command(int fd, unsigned long request, void *argument)
{
	int ret;

	do
		ret = ioctl(fd, request, argument);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? errno : 0;
}

static void explain_open(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		if (access(USERTIME_STATUS_PATH, F_OK))
			usertime_explain_not_loaded(ENOENT);
		else
			usertime_set_message(ENOENT, USERTIME_DEVICE_PATH " is missing, though the"
					     " usertime module is loaded: 'usertime doctor' says"
					     " what to do");
		break;
	case EACCES:
		usertime_set_message(error, USERTIME_DEVICE_PATH " may not be opened by this user:"
				     " 'usertime doctor' says what to do");
		break;
	case EPERM:
		usertime_set_message(error, "only CAP_PERFMON may have sampling sessions here:"
				     " the module's parameter unprivileged is 0");
		break;
	default:
		usertime_set_message_errno(error, USERTIME_DEVICE_PATH);
	}
}

/* Returns the descriptor, of a module that speaks the library's language. */
static int open_device(struct usertime_info *info)
{
	/* read(2) must not wait: that is what usertime_session_wait() does. */
	int fd = open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK), error;

	if (fd < 0) {
		explain_open(errno);
		return -1;
	}
	error = command(fd, USERTIME_IOC_INFO, info);
	if (!error && info->abi == USERTIME_ABI_VERSION &&
	    info->record_size == sizeof(struct usertime_record))
		return fd;
	close(fd);
	/* Version 1 has the ioctl, and it has not changed if the version is at the same place. */
	if (!error || error == ENOTTY)
		usertime_explain_abi(error ? 0 : info->abi);
	else
		usertime_set_message_errno(error, USERTIME_DEVICE_PATH);
	return -1;
}

int usertime_device_info(struct usertime_info *info)
{
	int fd = open_device(info);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static bool are_zero(const struct usertime_session_options *options)
{
	uint64_t bits = options->reserved32;
	size_t i;

	for (i = 0; i < sizeof(options->reserved) / sizeof(options->reserved[0]); i++)
		bits |= options->reserved[i];
	return !bits;
}

static int set_up(struct usertime_session *session, struct usertime_setup *setup)
{
	const struct usertime_session_options *options = &session->settings;
	struct usertime_setup asked;
	int error;

	*setup = (struct usertime_setup){
		.period = options->period,
		.ring = options->ring ? options->ring : DEFAULT_RING,
		.watermark = options->watermark,
		.flags = options->flags & ~LIBRARY_FLAGS,
	};
	/* Of the defaults the module may know better. */
	if (!options->ring && setup->ring > session->info.ring_max)
		setup->ring = session->info.ring_max;
	do {
		asked = *setup;
		error = command(session->fd, USERTIME_IOC_SETUP, setup);
		setup->ring = error ? asked.ring / 2 : setup->ring;
	} while (!options->ring && (error == ENOMEM || error == EDQUOT) &&
		 setup->ring >= session->info.ring_min);
	if (error) {
		usertime_explain_setup(error, &asked, &session->info);
		return -1;
	}
	session->settings.ring = setup->ring;
	if (!session->settings.watermark)
		session->settings.watermark = 1;
	return 0;
}

/*
 * Where the consumer page was mapped once, the kernel refuses read(2): so it comes last, when the
 * rest is known to work.
 */
static void map_ring(struct usertime_session *session, const struct usertime_setup *setup)
{
	char *pages;
	void *page;

	pages = mmap(NULL, setup->producer_size, PROT_READ, MAP_SHARED, session->fd,
		     setup->consumer_size);
	if (pages == MAP_FAILED)
		return;
	session->producer_pages = pages;
	session->producer_size = setup->producer_size;
	session->ring = (struct usertime_ring){
		.producer = (void *)pages,
		.records = (void *)(pages + setup->data_offset),
		.size = setup->ring,
	};
	if (session->settings.flags & USERTIME_SESSION_READ)
		return;
	page = mmap(NULL, setup->consumer_size, PROT_READ | PROT_WRITE, MAP_SHARED, session->fd, 0);
	if (page == MAP_FAILED)
		return;
	session->consumer_page = page;
	session->consumer_size = setup->consumer_size;
	session->ring.consumer = page;
}

/* Maps it or, where that cannot be, makes a buffer to read into. */
static int prepare_ring(struct usertime_session *session, const struct usertime_setup *setup)
{
	map_ring(session, setup);
	if (session->consumer_page)
		return 0;
	session->settings.flags |= USERTIME_SESSION_READ;
	session->buffer = calloc(USERTIME_READ_RECORDS, sizeof(*session->buffer));
	if (session->buffer)
		return 0;
	usertime_set_message_errno(ENOMEM, "cannot set up the session");
	return -1;
}

struct usertime_session *usertime_session_open(const struct usertime_session_options *options)
{
	static const struct usertime_session_options defaults;
	struct usertime_session *session;
	struct usertime_setup setup;

	if (!options)
		options = &defaults;
	if (!are_zero(options)) {
		usertime_set_message(EINVAL, "options of a later version of libusertime");
		return NULL;
	}
	session = calloc(1, sizeof(*session));
	if (!session) {
		usertime_set_message_errno(ENOMEM, "cannot open a session");
		return NULL;
	}
	pthread_mutex_init(&session->lock, NULL);
	session->settings = *options;
	session->fd = open_device(&session->info);
	if (session->fd >= 0 && !set_up(session, &setup) && !prepare_ring(session, &setup))
		return session;
	usertime_session_close(session);
	return NULL;
}

void usertime_session_close(struct usertime_session *session)
{
	int error = errno;

	if (!session)
		return;
	if (session->consumer_page)
		munmap(session->consumer_page, session->consumer_size);
	if (session->producer_pages)
		munmap(session->producer_pages, session->producer_size);
	if (session->fd >= 0)
		close(session->fd);
	pthread_mutex_destroy(&session->lock);
	free(session->buffer);
	free(session);
	errno = error;
}

void usertime_session_info(const struct usertime_session *session, struct usertime_info *info)
{
	*info = session->info;
}

void usertime_session_settings(const struct usertime_session *session,
			       struct usertime_session_options *options)
{
	*options = session->settings;
}

int usertime_session_fd(const struct usertime_session *session)
{
	return session->fd;
}

int usertime_add_target(struct usertime_session *session, pid_t pid, uint64_t *start)
{
	struct usertime_target target = { .pid = pid, .start = start ? *start : 0 };
	int error = command(session->fd, USERTIME_IOC_ADD, &target);

	if (!error && start)
		*start = target.start;
	return error;
}

int usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start)
{
	int error = usertime_add_target(session, pid, start);

	if (!error)
		return 0;
	usertime_explain_add(error, pid, session->settings.period);
	return -1;
}

int usertime_session_remove(struct usertime_session *session, pid_t pid, uint64_t start)
{
	struct usertime_target target = { .pid = pid, .start = start };
	int error = command(session->fd, USERTIME_IOC_REMOVE, &target);

	if (!error)
		return 0;
	if (error == ESRCH)
		usertime_set_message(error, "%d: not a target of this session, or not any more",
				     (int)pid);
	else
		usertime_explain_add(error, pid, session->settings.period);
	return -1;
}

int usertime_session_sample(struct usertime_session *session)
{
	int error = command(session->fd, USERTIME_IOC_SAMPLE, NULL);

	if (!error)
		return 0;
	usertime_set_message_errno(error, "cannot sample the targets");
	return -1;
}
