// SPDX-License-Identifier: GPL-2.0-only
/* Taskstats: a netlink request and a reply per process (with all its threads), on one socket. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

struct request {
	struct nlmsghdr n;
	struct genlmsghdr g;
	struct nlattr a;
	union {
		char name[16];
		__u32 pid;
	};
};

static const struct crowd *crowd;
static int sock = -1;
static __u16 family;
static char reply[4096];

static struct request request(__u16 type, __u8 command, __u16 attribute, int len)
{
	return (struct request) {
		.n = {
			.nlmsg_len = offsetof(struct request, name) + len,
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.g = { .cmd = command, .version = 1 },
		.a = { .nla_len = NLA_HDRLEN + len, .nla_type = attribute },
	};
}

static void ask(struct request *r)
{
	const struct nlmsghdr *n = (void *)reply;

	check(send(sock, r, NLMSG_ALIGN(r->n.nlmsg_len), 0), "taskstats");
	check(recv(sock, reply, sizeof(reply), 0), "taskstats");
	if (n->nlmsg_type == NLMSG_ERROR)
		die("taskstats refuses");
}

static __u16 family_of_reply(void)
{
	const struct nlmsghdr *n = (void *)reply;
	const char *p = reply + NLMSG_HDRLEN + GENL_HDRLEN, *end = reply + n->nlmsg_len;

	while (p < end) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(const __u16 *)(p + NLA_HDRLEN);
		p += NLA_ALIGN(a->nla_len);
	}
	die("there are no taskstats");
}

static void begin(const struct crowd *c)
{
	struct request r = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
				   sizeof(TASKSTATS_GENL_NAME));

	crowd = c;
	sock = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), "netlink");
	strcpy(r.name, TASKSTATS_GENL_NAME);
	ask(&r);
	family = family_of_reply();
}

static void pass(void)
{
	struct request r = request(family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_TGID,
				   sizeof(r.pid));
	int i;

	for (i = 0; i < crowd->n; i++) {
		r.pid = crowd->pid[i];
		ask(&r);
	}
}

static void end(void)
{
	close(sock);
}

const struct method taskstats = { "taskstats", begin, NULL, pass, end };
