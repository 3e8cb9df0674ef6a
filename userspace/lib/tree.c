// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "message.h"
#include "session.h"
#include "tree.h"

/* What is known of a process of the list: whether it belongs to the tree. */
enum place { UNKNOWN, ON_THE_WAY, INSIDE, OUTSIDE };

static int by_pid(const void *a, const void *b)
{
	const struct usertime_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* A number that was used again has two members. */
static int by_identity(const void *a, const void *b)
{
	const struct usertime_member *x = a, *y = b;
	int order = by_pid(&x->process, &y->process);

	return order ? order : (x->process.start > y->process.start) -
			       (x->process.start < y->process.start);
}

static bool is_member(const struct usertime_tree *tree, const struct usertime_process *process)
{
	struct usertime_member key = { .process = *process };

	return bsearch(&key, tree->members, tree->nr, sizeof(key), by_identity);
}

/*
 * Goes up from a process to the first whose place is known, then gives all on the way the same one.
 * Parents that were read at different times may form a circle, which belongs to nothing.
 */
static void find_place(const struct usertime_tree *tree, const struct usertime_process *list,
		       size_t nr, enum place *places, size_t at)
{
	const struct usertime_process *process = &list[at], *parent;
	struct usertime_process key;
	enum place found = UNKNOWN;

	while (found == UNKNOWN) {
		if (places[process - list] == ON_THE_WAY)
			found = OUTSIDE;
		else if (places[process - list] != UNKNOWN)
			found = places[process - list];
		else if (is_member(tree, process))
			found = INSIDE;
		if (found != UNKNOWN)
			break;
		places[process - list] = ON_THE_WAY;
		key.pid = process->parent;
		parent = bsearch(&key, list, nr, sizeof(*list), by_pid);
		if (!parent)
			found = OUTSIDE;
		else
			process = parent;
	}
	process = &list[at];
	while (process && places[process - list] == ON_THE_WAY) {
		places[process - list] = found;
		key.pid = process->parent;
		process = bsearch(&key, list, nr, sizeof(*list), by_pid);
	}
}

bool usertime_tree_init(struct usertime_tree *tree, const struct usertime_process *root)
{
	tree->nr = 1;
	tree->members = calloc(1, sizeof(*tree->members));
	if (!tree->members)
		return false;
	tree->members[0].process = *root;
	return true;
}

bool usertime_tree_grow(struct usertime_tree *tree, struct usertime_process *list, size_t nr)
{
	enum place *places = calloc(nr + 1, sizeof(*places));
	struct usertime_member *larger;
	size_t i, members = tree->nr;

	larger = reallocarray(tree->members, tree->nr + nr, sizeof(*larger));
	if (larger)
		tree->members = larger;
	if (!places || !larger) {
		free(places);
		return false;
	}
	qsort(list, nr, sizeof(*list), by_pid);
	for (i = 0; i < nr; i++) {
		find_place(tree, list, nr, places, i);
		if (places[i] == INSIDE && !is_member(tree, &list[i]))
			larger[members++] = (struct usertime_member){ .process = list[i] };
	}
	tree->nr = members;
	qsort(tree->members, tree->nr, sizeof(*tree->members), by_identity);
	free(places);
	return true;
}

void usertime_tree_free(struct usertime_tree *tree)
{
	free(tree->members);
}

/* Between two looks at procfs that find nothing new all are targets; fork bombs may go on so. */
#define MAX_LOOKS	64

/* Adds what was found; returns how many became targets, or -1, with a message. */
static int add_members(struct usertime_session *session, struct usertime_tree *tree,
		       unsigned int *refused)
{
	struct usertime_member *member;
	struct usertime_process now;
	int error, added = 0;
	uint64_t start;

	for (member = tree->members; member < tree->members + tree->nr; member++) {
		if (member->handled)
			continue;
		member->handled = true;
		start = 0;
		error = usertime_add_target(session, member->process.pid, &start);
		if (error == EPERM || error == EINVAL) {
			++*refused;
		} else if (error && error != ESRCH && error != EEXIST) {
			usertime_explain_add(error, member->process.pid, session->settings.period);
			return -1;
		}
		if (error)
			continue;
		/* The number may have become another's since it was found: then it is not meant. */
		if (usertime_read_stat(NULL, member->process.pid, &now) &&
		    now.start != member->process.start)
			usertime_session_remove(session, member->process.pid, start);
		else
			added++;
	}
	return added;
}

/*
 * Whoever is a target has its later children followed, if that was asked for; those of before show
 * in the next look. When a look finds none to add, there are none.
 */
static int add_descendants(struct usertime_session *session, struct usertime_tree *tree,
			   unsigned int *refused)
{
	int looks = session->settings.flags & USERTIME_SESSION_FOLLOW ? MAX_LOOKS : 1;
	struct usertime_process *list;
	int added, total = 0;
	ssize_t nr;
	bool grown;

	do {
		nr = usertime_read_processes(NULL, &list);
		grown = nr >= 0 && usertime_tree_grow(tree, list, nr);
		if (nr >= 0)
			free(list);
		if (!grown) {
			usertime_set_message_errno(nr < 0 ? errno : ENOMEM,
						   "cannot find a process's children");
			return -1;
		}
		added = add_members(session, tree, refused);
		if (added < 0)
			return -1;
		total += added;
	} while (added && --looks);
	return total;
}

int usertime_session_add_tree(struct usertime_session *session, pid_t pid, unsigned int *refused)
{
	struct usertime_process root;
	struct usertime_tree tree;
	unsigned int ignored;
	int ret, added;

	if (!refused)
		refused = &ignored;
	*refused = 0;
	ret = usertime_add_target(session, pid, NULL);
	if (ret && ret != EEXIST) {
		usertime_explain_add(ret, pid, session->settings.period);
		return -1;
	}
	added = !ret;
	/* It may have exited since; its children are its no more then. */
	if (!usertime_read_stat(NULL, pid, &root))
		return added;
	if (!usertime_tree_init(&tree, &root)) {
		usertime_set_message_errno(ENOMEM, "cannot find a process's children");
		return -1;
	}
	tree.members[0].handled = true;
	ret = add_descendants(session, &tree, refused);
	usertime_tree_free(&tree);
	return ret < 0 ? ret : added + ret;
}
