"""How much: max RSS of quanta and the wall time that they took."""
