/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread.bpf.h - finds a thread's state, twice in every system call.
 *
 * Task storage would do, but costs ~30 ns a time, and memory has to be had for
 * every thread that makes a call. So a thread takes one of two places in an
 * array if one of them is free; only others have storage. The place follows
 * from the address of the thread's saved registers, which a tracepoint gets as
 * its argument: they lie at the top of the kernel stack, so no two threads that
 * make calls share it, and it stays through an exec. A thread that ends hands its
 * state to its storage, since its stack may serve another while it is a zombie.
 */
#ifndef CTOP_BPF_THREAD_H
#define CTOP_BPF_THREAD_H

#define ORDER() asm volatile("" ::: "memory") /* of stores, on x86 */

static __always_inline struct places *places_of(const struct pt_regs *regs)
{
	u32 i = ((lower_half(regs) >> 12) * 0x9e3779b1u) >> (32 - PLACES_BITS);

	return bpf_map_lookup_elem(&thread_places, &i);
}

/* The place that these registers' thread has, or NULL. One way out: the verifier follows the callers once. */
static __always_inline struct thread_place *place_of(struct places *p, const struct pt_regs *regs)
{
	struct thread_place *at;
	u32 way;

	if (!p)
		return NULL;
	way = p->way[1].owner == (u64)regs;
	asm volatile("" : "+r"(way));
	at = &p->way[way & 1];
	if (at->owner != (u64)regs)
		at = NULL;
	asm volatile("" : "+r"(at)); /* callers test the pointer, not the comparison once more */
	return at;
}

/* The place of any thread; NULL: it has none, or has ended. */
static __always_inline struct thread_place *place_of_task(struct task_struct *task)
{
	struct thread_place *at;
	struct pt_regs *regs;

	if (!use_places || !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return NULL;
	regs = (void *)bpf_task_pt_regs(task);
	at = place_of(places_of(regs), regs);
	return at && at->task == (u64)task ? at : NULL;
}

/* State of the current thread if it has any. */
static __always_inline struct thread_state *state_known(struct task_struct *task, const struct pt_regs *regs)
{
	struct thread_place *at = place_of(places_of(regs), regs);

	return at ? &at->state : bpf_task_storage_get(&threads, task, NULL, 0);
}

#endif
