/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_devices.c - CPUs, disks and interfaces of the demo: what its processes
 * did, laid out over the devices.
 */
#include "core/arena.h"
#include "core/demo.h"

enum { REQUEST = 32768, PACKET = 1100 };

static void add_cpus(struct sample *s)
{
	struct cpu *cpus = arena_array(s->arena, s->host.cpus, sizeof(*cpus));

	for (uint32_t i = 0; i < s->host.cpus; i++) {
		/* the first ones have more to do; the average is the host's */
		double part = 1.3 - 0.6 * i / (s->host.cpus > 1 ? s->host.cpus - 1 : 1);
		struct cpu *c = &cpus[i];

		c->id = i;
		c->known = s->interval;
		c->user = s->host.cpu_user * part;
		c->sys = s->host.cpu_sys * part * 0.9;
		c->softirq = s->host.cpu_sys * part * 0.1;
		c->iowait = s->host.cpu_iowait * part;
		c->idle = 100 - c->user - c->sys - c->softirq - c->iowait;
		if (c->idle < 0)
			c->idle = 0;
	}
	s->cpus = cpus;
	s->n_cpus = s->host.cpus;
}

static void add_disks(struct sample *s)
{
	static const char *const names[] = {"nvme0n1", "nvme0n1p1", "sda"};
	struct disk *disks = arena_array(s->arena, 3, sizeof(*disks));
	uint64_t in = 0, out = 0;

	for (size_t i = 0; i < s->n_threads; i++) {
		in += s->threads[i].did->disk_read;
		out += s->threads[i].did->disk_write;
	}
	for (unsigned i = 0; i < 3; i++) {
		struct disk *d = &disks[i];
		uint64_t typical = i == 2 ? 6000000 : 90000;

		d->name = names[i];
		d->major = i == 2 ? 8 : 259;
		d->minor = i == 2 ? 0 : i;
		d->read_bytes = i == 2 ? in / 4 : in - in / 4;
		d->write_bytes = i == 2 ? out / 4 : out - out / 4;
		d->reads = d->read_bytes / REQUEST;
		d->writes = d->write_bytes / REQUEST;
		d->read_time = d->reads * typical;
		d->write_time = d->writes * typical * 2;
		d->queued = d->read_time + d->write_time;
		d->busy = d->queued < s->interval ? d->queued : s->interval;
		d->inflight = d->queued > s->interval;
	}
	s->disks = disks;
	s->n_disks = 3;
}

static void add_netifs(struct sample *s)
{
	static const char *const names[] = {"lo", "eth0"};
	struct netif *netifs = arena_array(s->arena, 2, sizeof(*netifs));

	for (unsigned i = 0; i < 2; i++) {
		struct netif *n = &netifs[i];
		uint64_t in = s->host.counts.net_in / 2, out = s->host.counts.net_out / 2;

		/* what leaves on the loopback comes in on it */
		n->name = names[i];
		n->in_bytes = i ? in : out;
		n->out_bytes = out;
		n->in_packets = n->in_bytes / PACKET;
		n->out_packets = n->out_bytes / PACKET;
		n->in_drops = i && n->in_packets > 20000;
		n->total_in = n->in_bytes + (400ULL << 30);
		n->total_out = n->out_bytes + (500ULL << 30);
	}
	s->netifs = netifs;
	s->n_netifs = 2;
}

void demo_devices(struct sample *s)
{
	add_cpus(s);
	add_disks(s);
	add_netifs(s);
}
