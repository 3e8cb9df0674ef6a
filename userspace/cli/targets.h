/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes a command is about: -p, -C, -u, --unit, and what becomes of them in a session. */
#ifndef USERTIME_TARGETS_H
#define USERTIME_TARGETS_H

#include <argp.h>
#include <stdbool.h>
#include <usertime.h>

/* What was named on the command line; all 0 to begin with. */
struct targets {
	pid_t *pids;		/* -p */
	size_t nr_pids;
	char **names;		/* -C: as /proc/PID/comm has them */
	size_t nr_names;
	uid_t *users;		/* -u: name or number, by effective user ID */
	size_t nr_users;
	char **units;		/* --unit: of systemd's, with their suffix: .service by default */
	size_t nr_units;
	bool follow;		/* -f: what descends from them, too */
	const char *program;	/* who asks, for messages: "usertime record" */
	struct targets_state *state;	/* what is known of them, once they are attached */
};

/* -p, -C, -u, --unit and -f: a child of a command's argp, whose input is a struct targets. */
extern const struct argp targets_options;

/* Whether any was named. */
bool targets_named(const struct targets *targets);

/* USERTIME_SESSION_ flags that the session needs: units and -f have children followed. */
uint32_t targets_flags(const struct targets *targets);

/**
 * struct targets_changes - what a look brought
 * @added: processes that have become targets
 * @refused: processes that were meant, but may not be observed; the same ones at each look
 */
struct targets_changes {
	unsigned int added;
	unsigned int refused;
};

/*
 * Looks for the first time, and adds what is found to the session. root is a directory to be taken
 * for /, NULL for the real one. false after a message: a PID that does not exist, a unit that
 * neither runs nor is installed, no process that may be observed, a limit. A name or user nobody
 * has, and a unit that does not run, is no error: one may come.
 */
bool targets_attach(struct targets *targets, struct usertime_session *session, const char *root,
		    struct targets_changes *changes);

/*
 * Looks again, for what has come meanwhile: to be called once a second, and when the descriptor is
 * ready. false after a message: a limit, no memory.
 */
bool targets_refresh(struct targets *targets, struct usertime_session *session,
		     struct targets_changes *changes);

/* Ready (POLLIN) when units start or stop (inotify of their cgroups); -1 if none was named. */
int targets_fd(const struct targets *targets);

/* Whether what was named may bring processes that are not there yet: names, users, units. */
bool targets_may_come(const struct targets *targets);

/*
 * The unit that a process belonged to at the last look, "" if to none that was named; lives as long
 * as the targets. A process that was followed since belongs where its parent does.
 */
const char *targets_unit(const struct targets *targets, pid_t pid);

void targets_free(struct targets *targets);

#endif
