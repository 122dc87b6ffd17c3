"""Simulate the first fit of slots on the nodes of a batch system, by discrete events.

Each event depends on all events before, which SQL cannot express. This module uses neither dbt
nor a database; `int_packings_simulated` calls it.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Packing", "Slot", "pack", "tied_to_cores"]


class Slot(NamedTuple):
    """Cores and memory that one process takes of a node.

    Attributes
    ----------
    cpus : `int`
        Cores.
    memory_bytes : `int`
        Memory, held from start to end.
    wall_time_us : `int`
        Duration in microseconds.
    """

    cpus: int
    memory_bytes: int
    wall_time_us: int


class Packing(NamedTuple):
    """Result of a packing; all times in microseconds.

    The *queue phase* ends when no slot waits for its turn any more. Before that, cores are idle
    only because there is no room, never because there is no work.

    Attributes
    ----------
    makespan_us : `int`
        Time from the start until the last slot ends.
    queue_us : `int`
        Length of the queue phase.
    queue_busy_core_us, queue_busy_byte_us : `int`
        Cores and memory in use during the queue phase, times time.
    queue_memory_idle_core_us : `int`
        Idle cores of the queue phase, times time, on nodes that have cores but not memory for
        the next slot.
    """

    makespan_us: int
    queue_us: int
    queue_busy_core_us: int
    queue_busy_byte_us: int
    queue_memory_idle_core_us: int


def pack(slots: Iterable[Slot], *, node_count: int, cores_count: int, memory_bytes: int) -> Packing:
    """Run slots on equal nodes, first fit in the given order.

    Each slot in its turn starts on the first node that has room and for which no slot waits. If
    there is none, it waits for the node that will have room first. That node starts no other slot
    before. So no slot overtakes another on a node, and a slot of many cores empties only one node.

    Parameters
    ----------
    slots : `~collections.abc.Iterable` [ `Slot` ]
        Slots in the order of their turns.
    node_count : `int`
        Number of nodes, at least 1.
    cores_count, memory_bytes : `int`
        Cores and memory of each node.

    Returns
    -------
    packing : `Packing`
        All zeros for no slots.

    Raises
    ------
    ValueError
        Raised if a slot needs more than a whole node has.
    """
    nodes = _Nodes(node_count, cores_count, memory_bytes)
    for slot in slots:
        if slot.cpus > cores_count or slot.memory_bytes > memory_bytes:
            raise ValueError(f"{slot} is larger than a node")
        while not nodes.unclaimed:
            nodes.release_next()
        nodes.take(slot)
    return nodes.finish()


def tied_to_cores(slot: Slot, *, cores_count: int, memory_bytes: int) -> Slot:
    """Give a slot the cores of its memory, for nodes where memory comes only with cores.

    Parameters
    ----------
    slot : `Slot`
        A slot that fits a node.
    cores_count, memory_bytes : `int`
        Cores and memory of a node.

    Returns
    -------
    tied : `Slot`
        A slot with at least the same CPUs, and without memory of its own.
    """
    cores = -(-slot.memory_bytes * cores_count // memory_bytes)
    return Slot(max(slot.cpus, cores), 0, slot.wall_time_us)


class _Nodes:
    """Nodes with what runs on them, the slots that wait for them, and the time."""

    def __init__(self, node_count: int, cores_count: int, memory_bytes: int) -> None:
        self.unclaimed = list(range(node_count))
        self._now = 0
        self._free_cores = [cores_count] * node_count
        self._free_bytes = [memory_bytes] * node_count
        self._waiting: list[Slot | None] = [None] * node_count
        # Time since which a node has had its free cores while a slot waits for memory.
        self._idle_since = [0] * node_count
        self._running: list[tuple[int, int, Slot]] = []
        self._begun_core_us = 0
        self._begun_byte_us = 0
        self._memory_idle_core_us = 0

    def take(self, slot: Slot) -> None:
        """Start a slot on the first unclaimed node with room, or let it wait for a node."""
        for node in self.unclaimed:
            if self._has_room(node, slot):
                self._begin(node, slot)
                return
        node = self._first_with_room_later(slot) if len(self.unclaimed) > 1 else self.unclaimed[0]
        self.unclaimed.remove(node)
        self._waiting[node] = slot
        self._idle_since[node] = self._now

    def release_next(self) -> None:
        """Go to the next end of a slot; a slot that waits for its node starts if there is room."""
        self._now, node, ended = heapq.heappop(self._running)
        waiting = self._waiting[node]
        if waiting is not None:
            self._count_idle(node, waiting)
        self._free_cores[node] += ended.cpus
        self._free_bytes[node] += ended.memory_bytes
        if waiting is not None and self._has_room(node, waiting):
            self._waiting[node] = None
            self._begin(node, waiting)
            insort(self.unclaimed, node)

    def finish(self) -> Packing:
        """End the queue phase here, and run all running and waiting slots to their end."""
        queue_us = self._now
        for node, waiting in enumerate(self._waiting):
            if waiting is not None:
                self._count_idle(node, waiting)
        ahead = [(end - queue_us, slot) for end, _, slot in self._running]
        busy_core_us = self._begun_core_us - sum(left * slot.cpus for left, slot in ahead)
        busy_byte_us = self._begun_byte_us - sum(left * slot.memory_bytes for left, slot in ahead)
        memory_idle_core_us = self._memory_idle_core_us
        while self._running:
            self.release_next()
        return Packing(self._now, queue_us, busy_core_us, busy_byte_us, memory_idle_core_us)

    def _has_room(self, node: int, slot: Slot) -> bool:
        return slot.cpus <= self._free_cores[node] and slot.memory_bytes <= self._free_bytes[node]

    def _begin(self, node: int, slot: Slot) -> None:
        self._free_cores[node] -= slot.cpus
        self._free_bytes[node] -= slot.memory_bytes
        self._begun_core_us += slot.cpus * slot.wall_time_us
        self._begun_byte_us += slot.memory_bytes * slot.wall_time_us
        heapq.heappush(self._running, (self._now + slot.wall_time_us, node, slot))

    def _count_idle(self, node: int, waiting: Slot) -> None:
        """Add the idle time of a node since its state changed, if only memory was missing."""
        if waiting.cpus <= self._free_cores[node]:
            idle_us = self._now - self._idle_since[node]
            self._memory_idle_core_us += self._free_cores[node] * idle_us
        self._idle_since[node] = self._now

    def _first_with_room_later(self, slot: Slot) -> int:
        """Find the unclaimed node on which a slot can start first, from the known ends."""
        lacking = {
            node: [slot.cpus - self._free_cores[node], slot.memory_bytes - self._free_bytes[node]]
            for node in self.unclaimed
        }
        for _, node, ending in sorted(self._running):
            if node in lacking:
                lacking[node][0] -= ending.cpus
                lacking[node][1] -= ending.memory_bytes
                if max(lacking[node]) <= 0:
                    return node
        raise AssertionError("an empty node has room for every slot that fits a node")
