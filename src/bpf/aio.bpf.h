/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aio.bpf.h - bytes that move through Linux AIO.
 *
 * They are in no call's result but in the events that io_getevents hands out, and the file is in
 * the request that each points to. They belong to the thread that takes the event; rows without a call.
 * What a program takes out of the ring's memory itself, without a call, is not seen.
 */
#ifndef CTOP_BPF_AIO_H
#define CTOP_BPF_AIO_H

enum { AIO_MAX = 4096, AIO_PART = 64 };

struct aio_scratch { /* in struct scratch: the stack is short here */
	struct io_event event;
	struct iocb request;
	struct object object;
};

/* One event; 1 if its file has to be named. */
__noinline int aio_event(struct task_counts *c, u64 event, u32 nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_get(SCRATCH_CALL);
	struct fact_key key = {};
	struct aio_scratch *a;
	struct fact_val *v;
	bool fresh, in;

	if (!c || !s)
		return 0;
	a = (void *)s->user_path;
	if (bpf_probe_read_user(&a->event, sizeof(a->event), (void *)event) || a->event.res <= 0 ||
	    bpf_probe_read_user(&a->request, sizeof(a->request), (void *)a->event.obj))
		return 0;
	in = a->request.aio_lio_opcode == IOCB_CMD_PREAD || a->request.aio_lio_opcode == IOCB_CMD_PREADV;
	if (!in && a->request.aio_lio_opcode != IOCB_CMD_PWRITE && a->request.aio_lio_opcode != IOCB_CMD_PWRITEV)
		return 0;
	__builtin_memset(&a->object, 0, sizeof(a->object));
	object_of_own_fd(a->request.aio_fildes, &a->object);
	wire_add_bytes(c, a->object.kind, in ? a->event.res : 0, in ? 0 : a->event.res);
	if (!facts_on)
		return 0;
	key.obj = a->object.key;
	key.task.tid = task->pid;
	key.task.gen = task_gen(task);
	key.nr = nr;
	key.tgid = task->tgid;
	v = map_row(&key, &fresh);
	if (!v) {
		ADD(lost.fact_full, 1);
		return 0;
	}
	if (in)
		ADD(v->bytes_in, a->event.res);
	else
		ADD(v->bytes_out, a->event.res);
	return fresh && a->object.file;
}

/* Two levels, so that the verifier has 128 rounds to follow and not 4096. */
__noinline int aio_part(struct task_counts *c, u64 events, u32 n, u32 nr)
{
	struct scratch *s = scratch_get(SCRATCH_CALL);

	if (!s)
		return 0;
	for (u32 i = 0; i < AIO_PART; i++) {
		if (i >= n)
			break;
		if (aio_event(c, events + i * sizeof(struct io_event), nr))
			name_fresh(&((struct aio_scratch *)s->user_path)->object);
	}
	return 0;
}

__noinline int aio_events(struct task_counts *c, u64 events, u32 n, u32 nr)
{
	for (u32 i = 0; i < AIO_MAX / AIO_PART; i++) {
		if (i * AIO_PART >= n)
			break;
		aio_part(c, events + i * AIO_PART * sizeof(struct io_event), n - i * AIO_PART, nr);
	}
	return 0;
}

#endif
