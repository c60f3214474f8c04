/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_world.c - the state of the synthetic machine: which processes live,
 * what they have open, who comes and goes. Knows no sample and no event.
 */
#include "core/demo.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/mem.h"

enum { TCP_ESTABLISHED_ = 1, TCP_LISTEN_ = 10, EPHEMERAL = 32768 };

/* splitmix64: small, and the same on every machine */
uint64_t demo_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

double demo_uniform(uint64_t *state)
{
	return (double)(demo_random(state) >> 11) / 9007199254740992.0;
}

static uint64_t hash(const char *s, uint64_t h)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	return h;
}

/* --- objects --- */

const char *demo_type(const struct demo_obj *o)
{
	switch (o->kind) {
	case OBJ_FILE:
	case OBJ_CHR:
	case OBJ_BLK:
	case OBJ_PATH: return "file";
	case OBJ_DIR: return "directory";
	case OBJ_FIFO: return "pipe";
	case OBJ_INET: return o->family == AF_INET6 ? "ipv6" : "ipv4";
	case OBJ_UNIX: return "unix";
	case OBJ_NETLINK: return "netlink";
	case OBJ_ANON:
		if (!strcmp(o->name, "[eventpoll]"))
			return "eventpoll";
		return !strcmp(o->name, "[signalfd]") ? "signalfd" : "event";
	default: return NULL;
	}
}

static struct demo_obj *obj_find(const struct demo *d, const struct obj_key *key)
{
	for (size_t i = 0; i < d->n_objs; i++)
		if (!memcmp(&d->objs[i]->key, key, sizeof(*key)))
			return d->objs[i];
	return NULL;
}

static struct demo_obj *obj_add(struct demo *d, const struct obj_key *key, enum obj_kind kind, char *name)
{
	struct demo_obj *o = xcalloc(1, sizeof(*o));

	o->key = *key;
	o->kind = kind;
	o->name = name;
	VEC_PUSH(d->objs, d->n_objs, d->cap_objs) = o;
	return o;
}

static void demo_obj_ref(struct demo *d, struct demo_obj *o, int n)
{
	o->refs += (uint32_t)n;
	if (o->refs)
		return;
	for (size_t i = 0; i < d->n_objs; i++) {
		if (d->objs[i] != o)
			continue;
		memmove(&d->objs[i], &d->objs[i + 1], (d->n_objs - i - 1) * sizeof(o));
		d->n_objs--;
		break;
	}
	free(o->name);
	free(o);
}

/* A named thing is one object however often it is opened; in a container it is another file. */
static struct demo_obj *obj_named(struct demo *d, enum obj_kind kind, const char *name, int container)
{
	struct obj_key key = {.ino = hash(name, 0xcbf29ce484222325ULL) % 9000000 + 1000};
	struct demo_obj *o;
	bool host = demo_containers(&(size_t){0})[container].is_host;

	switch (kind) {
	case OBJ_PATH: key.ino = hash(name, 0xcbf29ce484222325ULL); break;
	case OBJ_FILE:
	case OBJ_DIR: key.dev = host ? 259u << 20 | 2 : 0u << 20 | (unsigned)(50 + container); break;
	case OBJ_UNIX:
	case OBJ_NETLINK: key.dev = 8; break;
	default: key.dev = 6;
	}
	o = obj_find(d, &key);
	if (!o) {
		o = obj_add(d, &key, kind, xstrdup(name));
		o->family = kind == OBJ_UNIX ? AF_UNIX : kind == OBJ_NETLINK ? AF_NETLINK : 0;
		o->socktype = kind == OBJ_UNIX ? SOCK_STREAM : 0;
	}
	return o;
}

static struct demo_obj *obj_unnamed(struct demo *d, const struct demo_open *op)
{
	struct obj_key key = {.ino = d->next_ino++,
			      .dev = op->kind == OBJ_FIFO      ? 13
				     : op->kind == OBJ_NETLINK ? 8
							       : 14};
	char *name = op->name ? xstrdup(op->name)
			      : xasprintf(op->kind == OBJ_FIFO ? "pipe:[%llu]" : "socket:[%llu]",
					  (unsigned long long)key.ino);
	struct demo_obj *o = obj_add(d, &key, op->kind, name);

	o->family = op->kind == OBJ_NETLINK ? AF_NETLINK : 0;
	return o;
}

/* Addresses may hold one %d or %x: some neighbour. */
static void address(const char *pattern, unsigned n, uint8_t *ret_family, uint8_t addr[16])
{
	char text[64];
	const char *mark = strchr(pattern, '%');

	if (mark)
		snprintf(text, sizeof(text), mark[1] == 'x' ? "%.*s%x" : "%.*s%u", (int)(mark - pattern),
			 pattern, n);
	else
		snprintf(text, sizeof(text), "%s", pattern);
	*ret_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	inet_pton(*ret_family, text, addr);
}

static char *socket_name(const struct demo_obj *o, bool connected)
{
	char l[INET6_ADDRSTRLEN], r[INET6_ADDRSTRLEN];

	inet_ntop(o->family, o->laddr, l, sizeof(l));
	if (!connected)
		return xasprintf("%s:%u", l, o->lport);
	inet_ntop(o->family, o->raddr, r, sizeof(r));
	/* client first, as sysdig writes it */
	return o->is_server ? xasprintf("%s:%u->%s:%u", r, o->rport, l, o->lport)
			    : xasprintf("%s:%u->%s:%u", l, o->lport, r, o->rport);
}

/* Listening sockets are shared by the processes of a program, connections are their own. */
static struct demo_obj *obj_inet(struct demo *d, const struct demo_open *op, int container)
{
	struct obj_key key = {.dev = 8};
	struct demo_obj proto = {.kind = OBJ_INET}, *o;
	uint8_t family;

	address(op->laddr, 0, &proto.family, proto.laddr);
	proto.socktype = op->udp ? SOCK_DGRAM : SOCK_STREAM;
	proto.protocol = op->udp ? IPPROTO_UDP : IPPROTO_TCP;
	proto.is_server = op->lport != 0;
	proto.lport = op->lport;
	if (!op->raddr) {
		proto.name = socket_name(&proto, false);
		key.ino = hash(proto.name, 0x100 + (uint64_t)container * 2 + op->udp) % 90000 + 10000;
		o = obj_find(d, &key);
		if (o) {
			free(proto.name);
			return o;
		}
		proto.tcp_state = op->udp ? 0 : TCP_LISTEN_;
	} else {
		key.ino = d->next_ino++;
		address(op->raddr, 2 + (unsigned)(demo_random(&d->rng) % 250), &family, proto.raddr);
		proto.rport = op->rport ? op->rport : (uint16_t)(EPHEMERAL + demo_random(&d->rng) % 28000);
		if (!op->lport)
			proto.lport = (uint16_t)(EPHEMERAL + demo_random(&d->rng) % 28000);
		proto.tcp_state = op->udp ? 0 : TCP_ESTABLISHED_;
		proto.name = socket_name(&proto, true);
	}
	o = obj_add(d, &key, OBJ_INET, NULL);
	proto.key = key;
	*o = proto;
	return o;
}

static struct demo_obj *obj_open(struct demo *d, const struct demo_open *op, int container)
{
	if (op->kind == OBJ_INET)
		return obj_inet(d, op, container);
	if (op->kind == OBJ_ANON || !op->name)
		return obj_unnamed(d, op);
	return obj_named(d, op->kind, op->name, container);
}

/* --- processes --- */

struct demo_fd *demo_fd(struct demo_proc *p, int fd)
{
	for (size_t i = 0; i < p->n_fds; i++)
		if (p->fds[i].fd == fd)
			return &p->fds[i];
	return NULL;
}

static void open_all(struct demo *d, struct demo_proc *p)
{
	const struct demo_prog *prog = p->prog;

	for (size_t i = 0; i < prog->n_opens; i++) {
		const struct demo_open *op = &prog->opens[i];

		for (int k = 0; k < (op->n ? op->n : 1) && p->n_fds < DEMO_FDS; k++) {
			/* fds 0..2 of a terminal are one object */
			struct demo_obj *o = obj_open(d, op, prog->container);

			demo_obj_ref(d, o, 1);
			p->fds[p->n_fds++] = (struct demo_fd){op->fd + k, op->flags, 0, o, op->churn};
		}
	}
	for (size_t i = 0; i < prog->n_acts; i++) {
		const struct demo_act *act = &prog->acts[i];

		if (!act->path)
			continue;
		p->path_obj[i] = obj_named(d, act->err ? OBJ_PATH : OBJ_FILE, act->path, prog->container);
		demo_obj_ref(d, p->path_obj[i], 1);
	}
}

static const struct demo_proc *find_parent(const struct demo *d, const struct demo_prog *prog)
{
	const struct demo_proc *found = NULL;

	for (size_t i = 0; prog->parent && i < d->n_procs; i++) {
		const struct demo_proc *p = d->procs[i];

		if (strcmp(p->prog->name, prog->parent) || (p->dies && p->dies <= d->tick))
			continue;
		if (p->prog->container == prog->container)
			return p;
		if (!found)
			found = p;
	}
	return found;
}

static void spawn(struct demo *d, const struct demo_prog *prog, uint32_t index)
{
	struct demo_proc *p = xcalloc(1, sizeof(*p));
	const struct demo_proc *parent = find_parent(d, prog);
	uint64_t now = DEMO_UPTIME + d->tick * DEMO_STEP;

	p->prog = prog;
	p->index = index;
	p->pid = d->next_pid;
	p->ppid = parent ? parent->pid : 0;
	p->pname = parent ? parent->prog->name : NULL;
	p->vpid = demo_containers(&(size_t){0})[prog->container].is_host ? p->pid
									 : ++d->next_vpid[prog->container];
	p->born = d->tick;
	if (prog->brief)
		p->dies = d->tick;
	else if (prog->life)
		p->dies = d->tick + 1 + prog->life / 2 + (index + demo_random(&d->rng)) % prog->life;
	if (d->tick) /* started inside this interval */
		p->start_boot = now - DEMO_STEP + demo_random(&d->rng) % (DEMO_STEP * 9 / 10);
	else if (p->pid < 400)
		p->start_boot = p->pid * 1000000ULL;
	else
		p->start_boot = (uint64_t)((double)DEMO_UPTIME * (0.02 + 0.9 * demo_uniform(&d->rng)));
	p->n_tasks = prog->threads ? prog->threads : 1;
	p->tasks = xcalloc(p->n_tasks, sizeof(*p->tasks));
	for (size_t i = 0; i < p->n_tasks; i++) {
		p->tasks[i].tid = p->pid + (uint32_t)i;
		p->tasks[i].phase = demo_uniform(&d->rng) * 6.283185;
	}
	open_all(d, p);
	/* kernel threads sit below pid 400, and numbers have gaps as in life */
	d->next_pid += (uint32_t)p->n_tasks + (prog->kthread ? 0 : (uint32_t)(demo_random(&d->rng) % 5));
	if (d->next_pid == 3)
		d->next_pid = 12;
	else if (!prog->kthread && d->next_pid < 400)
		d->next_pid = d->next_pid < 3 ? 2 : 400;
	VEC_PUSH(d->procs, d->n_procs, d->cap_procs) = p;
}

static void bury(struct demo *d, struct demo_proc *p)
{
	for (size_t i = 0; i < p->n_fds; i++)
		demo_obj_ref(d, p->fds[i].obj, -1);
	for (size_t i = 0; i < p->prog->n_acts; i++)
		if (p->path_obj[i])
			demo_obj_ref(d, p->path_obj[i], -1);
	free(p->tasks);
	free(p);
}

void demo_world_bury(struct demo *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_procs; i++) {
		if (d->procs[i]->dies && d->procs[i]->dies <= d->tick)
			bury(d, d->procs[i]);
		else
			d->procs[kept++] = d->procs[i];
	}
	d->n_procs = kept;
}

void demo_world_init(struct demo *d)
{
	size_t n;
	const struct demo_prog *progs = demo_progs(&n);

	d->rng = d->seed * 0x9e3779b97f4a7c15ULL + 1;
	d->next_pid = 1;
	d->next_ino = 20000;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < progs[i].procs; k++)
			spawn(d, &progs[i], k);
}

static void churn(struct demo *d, struct demo_proc *p)
{
	for (size_t i = 0; i < p->n_fds; i++) {
		struct demo_fd *f = &p->fds[i];

		f->pos += 4096;
		if (!f->churn || demo_random(&d->rng) % 6)
			continue;
		for (size_t k = 0; k < p->prog->n_opens; k++) {
			const struct demo_open *op = &p->prog->opens[k];

			if (f->fd < op->fd || f->fd >= op->fd + (op->n ? op->n : 1))
				continue;
			demo_obj_ref(d, f->obj, -1);
			f->obj = obj_open(d, op, p->prog->container);
			demo_obj_ref(d, f->obj, 1);
			break;
		}
	}
}

void demo_world_step(struct demo *d)
{
	size_t n;
	const struct demo_prog *progs = demo_progs(&n);

	d->tick++;
	for (size_t i = 0; i < d->n_procs; i++)
		churn(d, d->procs[i]);
	for (size_t i = 0; i < n; i++) {
		uint32_t alive = 0;

		for (size_t k = 0; progs[i].life && k < d->n_procs; k++)
			alive += d->procs[k]->prog == &progs[i];
		for (uint32_t k = alive; progs[i].life && k < progs[i].procs; k++)
			spawn(d, &progs[i], k);
		for (uint32_t k = 0; k < progs[i].brief; k++)
			spawn(d, &progs[i], k);
	}
}

void demo_world_done(struct demo *d)
{
	while (d->n_procs)
		bury(d, d->procs[--d->n_procs]);
	free(d->procs);
	free(d->objs);
}
