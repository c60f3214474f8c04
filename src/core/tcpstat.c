/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tcpstat.h"

#include <stdlib.h>
#include <string.h>

#include "core/procfs.h"

enum { FILE_MAX = 65536 };

static const struct {
	const char *name;
	size_t at;
} members[] = {
	{"ActiveOpens", offsetof(struct tcp_totals, connects)},
	{"PassiveOpens", offsetof(struct tcp_totals, accepts)},
	{"AttemptFails", offsetof(struct tcp_totals, failed)},
	{"EstabResets", offsetof(struct tcp_totals, resets)},
	{"OutSegs", offsetof(struct tcp_totals, sent)},
	{"RetransSegs", offsetof(struct tcp_totals, retrans)},
	{"OutRsts", offsetof(struct tcp_totals, resets_sent)},
};

enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

static uint64_t *member(struct tcp_totals *t, size_t i)
{
	return (uint64_t *)(void *)((char *)t + members[i].at);
}

/* "Tcp: NAME ..." and below it "Tcp: NUMBER ...". */
static bool parse(char *text, struct tcp_totals *ret)
{
	char *titles = strstr(text, "Tcp: "), *numbers = titles ? strstr(titles + 5, "\nTcp: ") : NULL;
	char *title, *number, *more_titles, *more_numbers;

	if (!numbers)
		return false;
	numbers[0] = '\0';
	numbers += 6;
	numbers[strcspn(numbers, "\n")] = '\0';
	title = strtok_r(titles + 5, " ", &more_titles);
	number = strtok_r(numbers, " ", &more_numbers);
	for (; title && number;
	     title = strtok_r(NULL, " ", &more_titles), number = strtok_r(NULL, " ", &more_numbers))
		for (size_t i = 0; i < N_MEMBERS; i++)
			if (!strcmp(title, members[i].name))
				*member(ret, i) = strtoull(number, NULL, 10);
	return true;
}

void tcpstat_read(struct tcpstat *t, const char *proc_root, struct tcp_totals *ret)
{
	struct tcp_totals now = {0};
	char *text;
	bool ok;

	memset(ret, 0xff, sizeof(*ret)); /* UNKNOWN_U64 */
	if (procfs_read(proc_root, FILE_MAX, &text, NULL, "net/snmp") < 0)
		return;
	ok = parse(text, &now);
	free(text);
	for (size_t i = 0; ok && t->has && i < N_MEMBERS; i++) {
		uint64_t was = *member(&t->before, i), is = *member(&now, i);

		/* the kernel wraps no counter of 64 bits: a smaller one is another namespace's */
		*member(ret, i) = is >= was ? is - was : UNKNOWN_U64;
	}
	t->before = now;
	t->has = ok;
}
