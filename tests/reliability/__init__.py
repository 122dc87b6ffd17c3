"""What happens when something goes wrong: kills, full disks, damage, hostile text."""
