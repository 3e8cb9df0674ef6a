// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "processes.h"
#include "targets.h"
#include "text.h"
#include "unit.h"
#include "words.h"

enum { OPT_UNIT = 256 };

static const struct argp_option options[] = {
	{ "pid", 'p', "PID[,PID...]", 0, "These processes", 0 },
	{ "command", 'C', "NAME", 0, "Processes of that command name", 0 },
	{ "user", 'u', "USER", 0, "Processes of that user", 0 },
	{ "unit", OPT_UNIT, "UNIT", 0, "Processes of that systemd unit, and what they fork", 0 },
	{ "follow", 'f', NULL, 0, "And what descends from them", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void add_user(struct targets *targets, const char *word, const struct argp_state *state)
{
	const struct passwd *entry = getpwnam(word);
	unsigned long number;
	char *end;

	number = strtoul(word, &end, 10);
	if (!entry && (*word < '0' || *word > '9' || *end || number >= (uid_t)-1))
		argp_error(state, "%s: no such user", word);
	targets->users = grow(targets->users, targets->nr_users + 1, sizeof(uid_t));
	targets->users[targets->nr_users++] = entry ? entry->pw_uid : number;
}

static void add_word(char ***list, size_t *nr, char *word)
{
	*list = grow(*list, *nr + 1, sizeof(char *));
	(*list)[(*nr)++] = word;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct targets *targets = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		targets->program = state->argv[0];
		break;
	case 'p':
		word_pids(arg, &targets->pids, &targets->nr_pids, state);
		break;
	case 'C':
		if (!*arg)
			argp_error(state, "an empty command name");
		add_word(&targets->names, &targets->nr_names, text("%s", arg));
		break;
	case 'u':
		add_user(targets, arg, state);
		break;
	case OPT_UNIT:
		if (!*arg || strchr(arg, '/'))
			argp_error(state, "%s: not the name of a unit", arg);
		add_word(&targets->units, &targets->nr_units, unit_name(arg));
		break;
	case 'f':
		targets->follow = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp targets_options = { .options = options, .parser = parse_option };

bool targets_named(const struct targets *targets)
{
	return targets->nr_pids || targets_may_come(targets);
}

bool targets_may_come(const struct targets *targets)
{
	return targets->nr_names || targets->nr_users || targets->nr_units;
}

uint32_t targets_flags(const struct targets *targets)
{
	return targets->follow || targets->nr_units ? USERTIME_SESSION_FOLLOW : 0;
}

/* A process that is meant. */
struct member {
	pid_t pid;
	const char *unit;	/* NULL if it is none's */
	bool needed;		/* it was named by its PID, and never seen yet */
};

/* Members are sorted by PID once they are complete, each there once. */
struct members {
	struct member *list;
	size_t nr;
};

/* The cgroup of a unit; while it does not run, that of the last time. */
struct watch {
	char *cgroup;
	int events;		/* inotify's number of its cgroup.events, -1 without one */
};

struct targets_state {
	char *root;
	int inotify;
	struct watch *watches;	/* one for each unit */
	struct members members;	/* of the last look */
	enum { NEW, LOOKED, ATTACHED } stage;
	char *refusal;		/* what the library says of one that may not be observed */
};

static void add_member(struct members *members, pid_t pid, const char *unit, bool needed)
{
	members->list = grow(members->list, members->nr + 1, sizeof(*members->list));
	members->list[members->nr++] = (struct member){ .pid = pid, .unit = unit, .needed = needed };
}

/* Of one PID those that are needed come first, then those of units. */
static int by_pid(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->pid != y->pid)
		return (x->pid > y->pid) - (x->pid < y->pid);
	if (x->needed != y->needed)
		return y->needed - x->needed;
	return !x->unit - !y->unit;
}

static void sort_members(struct members *members)
{
	struct member *last = NULL;
	size_t i, nr = 0;

	if (members->nr)
		qsort(members->list, members->nr, sizeof(*members->list), by_pid);
	for (i = 0; i < members->nr; i++) {
		if (last && last->pid == members->list[i].pid) {
			if (!last->unit)
				last->unit = members->list[i].unit;
			continue;
		}
		last = &members->list[nr++];
		*last = members->list[i];
	}
	members->nr = nr;
}

static struct member *find_member(const struct members *members, pid_t pid)
{
	size_t low = 0, high = members->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (members->list[middle].pid == pid)
			return &members->list[middle];
		if (members->list[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/*
 * Events come when the last process of a unit ends and when the first one comes (cgroup.events), and
 * when beside its cgroup another one is made: systemd removes that of a unit that stops, and makes a
 * new one when it starts.
 */
static void watch_unit(int inotify, struct watch *watch)
{
	char *events = text("%s/cgroup.events", watch->cgroup);
	char *parent = text("%.*s", (int)(strrchr(watch->cgroup, '/') - watch->cgroup),
			    watch->cgroup);
	int number = inotify_add_watch(inotify, events, IN_MODIFY);

	if (watch->events >= 0 && watch->events != number)
		inotify_rm_watch(inotify, watch->events);
	watch->events = number;
	/* Without it, what is asked for each second is all the same found. */
	inotify_add_watch(inotify, parent, IN_CREATE | IN_ONLYDIR);
	free(parent);
	free(events);
}

/* Where the unit is now; watched before its processes are looked for, so that none is missed. */
static bool find_unit(struct targets_state *state, struct watch *watch, const char *name)
{
	if (!watch->cgroup || access(watch->cgroup, F_OK)) {
		char *found = unit_find(state->root, name);

		if (!found)
			return false;
		free(watch->cgroup);
		watch->cgroup = found;
	}
	watch_unit(state->inotify, watch);
	return true;
}

static void find_units(const struct targets *targets, struct members *members)
{
	struct targets_state *state = targets->state;
	pid_t *pids = NULL;
	size_t i, j, nr;

	for (i = 0; i < targets->nr_units; i++) {
		nr = 0;
		if (find_unit(state, &state->watches[i], targets->units[i]))
			unit_pids(state->watches[i].cgroup, &pids, &nr);
		for (j = 0; j < nr; j++)
			add_member(members, pids[j], targets->units[i], false);
	}
	free(pids);
}

static bool has_name(const struct targets *targets, const struct process_entry *process)
{
	size_t i;

	for (i = 0; i < targets->nr_names; i++)
		if (!strncmp(targets->names[i], process->name, PROCESS_NAME_MAX))
			return true;
	return false;
}

static bool has_user(const struct targets *targets, const struct process_entry *process)
{
	size_t i;

	for (i = 0; i < targets->nr_users; i++)
		if (targets->users[i] == process->user)
			return true;
	return false;
}

/* All that descends from members: the unit is inherited. */
static void find_descendants(struct process_entry *list, size_t nr, struct members *members)
{
	const struct member *parent;
	size_t i, before;

	do {
		sort_members(members);
		before = members->nr;
		for (i = 0; i < nr; i++) {
			/* What is added stands behind those that were sorted, which alone are searched. */
			struct members sorted = { .list = members->list, .nr = before };

			parent = find_member(&sorted, list[i].parent);
			if (parent && !find_member(&sorted, list[i].pid))
				add_member(members, list[i].pid, parent->unit, false);
		}
	} while (members->nr > before);
}

static bool find_processes(const struct targets *targets, struct members *members)
{
	const char *root = targets->state->root;
	struct process_entry *list;
	ssize_t nr, i;

	nr = processes_read(root, &list);
	if (nr < 0) {
		fprintf(stderr, "%s: cannot list the processes: %s\n", targets->program,
			strerror(errno));
		return false;
	}
	if (targets->nr_users)
		processes_read_users(root, list, nr);
	for (i = 0; i < nr; i++)
		if (has_name(targets, &list[i]) ||
		    (targets->nr_users && has_user(targets, &list[i])))
			add_member(members, list[i].pid, NULL, false);
	if (targets->follow)
		find_descendants(list, nr, members);
	free(list);
	return true;
}

/* All that is meant now becomes the state's members. */
static bool find_members(struct targets *targets)
{
	struct targets_state *state = targets->state;
	struct members members = { .nr = 0 };
	size_t i;

	/* Later these numbers may be those of others. */
	for (i = 0; state->stage != ATTACHED && i < targets->nr_pids; i++)
		add_member(&members, targets->pids[i], NULL, state->stage == NEW);
	find_units(targets, &members);
	if ((targets->nr_names || targets->nr_users || targets->follow) &&
	    !find_processes(targets, &members)) {
		free(members.list);
		return false;
	}
	sort_members(&members);
	free(state->members.list);
	state->members = members;
	return true;
}

/* false: that ends the program, and the library has a message. */
static bool add_target(struct targets_state *state, struct usertime_session *session,
		       const struct member *member, struct targets_changes *changes)
{
	if (!usertime_session_add(session, member->pid, NULL)) {
		changes->added++;
		return true;
	}
	switch (errno) {
	case EEXIST:
		return true;
	case EPERM:
		if (!changes->refused++) {
			free(state->refusal);
			state->refusal = text("%s", usertime_message());
		}
		return true;
	case ESRCH:	/* it has gone since it was found */
	case EINVAL:	/* a kernel thread */
		return !member->needed;
	default:
		return false;
	}
}

/* One look, and all of it added. */
static bool look(struct targets *targets, struct usertime_session *session,
		 struct targets_changes *changes)
{
	struct targets_state *state = targets->state;
	size_t i;

	*changes = (struct targets_changes){ .added = 0 };
	if (!find_members(targets))
		return false;
	for (i = 0; i < state->members.nr; i++) {
		if (add_target(state, session, &state->members.list[i], changes))
			continue;
		fprintf(stderr, "%s: %s\n", targets->program, usertime_message());
		return false;
	}
	return true;
}

/* Between two looks that find nothing new all are targets; fork bombs may go on so. */
#define MAX_LOOKS	64

static bool look_first(struct targets *targets, struct usertime_session *session,
		       struct targets_changes *changes)
{
	struct targets_state *state = targets->state;
	struct targets_changes more;
	int looks = MAX_LOOKS;

	if (!look(targets, session, changes))
		return false;
	state->stage = LOOKED;
	/* From here on children are followed; those that were forked meanwhile show once more. */
	more = *changes;
	while (targets_flags(targets) && more.added && --looks) {
		if (!look(targets, session, &more))
			return false;
		changes->added += more.added;
		changes->refused = more.refused;
	}
	state->stage = ATTACHED;
	if (changes->added || !changes->refused)
		return true;
	fprintf(stderr, "%s: %s\n", targets->program, state->refusal);
	return false;
}

static bool start_watching(struct targets *targets)
{
	struct targets_state *state = targets->state;
	size_t i;

	state->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (state->inotify < 0) {
		fprintf(stderr, "%s: cannot watch units: %s\n", targets->program, strerror(errno));
		return false;
	}
	state->watches = grow(NULL, targets->nr_units, sizeof(*state->watches));
	for (i = 0; i < targets->nr_units; i++)
		state->watches[i] = (struct watch){ .events = -1 };
	for (i = 0; i < targets->nr_units; i++) {
		if (find_unit(state, &state->watches[i], targets->units[i]) ||
		    unit_is_installed(state->root, targets->units[i]))
			continue;
		fprintf(stderr, "%s: %s: no such unit: it neither runs nor is installed;"
			" 'systemctl list-units' names those that run\n", targets->program,
			targets->units[i]);
		return false;
	}
	return true;
}

bool targets_attach(struct targets *targets, struct usertime_session *session, const char *root,
		    struct targets_changes *changes)
{
	targets->state = grow(NULL, 1, sizeof(*targets->state));
	*targets->state = (struct targets_state){ .root = text("%s", root ? root : ""),
						  .inotify = -1 };
	if (targets->nr_units && !start_watching(targets))
		return false;
	return look_first(targets, session, changes);
}

bool targets_refresh(struct targets *targets, struct usertime_session *session,
		     struct targets_changes *changes)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	/* What has happened does not matter: the look will see it. */
	while (targets->state->inotify >= 0 &&
	       read(targets->state->inotify, events, sizeof(events)) > 0)
		;
	*changes = (struct targets_changes){ .added = 0 };
	return !targets_may_come(targets) || look(targets, session, changes);
}

int targets_fd(const struct targets *targets)
{
	return targets->state ? targets->state->inotify : -1;
}

const char *targets_unit(const struct targets *targets, pid_t pid)
{
	const struct member *member = NULL;

	if (targets->state)
		member = find_member(&targets->state->members, pid);
	return member && member->unit ? member->unit : "";
}

static void free_state(struct targets_state *state, size_t nr_units)
{
	size_t i;

	for (i = 0; state->watches && i < nr_units; i++)
		free(state->watches[i].cgroup);
	free(state->watches);
	free(state->members.list);
	free(state->refusal);
	free(state->root);
	if (state->inotify >= 0)
		close(state->inotify);
	free(state);
}

static void free_words(char **words, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(words[i]);
	free(words);
}

void targets_free(struct targets *targets)
{
	if (targets->state)
		free_state(targets->state, targets->nr_units);
	free_words(targets->names, targets->nr_names);
	free_words(targets->units, targets->nr_units);
	free(targets->users);
	free(targets->pids);
	*targets = (struct targets){ .pids = NULL };
}
