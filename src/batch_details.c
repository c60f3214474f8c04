/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch_details.c - the details page of one container or process without a screen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "core/details.h"
#include "core/format.h"
#include "core/mem.h"

enum { READ_MS = 3000, TRIES = 10 /* samples until a name is known */ };

struct wanted {
	enum details_page page;
	const char *name;
	uint32_t pid;
};

/* "container=web", "process=4121"; -EINVAL. */
static int parse(const char *what, struct wanted *ret)
{
	const char *equal = strchr(what, '=');
	char *end;

	if (!equal || !equal[1])
		return -EINVAL;
	ret->name = equal + 1;
	if (!strncmp(what, "container=", 10)) {
		ret->page = DETAILS_CONTAINER;
		return 0;
	}
	ret->page = DETAILS_PROCESS;
	ret->pid = (uint32_t)strtoul(equal + 1, &end, 10);
	return strncmp(what, "process=", 8) || *end ? -EINVAL : 0;
}

static bool find(const struct wanted *w, const struct sample *s, struct record *ret)
{
	return w->page == DETAILS_CONTAINER ? details_find_container(s, w->name, ret)
					    : details_find_process(s, w->pid, ret);
}

static void print(const struct batch_config *c, const struct wanted *w, const struct record *r,
		  struct buf *out)
{
	struct details_reader *reader = details_reader_new(NULL);
	struct details_facts *facts = NULL;
	struct details *d;

	/* the demo's processes are none of this machine */
	if (r->process && !r->process->exited && strcmp(c->source->ops->name, "demo") != 0 &&
	    details_reader_ask(reader, r->process->pid, r->process->start_boot))
		facts = details_reader_take(reader, READ_MS);
	d = details_build(w->page, r, facts);
	if (c->format == FORMAT_JSON)
		details_json(d, w->page, c->secrets, out);
	else
		details_text(d, c->secrets, c->ascii, out);
	details_free(d);
	details_facts_free(facts);
	details_reader_free(reader);
}

int batch_details(const struct batch_config *c, const char *what, char **ret_error)
{
	struct wanted w;
	struct record r;
	struct sample *s = NULL;
	struct buf out = {0};
	bool found = false;
	int err = parse(what, &w);

	if (err) {
		*ret_error = xstrdup("--details: container=ID or process=PID");
		return err;
	}
	err = source_set_needs(c->source, details_needs());
	if (!err)
		err = source_collect(c->source, &s);
	/* the second sample has rates; a runtime's names may take a few */
	for (int i = 0; !err && !found && i < TRIES; i++) {
		sample_free(s);
		s = NULL;
		if (!batch_wait(c, batch_now() + (i ? c->interval / 4 : c->interval)))
			break;
		err = source_collect(c->source, &s);
		found = !err && find(&w, s, &r);
		if (!found && w.page == DETAILS_PROCESS)
			break;
	}
	if (found) {
		print(c, &w, &r, &out);
		err = batch_write(c, c->out, &out);
	} else if (!err) {
		struct buf safe = {0};

		format_safe(&safe, w.name, strlen(w.name));
		*ret_error = xasprintf("there is no %s %s",
				       w.page == DETAILS_CONTAINER ? "container" : "process", buf_str(&safe));
		buf_done(&safe);
		err = -ESRCH;
	}
	if (err && err != -EPIPE && !*ret_error)
		*ret_error = xasprintf("cannot read the kernel's counters: %s", strerror(-err));
	sample_free(s);
	buf_done(&out);
	return err == -EPIPE ? 0 : err;
}
