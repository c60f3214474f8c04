/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model_priv.h - what model.c and model_tasks.c share: what is kept from one sample to the next, and the
 * threads of a batch.
 */
#ifndef CTOP_CORE_MODEL_PRIV_H
#define CTOP_CORE_MODEL_PRIV_H

#include "core/build.h"
#include "core/devices.h"
#include "core/hostnames.h"
#include "core/hosttotals.h"
#include "core/model.h"
#include "core/tcpstat.h"

struct model {
	char *proc_root;
	const char *source;
	struct tasktable tasks;
	struct proctable procs;
	struct objtable *objects;
	struct containertable *containers;
	struct users *users;
	struct hostnames names;
	struct hosttotals host;
	struct tcpstat tcp;
	struct lifecycle *life;
	struct inside *inside;
	struct devices *devices;
	struct build build;
	uint64_t page_size;
	/* of the previous sample */
	uint64_t mono;
	struct lost_counts lost;
	uint64_t missed;
	uint64_t self_cpu, self_bpf;
	/* of the current one */
	uint64_t boot;
	unsigned alive_checks;
	bool lost_track;
};

/* Takes in the records of threads, then the facts: those of a thread that left no record, too. */
void model_take_tasks(struct model *m, const struct capture_batch *batch);
void model_take_facts(struct model *m, const struct capture_batch *batch);

#endif
